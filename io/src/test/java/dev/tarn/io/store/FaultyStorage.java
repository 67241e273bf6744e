package dev.tarn.io.store;

import dev.tarn.io.binary.Source;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/// Another storage whose step number `at` goes wrong.
public final class FaultyStorage implements Storage {
  /// How a step goes wrong.
  public enum Fault {
    /// The process ends before the step.
    HALT,
    /// The process ends in the middle of the step: of a write half is done, anything else is done.
    HALT_AFTER,
    /// The step fails once; the next attempt works.
    TRANSIENT,
    /// The step and all after it fail.
    BROKEN,
    /// No more space from here on: half a write is done, then it fails, and nothing can be created.
    FULL
  }

  /// The end of the simulated process.
  public static final class Halted extends Error {
    private static final long serialVersionUID = 1L;

    Halted() {}
  }

  private final Storage inner;
  private final int at;
  private final Fault fault;
  private final Runnable halt;
  private int steps;

  public FaultyStorage(Storage inner, int at, Fault fault) {
    this(
        inner,
        at,
        fault,
        () -> {
          throw new Halted();
        });
  }

  public FaultyStorage(Storage inner, int at, Fault fault, Runnable halt) {
    this.inner = inner;
    this.at = at;
    this.fault = fault;
    this.halt = halt;
  }

  /// How many steps were begun.
  public int steps() {
    return steps;
  }

  private interface Step {
    void run() throws IOException;
  }

  private void step(Step step, Step half, boolean takesSpace) throws IOException {
    int now = steps++;
    switch (fault) {
      case HALT -> {
        if (now >= at) {
          halt.run();
        }
      }
      case HALT_AFTER -> {
        if (now >= at) {
          if (now == at) {
            half.run();
          }
          halt.run();
        }
      }
      case TRANSIENT -> {
        if (now == at) {
          throw new IOException("Resource temporarily unavailable");
        }
      }
      case BROKEN -> {
        if (now >= at) {
          throw new IOException("Input/output error");
        }
      }
      case FULL -> {
        if (now >= at && takesSpace) {
          half.run();
          throw new FileSystemException("disk", null, "No space left on device");
        }
      }
    }
    step.run();
  }

  private void step(Step step) throws IOException {
    step(step, step, false);
  }

  @Override
  public Path locate(Path target) throws IOException {
    return inner.locate(target);
  }

  @Override
  public boolean exists(Path file) throws IOException {
    return inner.exists(file);
  }

  @Override
  public Source open(Path file) throws IOException {
    Source[] opened = new Source[1];
    step(() -> opened[0] = inner.open(file));
    return opened[0];
  }

  @Override
  public Output create(Path file) throws IOException {
    Output[] created = new Output[1];
    step(() -> created[0] = inner.create(file), () -> {}, true);
    Output output = created[0];
    return new Output() {
      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        step(
            () -> output.write(bytes, from, count),
            () -> output.write(bytes, from, count / 2),
            true);
      }

      @Override
      public void force() throws IOException {
        step(output::force, output::force, true);
      }

      @Override
      public void close() throws IOException {
        step(output::close);
      }
    };
  }

  @Override
  public void link(Path file, Path second) throws IOException {
    step(() -> inner.link(file, second));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    step(() -> inner.move(from, to));
  }

  @Override
  public void delete(Path file) throws IOException {
    step(() -> inner.delete(file));
  }

  @Override
  public void forceFolder(Path folder) throws IOException {
    step(() -> inner.forceFolder(folder));
  }

  @Override
  public Closeable lock(Path file) throws IOException {
    return inner.lock(file);
  }

  @Override
  public void pause(int next) {}
}
