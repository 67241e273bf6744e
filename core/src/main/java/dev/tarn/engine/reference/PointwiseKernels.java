package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;

/// Plain-loop kernels for [PointwiseProblem].
final class PointwiseKernels {
  private PointwiseKernels() {}

  static Kernel of(PointwiseProblem problem) {
    return switch (problem) {
      case PointwiseProblem.Activate forward -> new Activations.Forward(forward);
      case PointwiseProblem.ActivateBackward backward -> new Activations.Backward(backward);
      case PointwiseProblem.Combine forward -> new Combinations.Forward(forward);
      case PointwiseProblem.CombineBackward backward -> new Combinations.Backward(backward);
      case PointwiseProblem.Dropout dropout -> new DropoutKernel(dropout);
      case PointwiseProblem.Softmax forward -> new Softmaxes.Forward(forward);
      case PointwiseProblem.SoftmaxBackward backward -> new Softmaxes.Backward(backward);
      case PointwiseProblem.Accumulate accumulate -> new Additions.Accumulate(accumulate);
      case PointwiseProblem.AddBias forward -> new Additions.AddBias(forward);
      case PointwiseProblem.AddBiasBackward backward -> new Additions.AddBiasBackward(backward);
    };
  }
}
