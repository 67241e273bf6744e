package dev.tarn.io.store;

import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Source;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// The file system of this machine.
public final class FileStorage implements Storage {
  /// The real disk; it has no state.
  public static final FileStorage DISK = new FileStorage();

  private static final long PAUSE_MILLIS = 50;

  private FileStorage() {}

  /// Opens a file for reading.
  ///
  /// @throws dev.tarn.error.StoreException if it cannot be opened
  public static Source read(Path file) {
    return DISK.source(file);
  }

  /// A path the user wrote.
  ///
  /// @throws ParameterException if it has characters that this system's paths cannot have
  public static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new ParameterException(
          "path %s: %s. Choose another name, or run in a UTF-8 locale."
              .formatted(TarnException.quote(text), TarnException.quote(e.getReason())),
          e);
    }
  }

  @Override
  public Path locate(Path target) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || Files.isDirectory(absolute)) {
      throw new FileSystemException(target.toString(), null, "it is a folder");
    }
    if (!Files.exists(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "the folder does not exist");
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    if (!Files.exists(absolute)) {
      Path file = absolute.getFileName();
      return file == null ? absolute : folder.toRealPath().resolve(file);
    }
    Path real = absolute.toRealPath();
    if (!Files.isRegularFile(real)) {
      throw new FileSystemException(target.toString(), null, "it is not a regular file");
    }
    return real;
  }

  @Override
  public boolean exists(Path file) {
    return Files.exists(file);
  }

  @Override
  public Source open(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    if (!Files.isRegularFile(file)) {
      // A pipe would block for ever, a device never end.
      throw new FileSystemException(file.toString(), null, "it is not a regular file");
    }
    return new FileSource(file);
  }

  @Override
  public Output create(Path file) throws IOException {
    Files.createFile(file);
    FileOutputStream stream = new FileOutputStream(file.toFile(), true);
    return new Output() {
      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        stream.write(bytes, from, count);
      }

      @Override
      public void force() throws IOException {
        stream.getFD().sync();
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }

  @Override
  public void link(Path file, Path second) throws IOException {
    try {
      Files.createLink(second, file);
    } catch (UnsupportedOperationException e) {
      throw new IOException("this file system has no links", e);
    }
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return; // Windows cannot open a folder to force it; NTFS journals the rename itself.
    }
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    return ProcessLock.take(file);
  }

  @Override
  public void pause(int next) {
    try {
      Thread.sleep(PAUSE_MILLIS << next);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// A file read through a stream that interrupts cannot close, unlike a channel.
  private static final class FileSource implements Source {
    private final Path path;
    private final RandomAccessFile file;
    private final long size;

    FileSource(Path path) throws IOException {
      this.path = path;
      this.file = new RandomAccessFile(path.toFile(), "r");
      this.size = file.length();
    }

    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public long size() {
      return size;
    }

    @Override
    public synchronized void read(long at, byte[] into, int from, int count) throws IOException {
      file.seek(at);
      file.readFully(into, from, count);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
