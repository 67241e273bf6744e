package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Ties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What comes out of a 2×2 max pooling behind a convolution of few channels: `[N][rows ×
/// columns][channels]`, and the places of the extrema.
///
/// @param y pooled values, or the gradient by them
/// @param argmax a byte for each, null where nobody needs it
record PooledMaps(int rows, int columns, int channels, Buffer y, @Nullable Buffer argmax) {
  /// Products of one output at most: beyond, the matrix kernels do better.
  private static final int MOST_DEPTH = 128;

  /// Floats of one sample at most, so that its planes stay in the first-level cache.
  private static final int MOST_CELLS = 1 << 13;

  private static final int LEAST_POSITIONS = 64;

  /// A kernel for a convolution up to its pooling, or from the pooling's gradient to that of the
  /// convolution's weight; null if the chain is neither, or with the reason in `refusals`.
  ///
  /// @param exact whether the order of sums must be the reference's
  static @Nullable Kernel fuse(Chain chain, boolean exact, List<String> refusals) {
    List<Problem> links = chain.links();
    if (links.getFirst() instanceof ConvProblem.Forward conv
        && links.getLast() instanceof PoolProblem.Forward pool) {
      boolean relu =
          links.get(1)
                  instanceof PointwiseProblem.Activate(Activation.Relu f, int n, Buffer x, Buffer y)
              && x == y;
      PooledMaps maps =
          links.size() == (relu ? 3 : 2)
              ? of(
                  conv.geometry(),
                  pool.geometry(),
                  pool.reduction(),
                  pool.y(),
                  pool.argmax(),
                  refusals)
              : null;
      return maps == null ? null : new ConvPool(conv, maps, relu);
    }
    if (links.getLast() instanceof ConvProblem.BackwardWeights weights
        && links.get(links.size() - 2) instanceof PoolProblem.Backward pool
        && pool.argmax() != null) {
      if (exact) {
        refusals.add("weight gradient through pooling: exact order of sums asked for");
        return null;
      }
      Buffer mask = links.size() == 3 ? mask(links.getFirst(), pool) : null;
      PooledMaps maps =
          links.size() == (mask == null ? 2 : 3)
              ? of(
                  weights.geometry(),
                  pool.geometry(),
                  pool.reduction(),
                  pool.gradY(),
                  pool.argmax(),
                  refusals)
              : null;
      return maps == null ? null : new ConvPoolWeights(weights, maps, mask);
    }
    return null;
  }

  /// The pooled values by which ReLU stops gradients, if that is what the first link does.
  private static @Nullable Buffer mask(Problem first, PoolProblem.Backward pool) {
    return first
                instanceof
                PointwiseProblem.ActivateBackward(
                    Activation.Relu f,
                    int n,
                    Buffer value,
                    Buffer gradY,
                    Buffer gradX)
            && gradX == gradY
            && gradX == pool.gradY()
        ? value
        : null;
  }

  /// The maps, or null with the reason in `refusals`.
  static @Nullable PooledMaps of(
      ConvGeometry g,
      PoolGeometry pool,
      Reduction reduction,
      Buffer y,
      @Nullable Buffer argmax,
      List<String> refusals) {
    String why = refusal(g);
    if (why == null && !isTwoByTwo(pool)) {
      why = "pooling %s, needs whole windows of 2×2/2".formatted(pool.describe());
    }
    if (why == null
        && !(reduction instanceof Reduction.Max(NanPolicy nan, Ties ties)
            && nan == NanPolicy.PROPAGATE
            && ties == Ties.FIRST)) {
      why = "needs max pooling, its gradient to the first of equals, NaN propagating";
    }
    if (why != null) {
      refusals.add("convolution with pooling: " + why);
      return null;
    }
    return new PooledMaps(
        pool.height().outputs(), pool.width().outputs(), g.outChannels(), y, argmax);
  }

  private static @Nullable String refusal(ConvGeometry g) {
    if (g.depth().inputs() != 1 || g.depth().kernel() != 1 || g.depth().taps(0) != 1) {
      return "three spatial axes, needs at most two";
    }
    if (g.groups() > 1) {
      return "%d groups, needs 1".formatted(g.groups());
    }
    if (!isDense(g.height()) || !isDense(g.width())) {
      return "strided or dilated, needs neighbouring windows";
    }
    if ((long) g.inChannels() * g.taps() > MOST_DEPTH) {
      return "sums of %d products, needs at most %d"
          .formatted((long) g.inChannels() * g.taps(), MOST_DEPTH);
    }
    if ((long) g.inPositions() * g.inChannels() > MOST_CELLS) {
      return "input too large for the cache";
    }
    return g.inPositions() < LEAST_POSITIONS ? "input too small to fill vectors" : null;
  }

  private static boolean isDense(Spans s) {
    return s.stride() == 1 && s.step() == 1;
  }

  private static boolean isTwoByTwo(PoolGeometry pool) {
    return pool.layout() == Layout.NHWC
        && pool.depth().inputs() == 1
        && pool.depth().kernel() == 1
        && isTwo(pool.height())
        && isTwo(pool.width());
  }

  private static boolean isTwo(Spans s) {
    return s.kernel() == 2 && s.stride() == 2 && s.step() == 1 && s.before() == 0 && s.unclipped();
  }
}
