package dev.tarn.golden;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Memory for problems of one batch. All of it starts as NaN, so that a kernel which adds where it
/// should overwrite, or reads what it should not, is seen.
final class ProblemRun {
  private static final Workers WORKERS = Workers.of(1);
  private final Engine engine;
  private final int batch;
  private final Layout layout;
  private final Map<Space, Integer> sizes = new EnumMap<>(Space.class);
  private final List<Runnable> fills = new ArrayList<>();
  private Frame frame = new Frame(new float[0], new float[0], new float[0], new byte[0]);

  ProblemRun(Engine engine, int batch, Layout layout) {
    this.engine = engine;
    this.batch = batch;
    this.layout = layout;
  }

  /// Room for an activation `N, C, spatial…`.
  Buffer room(String name, Shape shape) {
    return placed(Buffer.perSample(Space.ARENA, name, shape.sample().elements()));
  }

  Buffer bytesPerSample(String name, long size) {
    return placed(Buffer.perSample(Space.BYTES, name, size));
  }

  private Buffer placed(Buffer buffer) {
    buffer.place(reserve(buffer.space(), buffer.size(batch)));
    return buffer;
  }

  private int reserve(Space space, long size) {
    int at = sizes.getOrDefault(space, 0);
    sizes.put(space, Math.toIntExact(at + size));
    return at;
  }

  /// An activation that holds these values.
  Buffer put(String name, Tensor values) {
    Buffer buffer = room(name, values.shape());
    fill(buffer, values.to(layout).array());
    return buffer;
  }

  void fill(Buffer buffer, float... values) {
    fills.add(() -> System.arraycopy(values, 0, frame.array(buffer), buffer.at(), values.length));
  }

  void fillBytes(Buffer buffer, byte... values) {
    fills.add(() -> System.arraycopy(values, 0, frame.bytes(), buffer.at(), values.length));
  }

  /// Solves the problems one after the other.
  void run(Problem... problems) {
    List<Kernel> kernels = new ArrayList<>();
    for (Problem problem : problems) {
      Kernel kernel = engine.choose(problem).kernel();
      place(kernel);
      kernels.add(kernel);
    }
    frame = new Frame(floats(), new float[0], new float[0], bytes());
    frame.batch(batch);
    fills.forEach(Runnable::run);
    kernels.forEach(kernel -> WORKERS.run(kernel, frame));
  }

  private void place(Kernel kernel) {
    for (Buffer scratch : kernel.scratch()) {
      scratch.place(reserve(scratch.space(), scratch.size(batch)));
    }
    kernel.after().forEach(this::place);
  }

  private float[] floats() {
    float[] array = new float[sizes.getOrDefault(Space.ARENA, 0)];
    Arrays.fill(array, Float.NaN);
    return array;
  }

  private byte[] bytes() {
    byte[] array = new byte[sizes.getOrDefault(Space.BYTES, 0)];
    Arrays.fill(array, (byte) 0x5A);
    return array;
  }

  /// What an activation holds now.
  Tensor activation(Buffer buffer, Shape shape) {
    return Tensor.of(shape, layout, values(buffer, shape)).to(Layout.NCHW);
  }

  private float[] values(Buffer buffer, Shape shape) {
    return Arrays.copyOfRange(frame.array(buffer), buffer.at(), buffer.at() + shape.arraySize());
  }

  /// Unsigned little-endian numbers of `width` bytes.
  int[] numbers(Buffer buffer, int count, int width) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      for (int b = width - 1; b >= 0; b--) {
        numbers[i] = numbers[i] << 8 | (frame.bytes()[buffer.at() + i * width + b] & 0xFF);
      }
    }
    return numbers;
  }
}
