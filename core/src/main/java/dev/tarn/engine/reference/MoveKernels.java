package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;

/// Plain-loop kernels for [MoveProblem].
final class MoveKernels {
  private MoveKernels() {}

  static Kernel of(MoveProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
