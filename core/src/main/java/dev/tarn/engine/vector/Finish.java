package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.tensor.Activation;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A kernel, and then ReLU or its gradient over what it wrote: for kernels that cannot do that
/// while the sums are still in registers.
record Finish(Kernel first, Kernel last, List<Kernel> after) implements Kernel {
  private Finish(Kernel first, Kernel last) {
    this(first, last, Stream.concat(first.after().stream(), Stream.of(last)).toList());
  }

  /// `first`, followed by what the sweep asks for beyond its sums.
  static @Nullable Kernel of(Sweep sweep, @Nullable Kernel first) {
    return of(first, sweep.resultSize(), sweep.result(), sweep.relu(), sweep.mask());
  }

  /// @param size elements of one sample of the result
  static @Nullable Kernel of(
      @Nullable Kernel first, int size, Buffer result, boolean relu, @Nullable Buffer mask) {
    Kernel kernel = first;
    if (kernel != null && relu) {
      kernel = new Finish(kernel, Pointwise.relu(size, result));
    }
    if (kernel != null && mask != null) {
      var gradient =
          new PointwiseProblem.ActivateBackward(Activation.RELU, size, mask, result, result);
      kernel = new Finish(kernel, Pointwise.reluGradient(gradient));
    }
    return kernel;
  }

  @Override
  public String name() {
    return first.name() + ", then " + last.name();
  }

  @Override
  public int blocks(int batch) {
    return first.blocks(batch);
  }

  @Override
  public void run(Frame frame, int block) {
    first.run(frame, block);
  }

  @Override
  public List<Buffer> scratch() {
    return first.scratch();
  }

  @Override
  public List<Kernel> once() {
    return first.once();
  }
}
