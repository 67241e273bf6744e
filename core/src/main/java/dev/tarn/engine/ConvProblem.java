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

  /// `gradW` and `gradBias`, summed so that the bits depend on the problem alone.
  ///
  /// The batch is cut into [#sampleBlocks] blocks; block `b` of `B` holds the samples `⌊b·N/B⌋ …
  /// ⌊(b+1)·N/B⌋`. Inside a block the pairs (sample, output position) are counted in row-major
  /// order and cut into runs of [#RUN]: each run adds its products `x·gradY` by fused multiply-add
  /// from 0 (a tap outside the input adds nothing), and the sums of the runs are added one after
  /// the other. The blocks are added as a tree: `p[i] += p[i + s]` for `s = 1, 2, 4, …` and `i` a
  /// multiple of `2s`. `gradBias` is the same sum with 1 in place of `x`.
  record BackwardWeights(
      ConvGeometry geometry, Buffer x, Buffer gradY, Buffer gradW, @Nullable Buffer gradBias)
      implements ConvProblem {
    /// Products that are added in one chain: long enough to fill a matrix kernel, short enough that
    /// rounding errors do not pile up.
    public static final int RUN = 256;

    /// Blocks of samples: more for small weights, whose partial sums cost little memory and which
    /// offer no other work to share between threads.
    public int sampleBlocks(int batch) {
      int size = geometry.weightSize();
      return Math.min(batch, size <= 1 << 15 ? 16 : size <= 1 << 18 ? 4 : 1);
    }
  }
}
