package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.error.LimitException;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The memory of one functional call. A tensor that is read alone, or written alone, is used where
/// it lies; further ones are copied behind the first.
final class PoolRun {
  private final Engine engine;
  private final Workers workers;
  private final int batch;
  private float[] read = {};
  private float[] written = {};
  private byte[] bytes = {};

  PoolRun(Engine engine, Workers workers, int batch) {
    this.engine = engine;
    this.workers = workers;
    this.batch = batch;
  }

  /// Values to be read. The next kernel sees those of all calls so far.
  Buffer read(float[] values) {
    int at = read.length;
    if (at == 0) {
      read = values;
    } else {
      read = Arrays.copyOf(read, size((long) at + values.length));
      System.arraycopy(values, 0, read, at, values.length);
    }
    return Buffer.fixed(Space.ARENA, "read", at, values.length);
  }

  /// An array that the next kernel writes.
  Buffer write(float[] values) {
    written = values;
    return Buffer.fixed(Space.GRADIENTS, "written", 0, values.length);
  }

  /// Places of extrema, read or written.
  Buffer places(byte[] values) {
    bytes = values;
    return Buffer.fixed(Space.BYTES, "places", 0, values.length);
  }

  /// Runs the engine's kernel for `problem`.
  void run(PoolProblem problem) {
    Kernel kernel = engine.choose(problem).kernel();
    List<Buffer> scratch = new ArrayList<>();
    collect(kernel, scratch);
    long end = read.length;
    for (Buffer buffer : scratch) {
      buffer.place(size(end));
      end = Math.addExact(end, buffer.size(batch));
    }
    float[] arena = end == read.length ? read : Arrays.copyOf(read, size(end));
    var frame = new Frame(arena, new float[0], written, bytes);
    frame.batch(batch);
    workers.run(kernel, frame);
  }

  private static int size(long values) {
    if (values > Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "pooling: its arrays and working memory take %d values; at most %d are possible in one call. Pool a smaller batch."
              .formatted(values, Shape.MOST_ELEMENTS));
    }
    return (int) values;
  }

  private static void collect(Kernel kernel, List<Buffer> into) {
    into.addAll(kernel.scratch());
    kernel.after().forEach(after -> collect(after, into));
  }
}
