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
  /// `y = x·wᵀ + bias`. Both factors of a product lie along the inputs, so lanes do too, and the
  /// order is one that any width of vectors can keep: sixteen sums, of the inputs whose number
  /// leaves the same rest by 16, each by fused multiply-add in the order of the inputs. They are
  /// added as a tree, `s[i] += s[i + d]` for `d = 8, 4, 2, 1`, and then the bias is. The error is
  /// at most `(in/16 + 5) · 2⁻²⁴ · (Σ|x·w| + |bias|)`, a sixteenth of that of one long sum.
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
