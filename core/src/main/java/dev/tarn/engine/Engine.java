package dev.tarn.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A set of kernels that can solve every [Problem].
///
/// All engines give the same bits for pooling and whatever needs no sum, and the same bits for sums
/// that they take in the reference's order; where an engine's kernel takes another order its
/// documentation says so and bounds the difference.
public interface Engine {
  /// `reference`, `vector 512`, …
  String name();

  /// An engine of this kind that keeps to `arithmetic`. Engines are [Arithmetic#FAST] unless asked
  /// otherwise; one whose kernels all keep the order answers with itself.
  default Engine with(Arithmetic arithmetic) {
    return this;
  }

  /// The fastest kernel of this engine that accepts the problem.
  Choice choose(Problem problem);

  /// One kernel for all links of a chain, or null, with the reason added to `refusals` where the
  /// chain is one that this engine knows; the links are then solved one by one.
  default @Nullable Choice fuse(Chain chain, List<String> refusals) {
    return null;
  }

  /// The sum of the squares of `values[from … to)`, in double, in which squares of floats cannot
  /// overflow: it is finite if and only if all values are.
  ///
  /// Sixteen partial sums, of the elements whose distance from `from` leaves the same rest by 16,
  /// are added as a tree: `s[i] += s[i + d]` for `d = 8, 4, 2, 1`. All engines give the same bits.
  default double sumOfSquares(float[] values, int from, int to) {
    double[] sums = new double[16];
    for (int i = from; i < to; i++) {
      double value = values[i];
      sums[(i - from) % 16] += value * value;
    }
    for (int d = 8; d > 0; d /= 2) {
      for (int i = 0; i < d; i++) {
        sums[i] += sums[i + d];
      }
    }
    return sums[0];
  }

  /// A kernel that does nothing but fused multiply-adds in registers, [#PEAK_FLOPS] operations a
  /// block and a block for each sample: what rates of other kernels are compared with.
  Kernel peak();

  /// Multiplications and additions of one block of [#peak].
  long PEAK_FLOPS = 1L << 30;
}
