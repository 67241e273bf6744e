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
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// Average, sum and L2 pooling, channels first: lanes run over neighbouring outputs of a row, sums
/// in double and in the order of the reference. In [PoolLines] padding holds 0, which changes no
/// sum: sums begin with 0, so none is −0.
final class PoolPlaneSum implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final PoolSum.Term term;
  private final Buffer x;
  private final Buffer y;
  private final PoolPlanes planes;
  private final PoolDivisors divisors;

  /// Whether all windows have two columns, the commonest.
  private final boolean pairs;

  /// Whether also two rows, which lie evenly, so that the rows of a unit are one sweep.
  private final boolean even;

  PoolPlaneSum(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s across columns".formatted(problem.reduction(), g.describe());
    this.term = term;
    this.x = problem.x();
    this.y = problem.y();
    this.planes = new PoolPlanes(g, 0);
    this.divisors = new PoolDivisors(g, DivisorTable.of(problem.reduction(), g));
    this.pairs = g.width().kernel() == 2 && g.width().unclipped();
    this.even = pairs && g.height().kernel() == 2 && planes.rowStep() > 0;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return planes.blocks(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(planes.scratch());
  }

  @Override
  public void run(Frame frame, int block) {
    int past = planes.first(block + 1, frame.batch());
    int at = planes.at(block);
    planes.clear(frame.array(planes.scratch()), block);
    for (int unit = planes.first(block, frame.batch()); unit < past; unit++) {
      planes.fill(frame, x, unit, at, 1);
      int out = y.at() + planes.plane(unit) * g.outPositions();
      if (term == PoolSum.Term.SQUARE) {
        norms(frame.array(planes.scratch()), at, unit, frame.array(y), out);
      } else {
        means(frame.array(planes.scratch()), at, unit, frame.array(y), out);
      }
    }
  }

  private void means(float[] from, int at, int unit, float[] ys, int out) {
    PoolRows rows = planes.rows;
    int width = g.width().outputs();
    int first = planes.firstLine(unit);
    int tap = planes.lines.tapAt(0);
    int right = pairs ? planes.lines.tapAt(1) - tap : 0;
    boolean sweep = even && divisors.exactInverse(planes.fromRow(unit)) != 0;
    int step = sweep ? planes.toRow(unit) - planes.fromRow(unit) : 1;
    for (int row = planes.fromRow(unit); row < planes.toRow(unit); row += step) {
      int pair = rows.start(row);
      double inverse = divisors.exactInverse(row);
      if (pairs && rows.start(row + 1) - pair == 2 && inverse != 0) {
        int line = planes.line(at, first, pair) + tap;
        int down = planes.line(at, first, pair + 1) + tap - line;
        int rowStep = planes.rowStep();
        four(from, line, step, rowStep, down, right, ys, out + row * width, width, inverse);
      } else {
        window(from, at, first, row, ys, out + row * width, width);
      }
    }
  }

  private static void four(
      float[] xs,
      int at,
      int rows,
      int rowStep,
      int down,
      int right,
      float[] ys,
      int yAt,
      int width,
      double inverse) {
    int whole = width / HALF * HALF;
    for (int row = 0; row < rows; row++) {
      int in = at + row * rowStep;
      int out = yAt + row * width;
      for (int i = 0; i < whole; i += HALF) {
        mean(xs, in + i, down, right, inverse).intoArray(ys, out + i);
      }
    }
    if (whole < width) {
      var m = H.indexInRange(0, width - whole);
      for (int row = 0; row < rows; row++) {
        int in = at + row * rowStep + whole;
        mean(xs, in, down, right, inverse).intoArray(ys, yAt + row * width + whole, m);
      }
    }
  }

  private static FloatVector mean(float[] xs, int at, int down, int right, double inverse) {
    var sum = Pools.doubles(xs, at).add(Pools.doubles(xs, at + right));
    sum = sum.add(Pools.doubles(xs, at + down)).add(Pools.doubles(xs, at + down + right));
    return Pools.floats(sum.add(0).mul(inverse));
  }

  private void window(float[] xs, int at, int first, int row, float[] ys, int yAt, int width) {
    PoolRows rows = planes.rows;
    PoolLines lines = planes.lines;
    int taps = g.width().kernel();
    for (int i = 0; i < width; i += HALF) {
      var sum = DoubleVector.zero(D);
      for (int pair = rows.start(row); pair < rows.start(row + 1); pair++) {
        int line = planes.line(at, first, pair) + i;
        for (int tx = 0; tx < taps; tx++) {
          sum = sum.add(Pools.doubles(xs, line + lines.tapAt(tx)));
        }
      }
      var mean = Pools.mean(sum, divisors.divisor(row, i), divisors.inverse(row, i));
      mean.intoArray(ys, yAt + i, H.indexInRange(i, width));
    }
  }

  private void norms(float[] xs, int at, int unit, float[] ys, int out) {
    PoolRows rows = planes.rows;
    PoolLines lines = planes.lines;
    int width = g.width().outputs();
    int first = planes.firstLine(unit);
    int tap = lines.tapAt(0);
    int right = pairs ? lines.tapAt(1) - tap : 0;
    int step = even ? planes.toRow(unit) - planes.fromRow(unit) : 1;
    for (int row = planes.fromRow(unit); row < planes.toRow(unit); row += step) {
      int pair = rows.start(row);
      if (pairs && rows.start(row + 1) - pair == 2) {
        int line = planes.line(at, first, pair) + tap;
        int down = planes.line(at, first, pair + 1) + tap - line;
        four(xs, line, step, planes.rowStep(), down, right, ys, out + row * width, width);
      } else {
        norm(xs, at, first, row, ys, out + row * width, width);
      }
    }
  }

  private static void four(
      float[] xs,
      int at,
      int rows,
      int rowStep,
      int down,
      int right,
      float[] ys,
      int yAt,
      int width) {
    int whole = width / HALF * HALF;
    for (int row = 0; row < rows; row++) {
      int in = at + row * rowStep;
      int out = yAt + row * width;
      for (int i = 0; i < whole; i += HALF) {
        norm(xs, in + i, down, right).intoArray(ys, out + i);
      }
    }
    if (whole < width) {
      var m = H.indexInRange(0, width - whole);
      for (int row = 0; row < rows; row++) {
        int in = at + row * rowStep + whole;
        norm(xs, in, down, right).intoArray(ys, yAt + row * width + whole, m);
      }
    }
  }

  private static FloatVector norm(float[] xs, int at, int down, int right) {
    var a = Pools.doubles(xs, at);
    var sum = a.mul(a);
    a = Pools.doubles(xs, at + right);
    sum = a.fma(a, sum);
    a = Pools.doubles(xs, at + down);
    sum = a.fma(a, sum);
    a = Pools.doubles(xs, at + down + right);
    return Pools.floats(a.fma(a, sum).sqrt());
  }

  private void norm(float[] xs, int at, int first, int row, float[] ys, int yAt, int width) {
    PoolRows rows = planes.rows;
    PoolLines lines = planes.lines;
    int taps = g.width().kernel();
    for (int i = 0; i < width; i += HALF) {
      var sum = DoubleVector.zero(D);
      for (int pair = rows.start(row); pair < rows.start(row + 1); pair++) {
        int line = planes.line(at, first, pair) + i;
        for (int tx = 0; tx < taps; tx++) {
          // Squares of floats are exact in double, so that fused or not makes no difference.
          var a = Pools.doubles(xs, line + lines.tapAt(tx));
          sum = a.fma(a, sum);
        }
      }
      Pools.floats(sum.sqrt()).intoArray(ys, yAt + i, H.indexInRange(i, width));
    }
  }
}
