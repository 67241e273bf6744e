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

/// A framework whose choices a pooling layer takes over where frameworks disagree, so that an
/// imported model gives its original numbers. `docs/layers/pooling.md` has the table of
/// differences.
public enum Profile {
  /// Tarn's own defaults.
  TARN(NanPolicy.PROPAGATE, Divisor.VALID, Reduction.Sign.ABSOLUTE),
  /// NaN propagates; averages count padding; Lp sums signed powers.
  PYTORCH(NanPolicy.PROPAGATE, Divisor.CLIPPED_WINDOW, Reduction.Sign.SIGNED),
  /// NaN is skipped; averages count valid cells.
  TENSORFLOW(NanPolicy.IGNORE, Divisor.VALID, Reduction.Sign.ABSOLUTE),
  /// NaN is skipped, as in ONNX Runtime; averages count valid cells.
  ONNX(NanPolicy.IGNORE, Divisor.VALID, Reduction.Sign.ABSOLUTE),
  /// Sizes round up by Caffe's rule; averages count padding; adaptive regions are even windows.
  CAFFE(NanPolicy.IGNORE, Divisor.CLIPPED_WINDOW, Reduction.Sign.ABSOLUTE),
  /// Averages count valid cells; adaptive regions are even windows.
  DL4J(NanPolicy.PROPAGATE, Divisor.VALID, Reduction.Sign.ABSOLUTE);

  private final NanPolicy nan;
  private final Divisor divisor;
  private final Reduction.Sign sign;

  Profile(NanPolicy nan, Divisor divisor, Reduction.Sign sign) {
    this.nan = nan;
    this.divisor = divisor;
    this.sign = sign;
  }

  /// `pool` with this framework's choices for NaN, divisor, Lp's sign, rounding and adaptive
  /// regions.
  Pool fill(Pool pool) {
    Reduction reduction =
        switch (pool.reduction()) {
          case Max max -> new Max(nan, max.ties());
          case Min min -> new Min(nan, min.ties());
          case Average average -> new Average(divisor);
          case Sum sum -> sum;
          case Lp lp -> new Lp(lp.p(), sign);
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
}
