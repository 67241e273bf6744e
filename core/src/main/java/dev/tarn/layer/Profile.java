package dev.tarn.layer;

import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Reduction.Average;
import dev.tarn.tensor.Reduction.Lp;
import dev.tarn.tensor.Reduction.Max;
import dev.tarn.tensor.Reduction.Min;
import dev.tarn.tensor.Reduction.Sum;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Ties;
import java.util.List;

/// A framework whose choices a pooling layer takes over where frameworks disagree, so that an
/// imported model gives its original numbers. `docs/layers/pooling.md` has the table of
/// differences.
public enum Profile {
  /// Tarn's own defaults.
  TARN(NanPolicy.PROPAGATE, Divisor.VALID),
  /// NaN propagates; averages count padding; Lp sums signed powers.
  PYTORCH(NanPolicy.PROPAGATE, Divisor.CLIPPED_WINDOW),
  /// NaN is skipped; averages count valid cells.
  TENSORFLOW(NanPolicy.IGNORE, Divisor.VALID),
  /// As TensorFlow, but global maxima take a NaN and share their gradient among ties, for there
  /// Keras calls `reduce_max`.
  KERAS(NanPolicy.IGNORE, Divisor.VALID),
  /// NaN is skipped, as in ONNX Runtime; averages count valid cells.
  ONNX(NanPolicy.IGNORE, Divisor.VALID),
  /// NaN is skipped; sizes round up by Caffe's rule; averages count padding; adaptive regions are
  /// even windows.
  CAFFE(NanPolicy.IGNORE, Divisor.CLIPPED_WINDOW),
  /// Averages count valid cells; adaptive regions are even windows.
  DL4J(NanPolicy.PROPAGATE, Divisor.VALID);

  private final NanPolicy nan;
  private final Divisor divisor;

  Profile(NanPolicy nan, Divisor divisor) {
    this.nan = nan;
    this.divisor = divisor;
  }

  /// The stride of a sliding window for which none was given: the kernel in Tarn, PyTorch,
  /// TensorFlow and Keras, 1 in ONNX and Caffe, 2 in Deeplearning4j.
  ///
  /// @param kernel cells of the window, per axis or one number for all
  public List<Integer> defaultStride(List<Integer> kernel) {
    return switch (this) {
      case TARN, PYTORCH, TENSORFLOW, KERAS -> List.copyOf(kernel);
      case ONNX, CAFFE -> List.of(1);
      case DL4J -> List.of(2);
    };
  }

  /// `pool` with this framework's choices for NaN, ties, divisor, Lp's sign, rounding and adaptive
  /// regions. What the framework leaves to its user, such as a rounding or SPLIT ties, stays.
  Pool fill(Pool pool) {
    boolean reduceMax = this == KERAS && pool.regions() instanceof Regions.Global;
    NanPolicy policy = reduceMax ? NanPolicy.PROPAGATE : nan;
    Reduction reduction =
        switch (pool.reduction()) {
          case Max max -> new Max(policy, reduceMax ? Ties.SPLIT : max.ties());
          case Min min -> new Min(policy, reduceMax ? Ties.SPLIT : min.ties());
          case Average average -> new Average(divisor);
          case Sum sum -> sum;
          case Lp lp -> new Lp(lp.p(), sign(lp));
        };
    Regions regions =
        switch (pool.regions()) {
          case Regions.Sliding(var window)
              when this == CAFFE && !(window.padding() instanceof Padding.Same) ->
              Regions.sliding(window.rounding(Rounding.CEIL_CAFFE));
          case Regions.Adaptive(var sizes) when this == CAFFE || this == DL4J ->
              new Regions.Even(sizes);
          case Regions other -> other;
        };
    return new Pool(reduction, regions);
  }

  /// PyTorch has no norm of infinite p, whose powers keep no sign.
  private Reduction.Sign sign(Lp lp) {
    return this == PYTORCH && Double.isFinite(lp.p())
        ? Reduction.Sign.SIGNED
        : Reduction.Sign.ABSOLUTE;
  }
}
