package dev.tarn.engine.reference;

import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Kernel;

/// Plain-loop kernels for [ConvProblem].
final class ConvKernels {
  private ConvKernels() {}

  static Kernel of(ConvProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
