package dev.tarn.engine.reference;

import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Kernel;

/// Plain-loop kernels for [DenseProblem].
final class DenseKernels {
  private DenseKernels() {}

  static Kernel of(DenseProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
