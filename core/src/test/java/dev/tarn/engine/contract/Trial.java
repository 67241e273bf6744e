package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Prepared;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.tensor.SeededRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Problems that belong together (forward, then backward) with the memory and the values they need.
///
/// Buffers lie apart from each other, and everything but the inputs starts as NaN: a kernel that
/// reads what nobody wrote, or writes past its end, shows.
public final class Trial {
  private static final int GAP = 5;

  /// A buffer and the one that shall hold the gradient by it.
  public record Gradient(Buffer of, Buffer by) {}

  private final String name;
  private final int batch;
  private final SeededRandom random;
  private final Map<Buffer, float[]> inputs = new LinkedHashMap<>();
  private final Map<Buffer, byte[]> places = new LinkedHashMap<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private final Set<Buffer> between = new HashSet<>();
  private final List<Problem> forward = new ArrayList<>();
  private final List<Problem> backward = new ArrayList<>();
  private final List<Gradient> gradients = new ArrayList<>();
  private final Map<Space, Integer> used = new EnumMap<>(Space.class);
  private @Nullable Buffer y;
  private @Nullable Buffer gradY;
  private double tolerance;

  public Trial(String name, int batch, long seed) {
    this.name = name;
    this.batch = batch;
    this.random = SeededRandom.of(seed, name.hashCode());
  }

  /// A number for an element.
  public interface Fill {
    double value(SeededRandom random);
  }

  /// Whole numbers from −3 to 3, whose sums of products are exact.
  public static double integer(SeededRandom random) {
    return random.nextInt(7) - 3;
  }

  /// Normal numbers with 12 binary places, so that float and double hold the same.
  public static double real(SeededRandom random) {
    return Math.rint(random.gaussian() * 4096) / 4096;
  }

  /// The same but never near 0, where some functions have a corner.
  public static double awayFromZero(SeededRandom random) {
    double value = real(random);
    return value + (value < 0 ? -0.125 : 0.125);
  }

  /// Between 1/4 and 4.
  public static double positive(SeededRandom random) {
    return Math.rint(random.uniform(0.25, 4) * 4096) / 4096;
  }

  /// An activation that is given.
  public Buffer input(String label, long size, Fill fill) {
    return filled(sample(label, size), fill);
  }

  /// A parameter that is given.
  public Buffer parameter(String label, long size, Fill fill) {
    return filled(add(Buffer.scratch(Space.PARAMETERS, label, size)), fill);
  }

  /// A parameter that is given and that kernels may prepare once.
  public Buffer constant(String label, long size, Fill fill) {
    return filled(add(Buffer.constant(label, size)), fill);
  }

  /// An activation that kernels write.
  public Buffer sample(String label, long size) {
    return add(Buffer.perSample(Space.ARENA, label, size));
  }

  /// Something that kernels write and whose size does not depend on the batch.
  public Buffer whole(String label, long size) {
    return add(Buffer.scratch(Space.ARENA, label, size));
  }

  /// The gradient by a parameter.
  public Buffer gradient(String label, long size) {
    return add(Buffer.scratch(Space.GRADIENTS, label, size));
  }

  /// Bytes that kernels write.
  public Buffer bytes(String label, long size) {
    return add(Buffer.perSample(Space.BYTES, label, size));
  }

