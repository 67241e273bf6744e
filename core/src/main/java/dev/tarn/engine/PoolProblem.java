package dev.tarn.engine;

import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Ties;
import org.jspecify.annotations.Nullable;

/// Pooling and unpooling, forward and backward.
public sealed interface PoolProblem extends Problem {
  /// `y = reduction of x over each region`.
  ///
  /// @param x `[N][in positions][C]`, or as the geometry's layout says
  /// @param y likewise, of the output's positions
  /// @param argmax for max and min: the tap of the extremum, [PoolGeometry#argmaxBytes] bytes for
  ///   each element of `y` in its order; null where nobody needs it
  record Forward(
      PoolGeometry geometry, Reduction reduction, Buffer x, Buffer y, @Nullable Buffer argmax)
      implements PoolProblem {}

  /// `gradX = gradient of the pooling`: every `gradY` goes to the cells that were selected;
  /// overlapping windows add up in row-major order of the outputs.
  ///
  /// @param gradY like `y`
  /// @param gradX like `x`
  /// @param x for Lp and for split ties; else null
  /// @param y likewise
  /// @param argmax for max and min with the gradient to the first; else null
  record Backward(
      PoolGeometry geometry,
      Reduction reduction,
      Buffer gradY,
      Buffer gradX,
      @Nullable Buffer x,
      @Nullable Buffer y,
      @Nullable Buffer argmax)
      implements PoolProblem {
    /// Whether the gradient of this reduction needs `x` and `y`.
    public static boolean needsValues(Reduction reduction) {
      return switch (reduction) {
        case Reduction.Max(var nan, var ties) -> ties == Ties.SPLIT;
        case Reduction.Min(var nan, var ties) -> ties == Ties.SPLIT;
        case Reduction.Lp lp -> true;
        case Reduction.Average average -> false;
        case Reduction.Sum sum -> false;
      };
    }

    /// Whether the gradient of this reduction needs the places of the extrema.
    public static boolean needsArgmax(Reduction reduction) {
      return (reduction instanceof Reduction.Max || reduction instanceof Reduction.Min)
          && !needsValues(reduction);
    }
  }

  /// Max unpooling: `y` is 0 but for the values of `x` at the places that `argmax` recorded.
  ///
  /// @param geometry of the pooling whose places these are: `x` has its outputs, `y` its inputs
  /// @param duplicates what several values for one cell give
  record Unpool(PoolGeometry geometry, Duplicates duplicates, Buffer x, Buffer argmax, Buffer y)
      implements PoolProblem {}

  /// `gradX` picks what `gradY` has at the places that `argmax` recorded. With [Duplicates#LAST] a
  /// value that was overwritten has gradient 0.
  record UnpoolBackward(
      PoolGeometry geometry, Duplicates duplicates, Buffer gradY, Buffer argmax, Buffer gradX)
      implements PoolProblem {}

  /// Average unpooling: every cell of `y` is the mean of the values whose regions hold it, 0 if
  /// there are none.
  ///
  /// @param geometry of the pooling this undoes: `x` has its outputs, `y` its inputs
  record Spread(PoolGeometry geometry, Buffer x, Buffer y) implements PoolProblem {}

  /// The gradient of [Spread].
  record SpreadBackward(PoolGeometry geometry, Buffer gradY, Buffer gradX) implements PoolProblem {}
}
