package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Reduction;

/// Plain-loop kernels for [PoolProblem]: one general kernel for each direction serves every region
/// rule, in one to three dimensions and both layouts.
///
/// What all of them keep to, and every faster kernel has to: a window's cells are taken in
/// row-major order; maxima begin with the first valid cell; sums run in double and are rounded
/// once, at the end; gradients are rounded for each output and then added, in row-major order of
/// the outputs.
final class PoolKernels {
  private PoolKernels() {}

  static Kernel of(PoolProblem problem) {
    return switch (problem) {
      case PoolProblem.Forward f -> forward(f);
      case PoolProblem.Backward b -> backward(b);
      case PoolProblem.Unpool u -> new UnpoolForward(u);
      case PoolProblem.UnpoolBackward u -> new UnpoolGradient(u);
      case PoolProblem.Spread s -> new SpreadForward(s);
      case PoolProblem.SpreadBackward s -> new SpreadGradient(s);
    };
  }

  private static Kernel forward(PoolProblem.Forward problem) {
    return switch (problem.reduction()) {
      case Reduction.Max(var nan, var ties) -> new ExtremumForward(problem, 1f, nan);
      case Reduction.Min(var nan, var ties) -> new ExtremumForward(problem, -1f, nan);
      case Reduction.Average average -> new SumForward(problem);
      case Reduction.Sum sum -> new SumForward(problem);
      case Reduction.Lp lp -> new LpForward(problem, lp);
    };
  }

  private static Kernel backward(PoolProblem.Backward problem) {
    return switch (problem.reduction()) {
      case Reduction.Max max -> extremumGradient(problem);
      case Reduction.Min min -> extremumGradient(problem);
      case Reduction.Average average -> new SumGradient(problem);
      case Reduction.Sum sum -> new SumGradient(problem);
      case Reduction.Lp lp -> new LpGradient(problem, lp);
    };
  }

  private static Kernel extremumGradient(PoolProblem.Backward problem) {
    return PoolProblem.Backward.needsArgmax(problem.reduction())
        ? new ExtremumGradient(problem)
        : new TiesGradient(problem);
  }
}
