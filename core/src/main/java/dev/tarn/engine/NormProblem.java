package dev.tarn.engine;

import org.jspecify.annotations.Nullable;

/// Normalisation over the batch and over neighbouring channels. `x`, `y` and their gradients are
/// `[N][positions][channels]`.
public sealed interface NormProblem extends Problem {
  /// `y = weight · (x − mean) / √(variance + epsilon) + bias` with given statistics, each
  /// `[channels]`; `y` may be the buffer of `x`.
  record BatchInference(
      int positions,
      int channels,
      double epsilon,
      Buffer x,
      Buffer weight,
      Buffer bias,
      Buffer mean,
      Buffer variance,
      Buffer y)
      implements NormProblem {}

  /// The same with the statistics of the batch (variance divided by the count), taken in double, by
  /// the reference in two passes and in row-major order; moves the running ones by `running +=
  /// momentum · (batch − running)`, with the unbiased variance (the biased one where the batch has
  /// one value).
  ///
  /// @param saved `[2][channels]`: the batch's mean and `1 / √(variance + epsilon)`, for backward
  record BatchTraining(
      int positions,
      int channels,
      double epsilon,
      double momentum,
      Buffer x,
      Buffer weight,
      Buffer bias,
      Buffer runningMean,
      Buffer runningVariance,
      Buffer saved,
      Buffer y)
      implements NormProblem {}

  /// Writes the `y` of a [BatchTraining] again, bit for bit, from its `x` and what it saved; the
  /// running statistics stay.
  record BatchRepeat(BatchTraining forward) implements NormProblem {}

  /// The gradients of [BatchTraining] by `x`, `weight` and `bias`; sums in double, the reference's
  /// in row-major order.
  record BatchBackward(
      int positions,
      int channels,
      Buffer x,
      Buffer weight,
      Buffer saved,
      Buffer gradY,
      Buffer gradX,
      Buffer gradWeight,
      Buffer gradBias)
      implements NormProblem {}

  /// The gradients of [BatchInference] (a frozen batch norm): `gradX = gradY · weight / √(variance
  /// + epsilon)`, and by weight and bias.
  record BatchFrozenBackward(
      int positions,
      int channels,
      double epsilon,
      Buffer x,
      Buffer weight,
      Buffer mean,
      Buffer variance,
      Buffer gradY,
      Buffer gradX,
      Buffer gradWeight,
      Buffer gradBias)
      implements NormProblem {}

  /// A convolution's or dense layer's parameters multiplied by what a batch norm behind it does:
  /// `foldedWeight[o] = weight[o] · s[o]` and `foldedBias[o] = (bias[o] − mean[o]) · s[o] +
  /// norm.bias[o]` with `s = norm.weight / √(variance + epsilon)`, in double, rounded once. The
  /// layer then gives in one go what both give one after the other but for rounding: each product
  /// differs by at most one part in 2²⁴.
  ///
  /// @param rows filters or units
  /// @param depth weights of each
  /// @param norm its `x` and `y` do not matter
  record Fold(
      int rows,
      int depth,
      Buffer weight,
      @Nullable Buffer bias,
      BatchInference norm,
      Buffer foldedWeight,
      Buffer foldedBias)
      implements NormProblem {}

  /// `y = x / (k + alpha / size · Σ x²)^beta` over `size` neighbouring channels: ⌊(size − 1) / 2⌋
  /// before, the rest after.
  record Local(
      int positions,
      int channels,
      int size,
      double alpha,
      double beta,
      double k,
      Buffer x,
      Buffer y)
      implements NormProblem {}

  /// The gradient of [Local].
  record LocalBackward(Local forward, Buffer gradY, Buffer gradX) implements NormProblem {}
}
