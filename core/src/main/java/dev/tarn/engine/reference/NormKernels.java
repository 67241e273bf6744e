package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;

/// Plain-loop kernels for [NormProblem].
final class NormKernels {
  private NormKernels() {}

  static Kernel of(NormProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
