package dev.tarn.engine;

import dev.tarn.tensor.Statistic;

/// Runs of values anywhere in a sample that become one value each.
public sealed interface ReduceProblem extends Problem {
  /// `y[o] = statistic of x[base[o] + run[0]], x[base[o] + run[1]], …`, sums in this order, in
  /// double.
  ///
  /// @param size elements of a sample of `x`
  /// @param base where the run of each output begins
  /// @param run the same for all outputs, at least one offset
  record Forward(Statistic statistic, int size, Offsets base, Offsets run, Buffer x, Buffer y)
      implements ReduceProblem {}

  /// The gradient of [Forward]; that of a maximum goes to the first of the largest, that of the
  /// number of a maximum is 0.
  ///
  /// @param gradX shaped like `x`; every element belongs to one run
  record Backward(Forward forward, Buffer gradY, Buffer gradX) implements ReduceProblem {}
}
