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
import dev.tarn.tensor.Spans;
import jdk.incubator.vector.DoubleVector;

/// Average, sum and L2 pooling, channels last: lanes run over the channels of one output, sums in
/// double and in the order of the reference.
///
/// Floats are loaded by the half vector, which spares the shuffle that splits a whole one. Eight
/// independent sums hide the latency of an addition and read whole cache lines of a position;
/// channels beyond a multiple of eight half vectors go two by two, the last ones masked. Each
/// number of sums is a method of its own, for the JIT keeps no vectors in arrays.
final class PoolSum implements Kernel {
  /// What a cell adds to the sum.
  enum Term {
    /// Itself.
    VALUE,
    /// Its square; the result is the root of the sum.
    SQUARE
  }

  private static final int EIGHT = 8 * HALF;
  private static final int TWO = 2 * HALF;
  private static final int LARGE = 16;

  private final PoolGeometry g;
  private final String name;
  private final Term term;
  private final DivisorTable divisors;
  private final Buffer x;
  private final Buffer y;
  private final PoolRows rows;
  private final PoolUnits units;

  /// Whether windows are so large that loading counts and storing does not.
  private final boolean large;

  PoolSum(PoolProblem.Forward problem, Term term) {
    this.g = problem.geometry();
    this.name = "%s %s across channels".formatted(problem.reduction(), g.describe());
    this.term = term;
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.x = problem.x();
    this.y = problem.y();
    this.rows = PoolRows.ofOutputs(g);
    this.units = PoolUnits.ofOutputs(g);
    this.large = g.window() >= LARGE;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return units.blocks(batch);
  }

  @Override
  public void run(Frame frame, int block) {
    int past = units.first(block + 1, frame.batch());
    for (int unit = units.first(block, frame.batch()); unit < past; unit++) {
      row(frame, units.sample(unit), units.row(unit), units.from(unit), units.to(unit));
    }
  }

