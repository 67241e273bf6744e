package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.B;
import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Ties;
import java.util.List;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Chooses the pooling kernels, and what they share: places of extrema in bytes, doubles in halves.
final class Pools {
  /// The lanes of the upper half.
  static final VectorMask<Float> UPPER = F.indexInRange(-(V / 2), V);

  private Pools() {}

  /// A kernel for the problem, or null with the reason in `refusals`.
  static @Nullable Kernel of(PoolProblem problem, List<String> refusals) {
    return switch (problem) {
      case PoolProblem.Forward forward -> forward(forward, refusals);
      case PoolProblem.Backward backward -> backward(backward, refusals);
      default -> null;
    };
  }

  private static @Nullable Kernel forward(PoolProblem.Forward p, List<String> refusals) {
    boolean planes = p.geometry().layout() == Layout.NCHW;
    if (planes ? refusesPlanes(p.geometry(), refusals) : refuses(p.geometry(), refusals)) {
      return null;
    }
    return switch (p.reduction()) {
      case Reduction.Max(var nan, var ties) -> extremum(p, 1f, nan, refusals);
      case Reduction.Min(var nan, var ties) -> extremum(p, -1f, nan, refusals);
      case Reduction.Average average -> sum(p, PoolSum.Term.VALUE);
      case Reduction.Sum sum -> sum(p, PoolSum.Term.VALUE);
      case Reduction.Lp(var norm, var sign) when sign == Reduction.Sign.ABSOLUTE && norm == 2 ->
          sum(p, PoolSum.Term.SQUARE);
      case Reduction.Lp lp -> refuse(refusals, lp + ", needs L2");
    };
  }

  private static @Nullable Kernel extremum(
      PoolProblem.Forward p, float sign, NanPolicy nan, List<String> refusals) {
    if (nan != NanPolicy.PROPAGATE) {
      return refuse(refusals, "NaN is ignored, needs it to propagate");
    }
    if (p.argmax() != null && p.geometry().argmaxBytes() > 1) {
      return refuse(refusals, "windows of more than 256 cells");
    }
    return p.geometry().layout() == Layout.NCHW
        ? new PoolPlaneExtremum(p, sign)
        : new PoolExtremum(p, sign);
  }

  private static Kernel sum(PoolProblem.Forward p, PoolSum.Term term) {
    return p.geometry().layout() == Layout.NCHW ? new PoolPlaneSum(p, term) : new PoolSum(p, term);
  }

  private static @Nullable Kernel backward(PoolProblem.Backward p, List<String> refusals) {
    if (refuses(p.geometry(), refusals)) {
      return null;
    }
    return switch (p.reduction()) {
      case Reduction.Max(var nan, var ties) -> extremum(p, ties, refusals);
      case Reduction.Min(var nan, var ties) -> extremum(p, ties, refusals);
      case Reduction.Average average -> PoolSumGradient.of(p, refusals);
      case Reduction.Sum sum -> PoolSumGradient.of(p, refusals);
      case Reduction.Lp(var norm, var sign) when sign == Reduction.Sign.ABSOLUTE && norm == 2 ->
          new PoolNormGradient(p);
      case Reduction.Lp lp -> refuse(refusals, lp + ", needs L2");
    };
  }

  private static @Nullable Kernel extremum(
      PoolProblem.Backward p, Ties ties, List<String> refusals) {
    if (ties == Ties.SPLIT) {
      return refuse(refusals, "gradients of ties are split");
    }
    if (p.geometry().argmaxBytes() > 1) {
      return refuse(refusals, "windows of more than 256 cells");
    }
    if (p.geometry().channels() < 6) {
      return refuse(refusals, "%d channels, needs 6".formatted(p.geometry().channels()));
    }
    return new PoolExtremumGradient(p);
  }

  /// What kernels whose lanes run over the columns of a row cannot do.
  private static boolean refusesPlanes(PoolGeometry g, List<String> refusals) {
    if (!flat(g)) {
      refuse(refusals, "three spatial axes");
    } else if (g.width().stride() == 0) {
      refuse(refusals, "channels first, windows of different sizes");
    } else if (g.width().outputs() < V / 2) {
      refuse(refusals, "channels first, fewer than %d columns".formatted(V / 2));
    } else {
      return false;
    }
    return true;
  }

  private static boolean flat(PoolGeometry g) {
    return g.depth().inputs() == 1 && g.depth().outputs() == 1 && g.depth().kernel() == 1;
  }

  private static boolean refuses(PoolGeometry g, List<String> refusals) {
    if (g.layout() != Layout.NHWC) {
      refuse(refusals, "channels first");
    } else if (!flat(g)) {
      refuse(refusals, "three spatial axes");
    } else {
      return false;
    }
    return true;
  }

  static @Nullable Kernel refuse(List<String> refusals, String why) {
    refusals.add("pooling across channels: " + why);
    return null;
  }

  /// Rows of one sample as units of work.
  static Shares shares(PoolGeometry g, int rows) {
    double work = g.visits() * (g.channels() + 16) / rows;
    return new Shares((long) Math.min(work, 1L << 31) + 1, 1 << 17);
  }

  /// Writes the lanes' numbers as bytes.
  static void store(IntVector place, byte[] to, int at, int lanes) {
    var bytes = (ByteVector) place.convertShape(VectorOperators.I2B, B, 0);
    bytes.intoArray(to, at, B.indexInRange(0, lanes));
  }

  /// Reads numbers from bytes, one for each lane.
  static IntVector load(byte[] from, int at, int lanes) {
    var bytes = ByteVector.fromArray(B, from, at, B.indexInRange(0, lanes));
    return (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
  }

  /// Lanes of the lower (0) or upper (1) half as doubles.
  static DoubleVector half(FloatVector v, int part) {
    return (DoubleVector) v.convertShape(VectorOperators.F2D, D, part);
  }

  /// Both halves as floats, each rounded once.
  static FloatVector whole(DoubleVector low, DoubleVector high) {
    var a = (FloatVector) low.convertShape(VectorOperators.D2F, F, 0);
    var b = (FloatVector) high.convertShape(VectorOperators.D2F, F, -1);
    return a.blend(b, UPPER);
  }
}
