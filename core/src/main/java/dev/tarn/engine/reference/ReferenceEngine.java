package dev.tarn.engine.reference;

import dev.tarn.engine.Choice;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.ReduceProblem;

/// Plain loops for every problem: the specification, the fallback where there is no vector module,
/// and the oracle that faster kernels are tested against.
public final class ReferenceEngine implements Engine {
  public ReferenceEngine() {}

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public Choice choose(Problem problem) {
    return Choice.of(kernel(problem));
  }

  private static Kernel kernel(Problem problem) {
    return switch (problem) {
      case PoolProblem pool -> PoolKernels.of(pool);
      case ConvProblem conv -> ConvKernels.of(conv);
      case DenseProblem dense -> DenseKernels.of(dense);
      case PointwiseProblem pointwise -> PointwiseKernels.of(pointwise);
      case NormProblem norm -> NormKernels.of(norm);
      case MoveProblem move -> MoveKernels.of(move);
      case ReduceProblem.Forward forward -> new Reductions.Forward(forward);
      case ReduceProblem.Backward backward -> new Reductions.Backward(backward);
    };
  }

  @Override
  public Kernel peak() {
    return new PeakKernel();
  }
}
