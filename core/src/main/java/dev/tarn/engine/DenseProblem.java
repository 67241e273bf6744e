package dev.tarn.engine;

import org.jspecify.annotations.Nullable;

/// Fully connected layers: products of matrices.
///
/// | buffer | elements |
/// |---|---|
/// | x, gradX | `[N][in]` |
/// | y, gradY | `[N][out]` |
/// | w, gradW | `[out][in]` |
/// | bias, gradBias | `[out]` |
public sealed interface DenseProblem extends Problem {
  /// `y = x·wᵀ + bias`. Each output starts from its bias (or 0) and adds its products by fused
  /// multiply-add in the order of the inputs.
  record Forward(int in, int out, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y)
      implements DenseProblem {}

  /// `gradX = gradY·w`, each element in the order of the outputs.
  record BackwardData(int in, int out, Buffer gradY, Buffer w, Buffer gradX)
      implements DenseProblem {}

  /// `gradW = gradYᵀ·x` and `gradBias`, each element in the order of the batch.
  record BackwardWeights(
      int in, int out, Buffer x, Buffer gradY, Buffer gradW, @Nullable Buffer gradBias)
      implements DenseProblem {}
}
