package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// Average, sum and L2 pooling of whole planes, channels first: the sum runs along memory.
///
/// Not in the order of the reference. Values: cells `i`, `i + 16`, `i + 32` and `i + 48` of every
/// 64 are added in float, in pairs, and these sums in double, number `i mod 16` to partial sum `i
/// mod 16`; converting every cell would take three times as long as reading it. The result is wrong
/// by at most `2⁻²³ · Σ|x|`, twice what rounding it costs if no cell is negative, at any size of
/// plane. Squares are added in double, cell `i` to partial sum `i mod 32` but for the last ones.
/// Partial sums are added by halves: number `i` and number `i + 8`, then `i` and `i + 4`, and so
/// on. All of this is the same whatever the width of a vector. A result that is not finite is
/// computed again, cell by cell in double, for sums of floats may overflow where their mean does
/// not.
///
/// A small plane takes no longer than adding up the lanes of its sums, so that is done for as many
/// planes at once as a vector has lanes, which are transposed on the way.
final class PoolPlaneWhole implements Kernel {
  /// Cells of which four at a time are added in float.
  private static final int FOURS = 64;

  /// Partial sums of squares.
  private static final int SQUARES = 32;

  /// Partial sums of one plane when a pass over it has added those that are 8 apart.
  private static final int EIGHT = 8;

  /// Cells that are worth a hand-over: about 1 µs.
  private static final int WORTH = 1 << 14;

  private final PoolGeometry g;
  private final String name;
  private final boolean squares;
  private final double divisor;
  private final Buffer x;
  private final Buffer y;
  private final Shares shares;
  private final Buffer scratch;

  PoolPlaneWhole(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s along planes".formatted(problem.reduction(), g.describe());
    this.squares = term == PoolSum.Term.SQUARE;
    this.divisor = DivisorTable.of(problem.reduction(), g).at(0, 0, 0);
    this.x = problem.x();
    this.y = problem.y();
    this.shares = new Shares(g.inPositions(), WORTH);
    this.scratch = Buffer.scratch(Space.ARENA, "sums", (long) Shares.MOST_BLOCKS * HALF * V);
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
  public List<Buffer> scratch() {
    return List.of(scratch);
  }

  @Override
  public void run(Frame frame, int block) {
    int planes = frame.batch() * g.channels();
    int cells = g.inPositions();
    int past = shares.first(block + 1, planes);
    float[] xs = frame.array(x);
    float[] memory = frame.array(scratch);
    int at = scratch.at() + block * HALF * V;
    for (int plane = shares.first(block, planes); plane < past; plane += HALF) {
      int count = Math.min(HALF, past - plane);
      int in = x.at() + plane * cells;
      if (squares) {
        squares(xs, in, cells, count, memory, at);
        finish(DoubleSums.totals(memory, at).sqrt(), frame.array(y), y.at() + plane, count);
      } else {
        values(xs, in, cells, count, memory, at);
        var sums = DoubleSums.totals(memory, at);
        finish(sums.div(divisor), frame.array(y), y.at() + plane, count);
        if (!DoubleSums.isFinite(sums)) {
          again(xs, in, cells, divisor, frame.array(y), y.at() + plane, count);
        }
      }
    }
  }

  private static void again(
      float[] xs, int at, int cells, double divisor, float[] ys, int yAt, int planes) {
    for (int plane = 0; plane < planes; plane++) {
      if (Float.isFinite(ys[yAt + plane])) {
        continue;
      }
      double sum = 0;
      for (int i = 0; i < cells; i++) {
        sum += xs[at + plane * cells + i];
      }
      ys[yAt + plane] = (float) (sum / divisor);
    }
  }

  private static void finish(DoubleVector results, float[] ys, int at, int count) {
    if (count == HALF) {
      Pools.floats(results).intoArray(ys, at);
    } else {
      Pools.floats(results).intoArray(ys, at, H.indexInRange(0, count));
    }
  }

  /// One vector of partial sums for each plane.
  private static void values(float[] xs, int at, int cells, int planes, float[] memory, int to) {
    for (int i = 0; i < planes; i++) {
      int in = at + i * cells;
      var sums =
          switch (EIGHT / HALF) {
            case 1 -> values(xs, in, cells, 0);
            case 2 -> values(xs, in, cells, 0).add(values(xs, in, cells, 4));
            default ->
                values(xs, in, cells, 0)
                    .add(values(xs, in, cells, 4))
                    .add(values(xs, in, cells, 2).add(values(xs, in, cells, 6)));
          };
      DoubleSums.store(sums, memory, to + i * V);
    }
  }

  private static void squares(float[] xs, int at, int cells, int planes, float[] memory, int to) {
    for (int i = 0; i < planes; i++) {
      int in = at + i * cells;
      var sums =
          switch (EIGHT / HALF) {
            case 1 -> squares(xs, in, cells, 0);
            case 2 -> squares(xs, in, cells, 0).add(squares(xs, in, cells, 4));
            default ->
                squares(xs, in, cells, 0)
                    .add(squares(xs, in, cells, 4))
                    .add(squares(xs, in, cells, 2).add(squares(xs, in, cells, 6)));
          };
      DoubleSums.store(sums, memory, to + i * V);
    }
  }

  /// The partial sums from number `first` on, with those 8 further on.
  private static DoubleVector values(float[] xs, int at, int cells, int first) {
    int whole = cells / FOURS * FOURS;
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    for (int i = at + first; i < at + whole; i += FOURS) {
      s0 = s0.add(Pools.doubles(four(xs, i)));
      s1 = s1.add(Pools.doubles(four(xs, i + 8)));
    }
    int in = at + whole + first;
    int left = cells - whole - first;
    for (int offset = 0; offset < left; offset += 16) {
      s0 = s0.add(Pools.doubles(xs, in + offset, H.indexInRange(offset, left)));
      if (offset + 8 < left) {
        s1 = s1.add(Pools.doubles(xs, in + offset + 8, H.indexInRange(offset + 8, left)));
      }
    }
    return s0.add(s1);
  }

  private static FloatVector four(float[] xs, int at) {
    var a = FloatVector.fromArray(H, xs, at).add(FloatVector.fromArray(H, xs, at + 16));
    var b = FloatVector.fromArray(H, xs, at + 32).add(FloatVector.fromArray(H, xs, at + 48));
    return a.add(b);
  }

  /// The partial sums from number `first` on, with those 8, 16 and 24 further on.
  private static DoubleVector squares(float[] xs, int at, int cells, int first) {
    int whole = cells / SQUARES * SQUARES;
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (int i = at + first; i < at + whole; i += SQUARES) {
      var a = Pools.doubles(xs, i);
      s0 = a.fma(a, s0);
      var b = Pools.doubles(xs, i + 8);
      s1 = b.fma(b, s1);
      var c = Pools.doubles(xs, i + 16);
      s2 = c.fma(c, s2);
      var d = Pools.doubles(xs, i + 24);
      s3 = d.fma(d, s3);
    }
    int in = at + whole + first;
    int left = cells - whole - first;
    for (int offset = 0; offset < left; offset += 16) {
      var e = Pools.doubles(xs, in + offset, H.indexInRange(offset, left));
      s0 = e.fma(e, s0);
      var f = Pools.doubles(xs, in + offset + 8, H.indexInRange(offset + 8, left));
      s1 = f.fma(f, s1);
    }
    return s0.add(s2).add(s1.add(s3));
  }
}
