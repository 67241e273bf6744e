package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorShuffle;

/// Average, sum and L2 pooling of whole planes, channels first: the sum runs along memory.
///
/// Not in the order of the reference: cell `i` belongs to partial sum `i mod 32`, whatever the
/// width of a vector, and the 32 are added as a tree of neighbours. All of it in double: a sum of
/// `n` values of at most `m` is wrong by at most `(n / 32 + 5) · n · m · 2⁻⁵³`, less than the
/// reference's, so that the rounded result is the same but for one in some 10⁸.
final class PoolPlaneWhole implements Kernel {
  /// Partial sums.
  private static final int SUMS = 32;

  /// Cells that are worth a hand-over: about 3 µs.
  private static final int WORTH = 1 << 15;

  private static final VectorShuffle<Double> ONE = partner(1);
  private static final VectorShuffle<Double> TWO = partner(2 % HALF);
  private static final VectorShuffle<Double> FOUR = partner(4 % HALF);

  private final PoolGeometry g;
  private final String name;
  private final PoolSum.Term term;
  private final double divisor;
  private final Buffer x;
  private final Buffer y;
  private final Shares shares;

  PoolPlaneWhole(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s along planes".formatted(problem.reduction(), g.describe());
    this.term = term;
    this.divisor = DivisorTable.of(problem.reduction(), g).at(0, 0, 0);
    this.x = problem.x();
    this.y = problem.y();
    this.shares = new Shares(g.inPositions(), WORTH);
  }

  private static VectorShuffle<Double> partner(int distance) {
    return VectorShuffle.fromOp(D, lane -> lane ^ distance);
  }

  /// Whether one window takes every cell once.
  static boolean fits(PoolGeometry g) {
    return g.outPositions() == 1 && g.visits() == g.inPositions();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * g.channels());
  }

  @Override
  public void run(Frame frame, int block) {
    int planes = frame.batch() * g.channels();
    int cells = g.inPositions();
    int past = shares.first(block + 1, planes);
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int plane = shares.first(block, planes); plane < past; plane++) {
      int at = x.at() + plane * cells;
      ys[y.at() + plane] =
          term == PoolSum.Term.SQUARE
              ? (float) Math.sqrt(sum(xs, at, cells, true))
              : (float) (sum(xs, at, cells, false) / divisor);
    }
  }

  /// The tree over all partial sums, which vectors of any width have leaves of.
  private static double sum(float[] xs, int at, int cells, boolean squares) {
    return switch (SUMS / (4 * HALF)) {
      case 1 -> part(xs, at, cells, 0, squares);
      case 2 -> part(xs, at, cells, 0, squares) + part(xs, at, cells, 16, squares);
      default ->
          part(xs, at, cells, 0, squares)
              + part(xs, at, cells, 8, squares)
              + (part(xs, at, cells, 16, squares) + part(xs, at, cells, 24, squares));
    };
  }

  /// Four vectors of partial sums, from number `first` on.
  private static double part(float[] xs, int at, int cells, int first, boolean squares) {
    return squares ? squares(xs, at + first, cells, first) : values(xs, at + first, cells, first);
  }

  private static double values(float[] xs, int at, int cells, int first) {
    int whole = cells / SUMS * SUMS;
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (int i = 0; i < whole; i += SUMS) {
      s0 = s0.add(Pools.doubles(xs, at + i));
      s1 = s1.add(Pools.doubles(xs, at + i + HALF));
      s2 = s2.add(Pools.doubles(xs, at + i + 2 * HALF));
      s3 = s3.add(Pools.doubles(xs, at + i + 3 * HALF));
    }
    if (whole < cells) {
      int in = at + whole;
      int left = cells - whole;
      var m0 = H.indexInRange(first, left);
      s0 = s0.add(Pools.doubles(xs, in, m0));
      var m1 = H.indexInRange(first + HALF, left);
      s1 = s1.add(Pools.doubles(xs, in + HALF, m1));
      var m2 = H.indexInRange(first + 2 * HALF, left);
      s2 = s2.add(Pools.doubles(xs, in + 2 * HALF, m2));
      var m3 = H.indexInRange(first + 3 * HALF, left);
      s3 = s3.add(Pools.doubles(xs, in + 3 * HALF, m3));
    }
    return tree(s0) + tree(s1) + (tree(s2) + tree(s3));
  }

  private static double squares(float[] xs, int at, int cells, int first) {
    int whole = cells / SUMS * SUMS;
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (int i = 0; i < whole; i += SUMS) {
      var a = Pools.doubles(xs, at + i);
      s0 = a.fma(a, s0);
      var b = Pools.doubles(xs, at + i + HALF);
      s1 = b.fma(b, s1);
      var c = Pools.doubles(xs, at + i + 2 * HALF);
      s2 = c.fma(c, s2);
      var d = Pools.doubles(xs, at + i + 3 * HALF);
      s3 = d.fma(d, s3);
    }
    if (whole < cells) {
      int in = at + whole;
      int left = cells - whole;
      var m0 = H.indexInRange(first, left);
      var e = Pools.doubles(xs, in, m0);
      s0 = e.fma(e, s0);
      var m1 = H.indexInRange(first + HALF, left);
      var f = Pools.doubles(xs, in + HALF, m1);
      s1 = f.fma(f, s1);
      var m2 = H.indexInRange(first + 2 * HALF, left);
      var g = Pools.doubles(xs, in + 2 * HALF, m2);
      s2 = g.fma(g, s2);
      var m3 = H.indexInRange(first + 3 * HALF, left);
      var h = Pools.doubles(xs, in + 3 * HALF, m3);
      s3 = h.fma(h, s3);
    }
    return tree(s0) + tree(s1) + (tree(s2) + tree(s3));
  }

  /// Adds neighbours, then pairs of neighbours, and so on.
  private static double tree(DoubleVector sums) {
    var sum = sums.add(sums.rearrange(ONE));
    if (HALF > 2) {
      sum = sum.add(sum.rearrange(TWO));
    }
    if (HALF > 4) {
      sum = sum.add(sum.rearrange(FOUR));
    }
    return sum.lane(0);
  }
}