  /// Places of extrema that are given, each below `taps`.
  public Buffer places(String label, int size, int taps) {
    Buffer buffer = bytes(label, size);
    byte[] values = new byte[Math.toIntExact(buffer.size(batch))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) random.nextInt(taps);
    }
    places.put(buffer, values);
    return buffer;
  }

  /// Says that a buffer only hands something from one link of a chain to the next, so that nobody
  /// asks what it holds in the end.
  public Trial between(Buffer buffer) {
    between.add(buffer);
    return this;
  }

  /// Whether somebody asks what a buffer holds in the end.
  public boolean isWanted(Buffer buffer) {
    return !between.contains(buffer);
  }

  private Buffer add(Buffer buffer) {
    place(buffer, used);
    buffers.add(buffer);
    return buffer;
  }

  private void place(Buffer buffer, Map<Space, Integer> sizes) {
    int at = sizes.getOrDefault(buffer.space(), 0) + GAP;
    buffer.place(at);
    sizes.put(buffer.space(), Math.toIntExact(at + buffer.size(batch)));
  }

  private Buffer filled(Buffer buffer, Fill fill) {
    float[] values = new float[Math.toIntExact(buffer.size(batch))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) fill.value(random);
    }
    inputs.put(buffer, values);
    return buffer;
  }

  /// Replaces the values of an input.
  public Trial values(Buffer input, float... values) {
    float[] old = inputs.get(input);
    if (old == null || old.length != values.length) {
      throw new IllegalArgumentException(input + " is no input of " + values.length + " values");
    }
    inputs.put(input, values);
    return this;
  }

  public Trial forward(Problem problem) {
    forward.add(problem);
    return this;
  }

  public Trial backward(Problem problem) {
    backward.add(problem);
    return this;
  }

  /// Says which buffer is the output and which input holds the gradient by it.
  public Trial output(Buffer output, Buffer gradient) {
    this.y = output;
    this.gradY = gradient;
    return this;
  }

  /// Says that `by` shall hold the gradient by `of`.
  public Trial differentiate(Buffer of, Buffer by) {
    gradients.add(new Gradient(of, by));
    return this;
  }

  /// How far engines may be from the reference, relative to 1 or the value if that is larger; 0,
  /// unless said, asks for the same bits.
  public Trial tolerance(double relative) {
    this.tolerance = relative;
    return this;
  }

  public double tolerance() {
    return tolerance;
  }

  public List<Gradient> gradients() {
    return gradients;
  }

  public List<Buffer> buffers() {
    return buffers;
  }

  public @Nullable Buffer output() {
    return y;
  }

  public @Nullable Buffer outputGradient() {
    return gradY;
  }

  /// The values of an input, live.
  public float[] values(Buffer input) {
    float[] values = inputs.get(input);
    if (values == null) {
      throw new IllegalArgumentException(input + " is no input");
    }
    return values;
  }

  /// Runs forward and backward.
  public Frame run(Engine engine, Workers workers) {
    List<Problem> all = new ArrayList<>(forward);
    all.addAll(backward);
    return run(engine, workers, all);
  }

  /// Runs forward alone.
  public Frame runForward(Engine engine, Workers workers) {
    return run(engine, workers, forward);
  }

  private Frame run(Engine engine, Workers workers, List<Problem> problems) {
    List<Kernel> kernels = problems.stream().map(p -> engine.choose(p).kernel()).toList();
    return runKernels(engine, workers, kernels);
  }

  /// The forward problems as one chain.
  public Chain chain() {
    return new Chain(forward);
  }

  /// Runs kernels in place of the problems.
  public Frame runKernels(Engine engine, Workers workers, List<Kernel> kernels) {
    Map<Space, Integer> sizes = new EnumMap<>(used);
    kernels.forEach(k -> placeScratch(k, sizes));
    var prepared = new Prepared(sizes.getOrDefault(Space.PREPARED, 0), () -> 0);
    Arrays.fill(prepared.array(), Float.NaN);
    Frame frame =
        new Frame(
            nan(sizes.getOrDefault(Space.ARENA, 0)),
            nan(sizes.getOrDefault(Space.PARAMETERS, 0)),
            nan(sizes.getOrDefault(Space.GRADIENTS, 0)),
            new byte[sizes.getOrDefault(Space.BYTES, 0) + GAP],
            prepared);
    frame.batch(batch);
    frame.randomness(5, 7);
    inputs.forEach((buffer, values) ->
        System.arraycopy(values, 0, frame.array(buffer), buffer.at(), values.length));
    places.forEach(
        (buffer, values) -> System.arraycopy(values, 0, frame.bytes(), buffer.at(), values.length));
    prepared.update(kernels.stream().flatMap(k -> once(k).stream()).toList(), frame, workers);
    for (Kernel kernel : kernels) {
      workers.run(kernel, frame);
    }
    checkGaps(engine, frame);
    return frame;
  }

  private void placeScratch(Kernel kernel, Map<Space, Integer> sizes) {
    for (Buffer buffer : kernel.scratch()) {
      place(buffer, sizes);
    }
    for (Kernel once : kernel.once()) {
      placeScratch(once, sizes);
    }
    for (Kernel after : kernel.after()) {
      placeScratch(after, sizes);
    }
  }

  private static List<Kernel> once(Kernel kernel) {
    List<Kernel> all = new ArrayList<>(kernel.once());
    kernel.after().forEach(k -> all.addAll(once(k)));
    return all;
  }

  private static float[] nan(int size) {
    float[] array = new float[size + GAP];
    Arrays.fill(array, Float.NaN);
    return array;
  }

  private void checkGaps(Engine engine, Frame frame) {
    for (Buffer buffer : buffers) {
      int past = Math.toIntExact(buffer.at() + buffer.size(batch));
      for (int i = 0; i < GAP; i++) {
        if (!clean(frame, buffer, buffer.at() - 1 - i) || !clean(frame, buffer, past + i)) {
          throw new AssertionError(
              "%s on %s: something wrote %d places beside %s."
                  .formatted(this, engine.name(), i + 1, buffer));
        }
      }
    }
  }

  private static boolean clean(Frame frame, Buffer buffer, int at) {
    return buffer.space() == Space.BYTES
        ? frame.bytes()[at] == 0
        : Float.isNaN(frame.array(buffer)[at]);
  }

  /// What a buffer holds after a run.
  public float[] read(Frame frame, Buffer buffer) {
    int size = Math.toIntExact(buffer.size(batch));
    return Arrays.copyOfRange(frame.array(buffer), buffer.at(), buffer.at() + size);
  }

  /// What a buffer of bytes holds after a run.
  public byte[] readBytes(Frame frame, Buffer buffer) {
    int size = Math.toIntExact(buffer.size(batch));
    return Arrays.copyOfRange(frame.bytes(), buffer.at(), buffer.at() + size);
  }

  @Override
  public String toString() {
    return name;
  }
}
