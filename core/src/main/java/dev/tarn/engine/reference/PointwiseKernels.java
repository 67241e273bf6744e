package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;

/// Plain-loop kernels for [PointwiseProblem].
final class PointwiseKernels {
  private PointwiseKernels() {}

  static Kernel of(PointwiseProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
