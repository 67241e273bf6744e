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
/// Not in the order of the reference: cell `i` belongs to partial sum `i mod 16`, whatever the
/// width of a vector, and the 16 are added as a tree of neighbours. All of it in double: a sum of
/// `n` values of at most `m` is wrong by at most `(n / 16 + 4) · n · m · 2⁻⁵³`, less than the
/// reference's, so that the rounded result is the same but for one in some 10⁸.
final class PoolPlaneWhole implements Kernel {
  /// Partial sums.
  private static final int SUMS = 16;

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
    return switch (SUMS / (2 * HALF)) {
      case 1 -> part(xs, at, cells, 0, squares);
      case 2 -> part(xs, at, cells, 0, squares) + part(xs, at, cells, 8, squares);
      default ->
          part(xs, at, cells, 0, squares)
              + part(xs, at, cells, 4, squares)
              + (part(xs, at, cells, 8, squares) + part(xs, at, cells, 12, squares));
    };
  }

  /// Two vectors of partial sums, from number `first` on.
  private static double part(float[] xs, int at, int cells, int first, boolean squares) {
    return squares ? squares(xs, at + first, cells, first) : values(xs, at + first, cells, first);
  }

  private static double values(float[] xs, int at, int cells, int first) {
    int whole = cells / SUMS * SUMS;
    var low = DoubleVector.zero(D);
    var high = low;
    for (int i = 0; i < whole; i += SUMS) {
      low = low.add(Pools.doubles(xs, at + i));
      high = high.add(Pools.doubles(xs, at + i + HALF));
    }
    if (whole < cells) {
      int left = cells - whole;
      low = low.add(Pools.doubles(xs, at + whole, H.indexInRange(first, left)));
      high = high.add(Pools.doubles(xs, at + whole + HALF, H.indexInRange(first + HALF, left)));
    }
    return tree(low) + tree(high);
  }

  private static double squares(float[] xs, int at, int cells, int first) {
    int whole = cells / SUMS * SUMS;
    var low = DoubleVector.zero(D);
    var high = low;
    for (int i = 0; i < whole; i += SUMS) {
      var a = Pools.doubles(xs, at + i);
      low = a.fma(a, low);
      var b = Pools.doubles(xs, at + i + HALF);
      high = b.fma(b, high);
    }
    if (whole < cells) {
      int left = cells - whole;
      var a = Pools.doubles(xs, at + whole, H.indexInRange(first, left));
      low = a.fma(a, low);
      var b = Pools.doubles(xs, at + whole + HALF, H.indexInRange(first + HALF, left));
      high = b.fma(b, high);
    }
    return tree(low) + tree(high);
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
