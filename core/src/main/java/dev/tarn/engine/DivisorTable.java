package dev.tarn.engine;

import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Spans;
import java.util.Arrays;

/// What an average divides each of its sums by. Forward and backward make it from the same
/// geometry, so that they cannot disagree.
public final class DivisorTable {
  private final double[] depth;
  private final double[] height;
  private final double[] width;

  private DivisorTable(double[] depth, double[] height, double[] width) {
    this.depth = depth;
    this.height = height;
    this.width = width;
  }

  /// The divisors of an average, or all 1 for any other reduction.
  public static DivisorTable of(Reduction reduction, PoolGeometry geometry) {
    Divisor divisor =
        reduction instanceof Reduction.Average(var chosen) ? chosen : new Divisor.Fixed(1);
    double[] depth = factors(divisor, geometry.depth());
    if (divisor instanceof Divisor.Fixed(double value)) {
      Arrays.fill(depth, value);
    }
    return new DivisorTable(
        depth, factors(divisor, geometry.height()), factors(divisor, geometry.width()));
  }

  private static double[] factors(Divisor divisor, Spans spans) {
    double[] factors = new double[spans.outputs()];
    Arrays.fill(factors, 1);
    if (divisor instanceof Divisor.Counted counted) {
      for (int o = 0; o < factors.length; o++) {
        factors[o] = Divisor.factor(counted, spans, o);
      }
    }
    return factors;
  }

  /// The divisor of one output.
  public double at(int oz, int oy, int ox) {
    return depth[oz] * height[oy] * width[ox];
  }
}
