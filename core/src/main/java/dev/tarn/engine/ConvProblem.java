package dev.tarn.engine;

import org.jspecify.annotations.Nullable;

/// Convolution: forward, and backward for data and for weights. Transposed convolution swaps
/// forward and backward for data.
///
/// | buffer | elements |
/// |---|---|
/// | x, gradX | `[N][in positions][inChannels]` |
/// | y, gradY | `[N][out positions][outChannels]` |
/// | w, gradW | `[outChannels][inChannels / groups][kernel…]` |
/// | bias, gradBias | `[outChannels]` |
public sealed interface ConvProblem extends Problem {
  ConvGeometry geometry();

  /// `y = bias + w ∗ x`. Each output starts from its bias (or 0) and adds its products by fused
  /// multiply-add in the order input channel, then kernel depth, row, column (the order of the
  /// weight in memory).
  record Forward(ConvGeometry geometry, Buffer x, Buffer w, @Nullable Buffer bias, Buffer y)
      implements ConvProblem {}

  /// `gradX = wᵀ ∗ gradY`: each element adds its products in the order output channel, kernel
  /// depth, row, column.
  record BackwardData(ConvGeometry geometry, Buffer gradY, Buffer w, Buffer gradX)
      implements ConvProblem {}

  /// `gradW` and `gradBias`, summed over the batch in fixed blocks of samples that are combined in
  /// a fixed tree, so that the bits depend on the problem alone.
  record BackwardWeights(
      ConvGeometry geometry, Buffer x, Buffer gradY, Buffer gradW, @Nullable Buffer gradBias)
      implements ConvProblem {}
}
