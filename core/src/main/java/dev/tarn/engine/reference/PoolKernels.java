package dev.tarn.engine.reference;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolProblem;

/// Plain-loop kernels for [PoolProblem].
final class PoolKernels {
  private PoolKernels() {}

  static Kernel of(PoolProblem problem) {
    throw new IllegalStateException("to be written: " + problem);
  }
}
