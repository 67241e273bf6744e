package dev.tarn.tensor;

import dev.tarn.error.ParameterException;

/// What becomes of the values of a region: the left-hand factor of *reduction × regions*.
public sealed interface Reduction {
  /// The largest value.
  ///
  /// @param nan what a NaN does
  /// @param ties where the gradient of equal maxima goes
  record Max(NanPolicy nan, Ties ties) implements Reduction {
    @Override
    public String toString() {
      return "max";
    }
  }

  /// The smallest value.
  ///
  /// @param nan what a NaN does
  /// @param ties where the gradient of equal minima goes
  record Min(NanPolicy nan, Ties ties) implements Reduction {
    @Override
    public String toString() {
      return "min";
    }
  }

  /// The sum over a [Divisor], accumulated in double so that no window size loses accuracy.
  ///
  /// @param divisor what the sum is divided by
  record Average(Divisor divisor) implements Reduction {
    @Override
    public String toString() {
      return "average";
    }
  }

  /// The sum, accumulated in double.
  record Sum() implements Reduction {
    @Override
    public String toString() {
      return "sum";
    }
  }

  /// The p-norm `(Σ|x|^p)^(1/p)`; `p = ∞` is the largest and `p = −∞` the smallest absolute value.
  ///
  /// @param p a number above 0, or an infinity
  /// @param sign whether absolute values are taken; signed powers need a finite `p`
  record Lp(double p, Sign sign) implements Reduction {
    public Lp {
      if (!(p > 0 || p == Double.NEGATIVE_INFINITY)) {
        throw new ParameterException("p is %s; needed a number above 0, or +∞ or −∞.".formatted(p));
      }
      if (sign == Sign.SIGNED && Double.isInfinite(p)) {
        throw new ParameterException(
            "p is %s with signed powers; needed a finite number above 0.".formatted(p));
      }
    }

    @Override
    public String toString() {
      return p == Math.rint(p) && p < 1e6 && p > 0 ? "L%d".formatted((long) p) : "L" + p;
    }
  }

  /// Whether [Lp] takes absolute values.
  enum Sign {
    /// `Σ|x|^p`, the norm.
    ABSOLUTE,
    /// `(k / v) · Σ x^p`, as PyTorch's `lp_pool` computes it: powers keep their sign, and the sum
    /// of a window that hangs over the input grows by its `k` cells over the `v` inside.
    SIGNED
  }

  /// Largest value; NaN propagates, the first of equal maxima gets the gradient.
  static Reduction max() {
    return new Max(NanPolicy.PROPAGATE, Ties.FIRST);
  }

  /// Smallest value; NaN propagates, the first of equal minima gets the gradient.
  static Reduction min() {
    return new Min(NanPolicy.PROPAGATE, Ties.FIRST);
  }

  /// Mean of the cells that exist.
  static Reduction average() {
    return new Average(Divisor.VALID);
  }

  static Reduction sum() {
    return new Sum();
  }

  /// The p-norm of absolute values.
  static Reduction lp(double p) {
    return new Lp(p, Sign.ABSOLUTE);
  }
}
