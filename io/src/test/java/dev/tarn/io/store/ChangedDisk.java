package dev.tarn.io.store;

import dev.tarn.io.binary.Source;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/// The real disk, for tests that change one thing about it.
class ChangedDisk implements Storage {
  @Override
  public Path locate(Path target) throws IOException {
    return FileStorage.DISK.locate(target);
  }

  @Override
  public boolean exists(Path file) throws IOException {
    return FileStorage.DISK.exists(file);
  }

  @Override
  public Source open(Path file) throws IOException {
    return FileStorage.DISK.open(file);
  }

  @Override
  public Output create(Path file) throws IOException {
    return FileStorage.DISK.create(file);
  }

  @Override
  public void link(Path file, Path second) throws IOException {
    FileStorage.DISK.link(file, second);
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    FileStorage.DISK.move(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    FileStorage.DISK.delete(file);
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    FileStorage.DISK.forceFolder(folder);
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    return FileStorage.DISK.lock(file);
  }

  @Override
  public void pause(int next) {}
}
