package dev.tarn.engine.pooling;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs one engine's pooling kernels on buffers that lie apart in one arena, filled with garbage,
/// with guards around them; blocks run in an order of the test's choice.
final class PoolRig {
  private static final int GUARD = 37;
  private static final float GARBAGE = -12345.678f;

  private final Engine engine;
  private final Shape input;
  private final Shape output;
  final PoolGeometry geometry;
  private final Reduction reduction;
  private int end = GUARD;
  private final List<Buffer> buffers = new ArrayList<>();
  private final Buffer x;
  private final Buffer y;
  private final Buffer gradX;
  private final Buffer gradY;
  private final Buffer argmax;
  private final float[] arena;
  private final byte[] bytes;
  private boolean backwards;

  PoolRig(Engine engine, PoolCase c, Layout layout) {
    this.engine = engine;
    this.input = c.input();
    this.reduction = c.pool().reduction();
    this.geometry = PoolGeometry.of(input.size(1), layout, c.pool().spans(input.sample()));
    this.output = c.pool().outputShape(List.of(input.sample())).batch(input.size(0));
    this.y = place("y", output);
    this.gradX = place("gradX", input);
    this.gradY = place("gradY", output);
    this.x = place("x", input);
    // Nothing behind x, so that a kernel that reads beyond it is found out.
    end -= GUARD;
    this.arena = new float[end];
    Arrays.fill(arena, GARBAGE);
    int places = (int) output.sample().elements() * geometry.argmaxBytes();
    this.argmax = Buffer.fixed(Space.BYTES, "argmax", GUARD, places);
    this.bytes = new byte[GUARD + places * input.size(0) + GUARD];
    Arrays.fill(bytes, (byte) 0x55);
  }

  private Buffer place(String name, Shape shape) {
    Buffer buffer = Buffer.perSample(Space.ARENA, name, shape.sample().elements());
    buffer.place(end);
    end += shape.arraySize() + GUARD;
    buffers.add(buffer);
    return buffer;
  }

  /// Runs the blocks last to first from now on.
  PoolRig backwards() {
    backwards = true;
    return this;
  }

  Shape output() {
    return output;
  }

  float[] forward(float[] values, boolean withArgmax) {
    put(x, input, values);
    run(new PoolProblem.Forward(geometry, reduction, x, y, withArgmax ? argmax : null));
    return get(y, output);
  }

  float[] backward(float[] values, float[] gradients) {
    put(gradY, output, gradients);
    boolean needsValues = PoolProblem.Backward.needsValues(reduction);
    run(
        new PoolProblem.Backward(
            geometry,
            reduction,
            gradY,
            gradX,
            needsValues ? x : null,
            needsValues ? y : null,
            PoolProblem.Backward.needsArgmax(reduction) ? argmax : null));
    return get(gradX, input);
  }

  float[] unpool(float[] values, Duplicates duplicates) {
    put(y, output, values);
    run(new PoolProblem.Unpool(geometry, duplicates, y, argmax, gradX));
    return get(gradX, input);
  }

  float[] unpoolBackward(float[] gradients, Duplicates duplicates) {
    put(x, input, gradients);
    run(new PoolProblem.UnpoolBackward(geometry, duplicates, x, argmax, gradY));
    return get(gradY, output);
  }

  float[] spread(float[] values) {
    put(y, output, values);
    run(new PoolProblem.Spread(geometry, y, gradX));
    return get(gradX, input);
  }

  float[] spreadBackward(float[] gradients) {
    put(x, input, gradients);
    run(new PoolProblem.SpreadBackward(geometry, x, gradY));
    return get(gradY, output);
  }

  /// The tap numbers that were recorded, in logical order, read as the contract words it.
  int[] taps() {
    int width = geometry.argmaxBytes();
    int[] taps = new int[output.arraySize()];
    int positions = geometry.outPositions();
    for (int i = 0; i < taps.length; i++) {
      int n = i / positions / geometry.channels();
      int c = i / positions % geometry.channels();
      int o = i % positions;
      int element =
          geometry.layout() == Layout.NHWC ? (n * positions + o) * geometry.channels() + c : i;
      for (int b = 0; b < width; b++) {
        taps[i] |= (bytes[GUARD + element * width + b] & 0xff) << (8 * b);
      }
    }
    return taps;
  }

  private void put(Buffer buffer, Shape shape, float[] values) {
    float[] ordered = Tensor.of(shape, values).to(geometry.layout()).array();
    System.arraycopy(ordered, 0, arena, buffer.at(), ordered.length);
  }

  private float[] get(Buffer buffer, Shape shape) {
    requireGuards();
    float[] copy = Arrays.copyOfRange(arena, buffer.at(), buffer.at() + shape.arraySize());
    return Tensor.of(shape, geometry.layout(), copy).to(Layout.NCHW).array();
  }

  private void requireGuards() {
    int at = 0;
    for (Buffer buffer : buffers) {
      requireGarbage(at, buffer.at());
      at = buffer.at() + (int) buffer.size(input.size(0));
    }
    requireGarbage(at, end);
    for (int i = 0; i < GUARD; i++) {
      assertEquals(0x55, bytes[i], "byte before the places");
      assertEquals(0x55, bytes[bytes.length - 1 - i], "byte behind the places");
    }
  }

  private void requireGarbage(int from, int to) {
    for (int i = from; i < to; i++) {
      assertEquals(GARBAGE, arena[i], "wrote outside its buffers at " + i);
    }
  }

  private void run(PoolProblem problem) {
    run(engine.choose(problem).kernel());
  }

  private void run(Kernel kernel) {
    float[] memory = arena;
    int top = end;
    for (Buffer scratch : kernel.scratch()) {
      scratch.place(top);
      top += (int) scratch.size(input.size(0));
    }
    if (top > end) {
      memory = Arrays.copyOf(arena, top);
    }
    var frame = new Frame(memory, new float[0], new float[0], bytes);
    frame.batch(input.size(0));
    int blocks = kernel.blocks(input.size(0));
    for (int block = 0; block < blocks; block++) {
      kernel.run(frame, backwards ? blocks - 1 - block : block);
    }
    if (top > end) {
      System.arraycopy(memory, 0, arena, 0, end);
    }
    for (Kernel after : kernel.after()) {
      run(after);
    }
  }

  /// Floats as bits, all NaNs alike, so that −0 and +0 differ.
  static int[] bits(float @Nullable [] values) {
    int[] bits = new int[values == null ? 0 : values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }
}