  private void row(Frame frame, int sample, int row, int c0, int c1) {
    Spans width = g.width();
    int channels = g.channels();
    int oz = row / g.height().outputs();
    int oy = row % g.height().outputs();
    int in = x.at() + sample * g.inSize();
    int out = y.at() + sample * g.outSize() + row * width.outputs() * channels;
    int line = width.inputs() * channels;
    int step = width.step() * channels;
    int pair = rows.start(row);
    boolean two = rows.start(row + 1) - pair == 2;
    int down = two ? (rows.row(pair + 1) - rows.row(pair)) * line : 0;
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = in + width.from(ox) * channels;
      if (term == Term.SQUARE) {
        norms(xs, at, row, width.taps(ox), ys, out, c0, c1);
      } else {
        double divisor = divisors.at(oz, oy, ox);
        if (two && width.taps(ox) == 2 && Pools.isPowerOfTwo(divisor)) {
          int first = at + rows.row(pair) * line + c0;
          fourMeans(xs, first, down, step, ys, out + c0, c1 - c0, 1 / divisor);
        } else {
          means(xs, at, row, width.taps(ox), ys, out, c0, c1, divisor);
        }
      }
    }
  }

  /// A whole window of 2×2 with a power of two to divide by, the commonest: without inner loops and
  /// divisions its cost is that of reading it.
  private static void fourMeans(
      float[] xs, int at, int down, int step, float[] ys, int yAt, int channels, double inverse) {
    int c = 0;
    for (; c + HALF <= channels; c += HALF) {
      int in = at + c;
      var sum = Pools.doubles(xs, in).add(Pools.doubles(xs, in + step));
      sum = sum.add(Pools.doubles(xs, in + down)).add(Pools.doubles(xs, in + down + step));
      Pools.floats(sum.add(0).mul(inverse)).intoArray(ys, yAt + c);
    }
    if (c < channels) {
      var m = H.indexInRange(c, channels);
      int in = at + c;
      var sum = Pools.doubles(xs, in, m).add(Pools.doubles(xs, in + step, m));
      sum = sum.add(Pools.doubles(xs, in + down, m)).add(Pools.doubles(xs, in + down + step, m));
      Pools.floats(sum.add(0).mul(inverse)).intoArray(ys, yAt + c, m);
    }
  }

  private void means(
      float[] xs, int at, int row, int cells, float[] ys, int yAt, int c0, int c1, double divisor) {
    int c = c0;
    for (; large && c + EIGHT <= c1; c += EIGHT) {
      eightMeans(xs, at + c, row, cells, ys, yAt + c, divisor, 1 / divisor);
    }
    for (; c + TWO <= c1; c += TWO) {
      twoMeans(xs, at + c, row, cells, ys, yAt + c, divisor, 1 / divisor);
    }
    for (; c < c1; c += HALF) {
      lastMeans(xs, at + c, row, cells, ys, yAt + c, divisor, 1 / divisor, c1 - c);
    }
  }

  private void eightMeans(
      float[] xs, int at, int row, int cells, float[] ys, int yAt, double divisor, double inverse) {
    int line = g.width().inputs() * g.channels();
    int step = g.width().step() * g.channels();
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var s7 = s0;
    for (int pair = rows.start(row), past = rows.start(row + 1); pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        s0 = s0.add(Pools.doubles(xs, in));
        s1 = s1.add(Pools.doubles(xs, in + HALF));
        s2 = s2.add(Pools.doubles(xs, in + 2 * HALF));
        s3 = s3.add(Pools.doubles(xs, in + 3 * HALF));
        s4 = s4.add(Pools.doubles(xs, in + 4 * HALF));
        s5 = s5.add(Pools.doubles(xs, in + 5 * HALF));
        s6 = s6.add(Pools.doubles(xs, in + 6 * HALF));
        s7 = s7.add(Pools.doubles(xs, in + 7 * HALF));
      }
    }
    Pools.mean(s0, divisor, inverse).intoArray(ys, yAt);
    Pools.mean(s1, divisor, inverse).intoArray(ys, yAt + HALF);
    Pools.mean(s2, divisor, inverse).intoArray(ys, yAt + 2 * HALF);
    Pools.mean(s3, divisor, inverse).intoArray(ys, yAt + 3 * HALF);
    Pools.mean(s4, divisor, inverse).intoArray(ys, yAt + 4 * HALF);
    Pools.mean(s5, divisor, inverse).intoArray(ys, yAt + 5 * HALF);
    Pools.mean(s6, divisor, inverse).intoArray(ys, yAt + 6 * HALF);
    Pools.mean(s7, divisor, inverse).intoArray(ys, yAt + 7 * HALF);
  }

  private void twoMeans(
      float[] xs, int at, int row, int cells, float[] ys, int yAt, double divisor, double inverse) {
    int line = g.width().inputs() * g.channels();
    int step = g.width().step() * g.channels();
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    for (int pair = rows.start(row), past = rows.start(row + 1); pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        s0 = s0.add(Pools.doubles(xs, in));
        s1 = s1.add(Pools.doubles(xs, in + HALF));
      }
    }
    Pools.mean(s0, divisor, inverse).intoArray(ys, yAt);
    Pools.mean(s1, divisor, inverse).intoArray(ys, yAt + HALF);
  }

  private void lastMeans(
      float[] xs,
      int at,
      int row,
      int cells,
      float[] ys,
      int yAt,
      double divisor,
      double inverse,
      int left) {
    int line = g.width().inputs() * g.channels();
    int step = g.width().step() * g.channels();
    var m = H.indexInRange(0, left);
    var sum = DoubleVector.zero(D);
    for (int pair = rows.start(row), past = rows.start(row + 1); pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        sum = sum.add(Pools.doubles(xs, in, m));
      }
    }
    Pools.mean(sum, divisor, inverse).intoArray(ys, yAt, m);
  }

  private void norms(float[] xs, int at, int row, int cells, float[] ys, int yAt, int c0, int c1) {
    int c = c0;
    for (; c + TWO <= c1; c += TWO) {
      twoNorms(xs, at + c, row, cells, ys, yAt + c);
    }
    for (; c < c1; c += HALF) {
      lastNorms(xs, at + c, row, cells, ys, yAt + c, c1 - c);
    }
  }

  private void twoNorms(float[] xs, int at, int row, int cells, float[] ys, int yAt) {
    int line = g.width().inputs() * g.channels();
    int step = g.width().step() * g.channels();
    var s0 = DoubleVector.zero(D);
    var s1 = s0;
    for (int pair = rows.start(row), past = rows.start(row + 1); pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        // Squares of floats are exact in double, so that fused or not makes no difference.
        var a = Pools.doubles(xs, in);
        s0 = a.fma(a, s0);
        var b = Pools.doubles(xs, in + HALF);
        s1 = b.fma(b, s1);
      }
    }
    Pools.floats(s0.sqrt()).intoArray(ys, yAt);
    Pools.floats(s1.sqrt()).intoArray(ys, yAt + HALF);
  }

  private void lastNorms(float[] xs, int at, int row, int cells, float[] ys, int yAt, int left) {
    int line = g.width().inputs() * g.channels();
    int step = g.width().step() * g.channels();
    var m = H.indexInRange(0, left);
    var sum = DoubleVector.zero(D);
    for (int pair = rows.start(row), past = rows.start(row + 1); pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        var a = Pools.doubles(xs, in, m);
        sum = a.fma(a, sum);
      }
    }
    Pools.floats(sum.sqrt()).intoArray(ys, yAt, m);
  }
}
