package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;

/// Plain-loop kernels for [NormProblem].
final class NormKernels {
  private NormKernels() {}

  static Kernel of(NormProblem problem) {
    return switch (problem) {
      case NormProblem.BatchInference inference -> new FrozenBatchNorm.Forward(inference);
      case NormProblem.BatchFrozenBackward backward -> new FrozenBatchNorm.BackwardData(backward);
      case NormProblem.BatchTraining training -> new BatchNorms.Statistics(training);
      case NormProblem.BatchRepeat repeat -> new BatchNorms.Normalise(repeat.forward());
      case NormProblem.BatchBackward backward -> new BatchNorms.BackwardParameters(backward);
      case NormProblem.Fold fold -> new FoldBatchNorm(fold);
      case NormProblem.Local forward -> new LocalNorms.Forward(forward);
      case NormProblem.LocalBackward backward -> new LocalNorms.Backward(backward);
    };
  }
}
