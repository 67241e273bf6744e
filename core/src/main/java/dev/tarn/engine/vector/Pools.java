package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.B;
import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Ties;
import java.util.List;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Chooses the pooling kernels, and what they share: places of extrema in bytes, doubles in halves.
final class Pools {
  /// The lanes of the upper half.
  static final VectorMask<Float> UPPER = F.indexInRange(-(V / 2), V);

  /// Half as many floats as one vector holds: those that fill one vector as doubles.
  static final VectorSpecies<Float> H =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Lanes.BITS / 2));

  /// How many these are.
  static final int HALF = H.length();

  /// Floats of lines that a kernel keeps at most, for one row of outputs.
  private static final int MOST_LINES = 1 << 18;

  private Pools() {}

  /// A kernel for the problem, or null with the reason in `refusals`.
  ///
  /// @param exact whether means of whole planes keep the order of the reference
  static @Nullable Kernel of(PoolProblem problem, boolean exact, List<String> refusals) {
    return switch (problem) {
      case PoolProblem.Forward forward -> forward(forward, exact, refusals);
      case PoolProblem.Backward backward -> backward(backward, refusals);
      default -> null;
    };
  }

  private static @Nullable Kernel forward(
      PoolProblem.Forward p, boolean exact, List<String> refusals) {
    boolean planes = p.geometry().layout() == Layout.NCHW;
    PoolSum.Term term = term(p.reduction());
    if (!exact && term != null && PoolPlaneWhole.fits(p.geometry())) {
      return planes ? new PoolPlaneWhole(p, term) : new PoolWhole(p, term);
    }
    if (planes ? refusesPlanes(p.geometry(), refusals) : refuses(p.geometry(), refusals)) {
      return null;
    }
    if (term != null) {
      return sum(p, term, refusals);
    }
    return switch (p.reduction()) {
      case Reduction.Max(var nan, var ties) -> extremum(p, 1f, nan, refusals);
      case Reduction.Min(var nan, var ties) -> extremum(p, -1f, nan, refusals);
      default -> refuse(refusals, p.reduction() + ", needs L2");
    };
  }

  /// What kernels of sums add up, null if this reduction is none of theirs.
  private static PoolSum.@Nullable Term term(Reduction reduction) {
    return switch (reduction) {
      case Reduction.Average average -> PoolSum.Term.VALUE;
      case Reduction.Sum sum -> PoolSum.Term.VALUE;
      case Reduction.Lp(var norm, var sign) when sign == Reduction.Sign.ABSOLUTE && norm == 2 ->
          PoolSum.Term.SQUARE;
      default -> null;
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
    if (p.argmax() == null && PoolSlides.fits(p.geometry(), 2 * V)) {
      return new PoolSlidingExtremum(p, sign);
    }
    return p.geometry().layout() == Layout.NCHW
        ? new PoolPlaneExtremum(p, sign)
        : new PoolExtremum(p, sign);
  }

  private static @Nullable Kernel sum(
      PoolProblem.Forward p, PoolSum.Term term, List<String> refusals) {
    double odd = oddDivisor(DivisorTable.of(p.reduction(), p.geometry()), p.geometry());
    if (odd != 0) {
      return refuse(refusals, "a divisor of %s is no float".formatted(odd));
    }
    if (PoolSlides.fits(p.geometry(), 4 * V)) {
      return new PoolSlidingSum(p, term);
    }
    return p.geometry().layout() == Layout.NCHW ? new PoolPlaneSum(p, term) : new PoolSum(p, term);
  }

  private static @Nullable Kernel sumGradient(PoolProblem.Backward p, List<String> refusals) {
    double odd = oddDivisor(DivisorTable.of(p.reduction(), p.geometry()), p.geometry());
    if (odd != 0) {
      return refuse(refusals, "a divisor of %s is no float".formatted(odd));
    }
    return p.geometry().layout() == Layout.NCHW
        ? new PoolPlaneSumGradient(p)
        : new PoolSumGradient(p);
  }

  /// A divisor that is no float, 0 if there is none.
  private static double oddDivisor(DivisorTable divisors, PoolGeometry g) {
    for (int oz = 0; oz < g.depth().outputs(); oz++) {
      for (int oy = 0; oy < g.height().outputs(); oy++) {
        for (int ox = 0; ox < g.width().outputs(); ox++) {
          double divisor = divisors.at(oz, oy, ox);
          if ((float) divisor != divisor) {
            return divisor;
          }
        }
      }
    }
    return 0;
  }

  private static @Nullable Kernel backward(PoolProblem.Backward p, List<String> refusals) {
    boolean planes = p.geometry().layout() == Layout.NCHW;
    if (planes && term(p.reduction()) == PoolSum.Term.VALUE && PoolPlaneWhole.fits(p.geometry())) {
      return new PoolPlaneWholeGradient(p);
    }
    if (planes ? refusesPlanes(p.geometry(), refusals) : refuses(p.geometry(), refusals)) {
      return null;
    }
    if (planes && (p.geometry().height().stride() == 0 || p.geometry().depth().stride() == 0)) {
      return refuse(refusals, "channels first, windows of different sizes");
    }
    return switch (p.reduction()) {
      case Reduction.Max(var nan, var ties) -> extremum(p, ties, refusals);
      case Reduction.Min(var nan, var ties) -> extremum(p, ties, refusals);
      case Reduction.Average average -> sumGradient(p, refusals);
      case Reduction.Sum sum -> sumGradient(p, refusals);
      case Reduction.Lp(var norm, var sign) when sign == Reduction.Sign.ABSOLUTE && norm == 2 ->
          planes ? new PoolPlaneNormGradient(p) : new PoolNormGradient(p);
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
    if (p.geometry().layout() == Layout.NCHW) {
      return new PoolPlaneExtremumGradient(p);
    }
    if (p.geometry().channels() < 6) {
      return refuse(refusals, "%d channels, needs 6".formatted(p.geometry().channels()));
    }
    return new PoolExtremumGradient(p);
  }

  /// What kernels whose lanes run over the columns of a row cannot do.
  private static boolean refusesPlanes(PoolGeometry g, List<String> refusals) {
    if (PoolRows.tooMany(g)) {
      refuse(refusals, "windows with too many rows");
    } else if (g.width().stride() == 0) {
      refuse(refusals, "channels first, windows of different sizes");
    } else if (PoolLines.size(g.width()) * mostLines(g) > MOST_LINES) {
      refuse(refusals, "channels first, windows of too many cells");
    } else {
      return false;
    }
    return true;
  }

  /// At most so many lines are needed for one row of outputs.
  private static double mostLines(PoolGeometry g) {
    return g.depth().kernel() * ((g.height().kernel() - 1.0) * g.height().step() + 1);
  }

  private static boolean refuses(PoolGeometry g, List<String> refusals) {
    if (g.layout() != Layout.NHWC) {
      refuse(refusals, "channels first");
    } else if (PoolRows.tooMany(g)) {
      refuse(refusals, "windows with too many rows");
    } else {
      return false;
    }
    return true;
  }

  static @Nullable Kernel refuse(List<String> refusals, String why) {
    refusals.add("pooling across channels: " + why);
    return null;
  }

  /// Writes the lanes' numbers as bytes.
  static void store(IntVector place, byte[] to, int at) {
    if (B.length() == V) {
      ((ByteVector) place.convertShape(VectorOperators.I2B, B, 0)).intoArray(to, at);
    } else {
      store(place, to, at, V);
    }
  }

  /// Writes the first lanes' numbers as bytes.
  static void store(IntVector place, byte[] to, int at, int lanes) {
    var bytes = (ByteVector) place.convertShape(VectorOperators.I2B, B, 0);
    bytes.intoArray(to, at, B.indexInRange(0, lanes));
  }

  /// Reads numbers from bytes, one for each lane.
  static IntVector load(byte[] from, int at, int lanes) {
    var bytes = ByteVector.fromArray(B, from, at, B.indexInRange(0, lanes));
    return (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, 0);
  }

  /// Where these bytes hold this number.
  static VectorMask<Float> equal(byte[] bytes, int at, int number) {
    if (B.length() == V) {
      return ByteVector.fromArray(B, bytes, at).compare(VectorOperators.EQ, (byte) number).cast(F);
    }
    return load(bytes, at, V).compare(VectorOperators.EQ, number).cast(F);
  }

  static VectorMask<Float> equal(byte[] bytes, int at, int number, int lanes) {
    return load(bytes, at, lanes).compare(VectorOperators.EQ, number).cast(F);
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

  /// Half a vector of floats as doubles.
  static DoubleVector doubles(FloatVector half) {
    return (DoubleVector) half.convertShape(VectorOperators.F2D, D, 0);
  }

  static DoubleVector doubles(float[] from, int at) {
    return doubles(FloatVector.fromArray(H, from, at));
  }

  static DoubleVector doubles(float[] from, int at, VectorMask<Float> m) {
    return doubles(FloatVector.fromArray(H, from, at, m));
  }

  /// Doubles as floats, each rounded once.
  static FloatVector floats(DoubleVector v) {
    return (FloatVector) v.convertShape(VectorOperators.D2F, H, 0);
  }

  /// `a / b` with the bits of a division, from `inverse`, which is `1 / b` rounded.
  ///
  /// The residue of the first guess is exact, and the corrected guess wrong by 2⁻¹⁰⁴ before it is
  /// rounded (Markstein 1990, "Computation of elementary functions on the IBM RISC System/6000
  /// processor"). The quotient by a `b` of at most 31 binary places is farther than 2⁻⁸⁶ from where
  /// rounding changes, so both round alike. Nothing may overflow or underflow, which floats do not.
  static DoubleVector quotient(DoubleVector a, DoubleVector b, DoubleVector inverse) {
    var guess = a.mul(inverse);
    var residue = guess.neg().fma(b, a);
    return residue.fma(inverse, guess);
  }

  /// A divisor for [#quotient] whose inverse is 0 if it is infinite: then the guess is right.
  static DoubleVector finite(DoubleVector b) {
    return b.blend(0, b.compare(VectorOperators.EQ, Double.POSITIVE_INFINITY));
  }

  /// Sums over a divisor that is a float, rounded to float, with the bits of a division; infinite
  /// sums stay infinite.
  static FloatVector mean(DoubleVector sum, double divisor, double inverse) {
    return mean(sum, DoubleVector.broadcast(D, divisor), DoubleVector.broadcast(D, inverse));
  }

  /// The same, each lane with a divisor of its own.
  static FloatVector mean(DoubleVector sum, DoubleVector divisor, DoubleVector inverse) {
    var guess = sum.mul(inverse);
    var residue = guess.neg().fma(divisor, sum);
    var better = residue.fma(inverse, guess);
    return floats(better.blend(guess, residue.compare(VectorOperators.NE, residue)));
  }

  /// Whether multiplying by the inverse is exact, so that nobody needs to divide.
  static boolean isPowerOfTwo(double divisor) {
    return Double.doubleToRawLongBits(divisor) << 12 == 0;
  }

  /// Whether no cell lies in two windows.
  static boolean disjoint(Spans spans) {
    for (int o = 1; o < spans.outputs(); o++) {
      if (spans.from(o) <= last(spans, o - 1)) {
        return false;
      }
    }
    return true;
  }

  /// Whether every cell lies in a window, if none lies in two.
  static boolean covered(Spans spans) {
    return spans.allTaps() == spans.inputs();
  }

  private static int last(Spans spans, int o) {
    return spans.from(o) + (spans.taps(o) - 1) * spans.step();
  }
}
