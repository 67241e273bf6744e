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
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// What comes out of a 2×2 max pooling behind a convolution: `[N][rows × columns][channels]`, and
/// the places of the extrema.
///
/// @param y pooled values, or the gradient by them
/// @param argmax a byte for each, null where nobody needs it
record PooledMaps(int rows, int columns, int channels, Buffer y, @Nullable Buffer argmax) {
  /// Products of one output at most: beyond, the matrix kernels do better.
  private static final int MOST_DEPTH = 128;

  /// Floats of one sample at most, so that its planes stay in the first-level cache.
  private static final int MOST_CELLS = 1 << 13;

  private static final int LEAST_POSITIONS = 64;

  /// A kernel for a convolution up to its pooling, or from the pooling's gradient to those of the
  /// convolution; null if the chain is neither, or with the reason in `refusals`.
  ///
  /// @param exact whether the order of sums must be the reference's
  /// @param apart gives the kernel of a convolution, and ReLU if it is true, without the pooling
  static @Nullable Kernel fuse(
      Chain chain,
      boolean exact,
      BiFunction<ConvProblem.Forward, Boolean, @Nullable Kernel> apart,
      List<String> refusals) {
    List<Problem> links = chain.links();
    if (links.getFirst() instanceof ConvProblem.Forward conv
        && links.getLast() instanceof PoolProblem.Forward pool) {
      boolean relu =
          links.get(1)
                  instanceof PointwiseProblem.Activate(Activation.Relu f, int n, Buffer x, Buffer y)
              && x == y;
      if (links.size() != (relu ? 3 : 2)) {
        return null;
      }
      String why = refusal(pool.geometry(), pool.reduction());
      PooledMaps maps = of(pool.geometry(), pool.y(), pool.argmax());
      if (why == null) {
        why = refusal(conv.geometry());
        if (why == null) {
          return new ConvPool(conv, maps, relu);
        }
        Kernel tiles = ConvWinograd.pooled(apart.apply(conv, relu), maps);
        if (tiles != null) {
          return tiles;
        }
      }
      refusals.add("convolution with pooling: " + why);
      return null;
    }
    return backward(links, exact, refusals);
  }

  /// Recognises, with what stands in brackets or without: `[ReLU gradient,] pooling gradient,
  /// gradient by the weight [, gradient by data [, ReLU gradient]]`.
  private static @Nullable Kernel backward(
      List<Problem> links, boolean exact, List<String> refusals) {
    var left = new ArrayDeque<>(links);
    Buffer mask = mask(left);
    if (!(left.poll() instanceof PoolProblem.Backward pool)
        || !(left.poll() instanceof ConvProblem.BackwardWeights weights)) {
      return null;
    }
    ConvProblem.BackwardData data = null;
    Buffer dataMask = null;
    if (left.peek() instanceof ConvProblem.BackwardData by) {
      left.remove();
      data = by;
      dataMask = mask(left);
    }
    Buffer argmax = pool.argmax();
    if (!left.isEmpty() || argmax == null) {
      return null;
    }
    if (exact) {
      refusals.add("gradients through pooling: exact order of sums asked for");
      return null;
    }
    ConvGeometry g = weights.geometry();
    String why = refusal(pool.geometry(), pool.reduction());
    PooledMaps maps = of(pool.geometry(), pool.gradY(), argmax);
    if (why == null && data == null) {
      why = refusal(g);
      if (why == null) {
        return new ConvPoolWeights(weights, maps, mask);
      }
    }
    if (why == null || data == null) {
      String general = ConvPoolGradients.refusal(g);
      if (general == null) {
        return new ConvPoolGradients(weights, data, maps, argmax, mask, dataMask);
      }
      why = why == null ? general : why + "; " + general;
    }
    refusals.add("gradients through pooling: " + why);
    return null;
  }

  /// Takes the next link off if it is the gradient of ReLU in its place; the values by which that
  /// stops gradients, or null.
  private static @Nullable Buffer mask(Queue<Problem> left) {
    if (left.peek()
            instanceof
            PointwiseProblem.ActivateBackward(
                Activation.Relu f,
                int n,
                Buffer value,
                Buffer gradY,
                Buffer gradX)
        && gradX == gradY) {
      left.remove();
      return value;
    }
    return null;
  }

  private static PooledMaps of(PoolGeometry pool, Buffer y, @Nullable Buffer argmax) {
    return new PooledMaps(
        pool.height().outputs(), pool.width().outputs(), pool.channels(), y, argmax);
  }

  /// Why this is not the pooling that kernels see through, or null.
  private static @Nullable String refusal(PoolGeometry pool, Reduction reduction) {
    if (!isTwoByTwo(pool)) {
      return "pooling %s, needs whole windows of 2×2/2".formatted(pool.describe());
    }
    boolean first =
        reduction instanceof Reduction.Max(NanPolicy nan, Ties ties)
            && nan == NanPolicy.PROPAGATE
            && ties == Ties.FIRST;
    return first ? null : "needs max pooling, its gradient to the first of equals, NaN propagating";
  }

  /// Why windows cannot be taken together four by four, or null.
  static @Nullable String stepRefusal(ConvGeometry g) {
    if (g.depth().inputs() != 1 || g.depth().kernel() != 1 || g.depth().taps(0) != 1) {
      return "three spatial axes, needs at most two";
    }
    if (g.groups() > 1) {
      return "%d groups, needs 1".formatted(g.groups());
    }
    return isDense(g.height()) && isDense(g.width())
        ? null
        : "strided or dilated, needs neighbouring windows";
  }

  private static @Nullable String refusal(ConvGeometry g) {
    String steps = stepRefusal(g);
    if (steps != null) {
      return steps;
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
