package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// Average, sum and L2 pooling, channels last: lanes run over the channels of one output, sums in
/// double like the reference's.
final class PoolSum implements Kernel {
  /// What a cell adds to the sum.
  enum Term {
    /// Itself.
    VALUE,
    /// Its square; the result is the root of the sum.
    SQUARE
  }

  private final PoolGeometry g;
  private final String name;
  private final Term term;
  private final DivisorTable divisors;
  private final Buffer x;
  private final Buffer y;
  private final Shares shares;

  PoolSum(PoolProblem.Forward problem, Term term) {
    this.g = problem.geometry();
    this.name = "%s %s across channels".formatted(problem.reduction(), g.describe());
    this.term = term;
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.x = problem.x();
    this.y = problem.y();
    this.shares = Pools.shares(g, g.height().outputs());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * g.height().outputs());
  }

  @Override
  public void run(Frame frame, int block) {
    int rows = frame.batch() * g.height().outputs();
    int past = shares.first(block + 1, rows);
    for (int row = shares.first(block, rows); row < past; row++) {
      row(frame, row / g.height().outputs(), row % g.height().outputs());
    }
  }

  private void row(Frame frame, int sample, int oy) {
    Spans height = g.height();
    Spans width = g.width();
    int channels = g.channels();
    int line = width.inputs() * channels;
    int xAt = x.at() + sample * g.inSize() + height.from(oy) * line;
    int out = y.at() + sample * g.outSize() + oy * width.outputs() * channels;
    int rowStep = height.step() * line;
    int cellStep = width.step() * channels;
    int rows = height.taps(oy);
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = xAt + width.from(ox) * channels;
      int cells = width.taps(ox);
      if (term == Term.SQUARE) {
        norm(xs, at, rowStep, cellStep, rows, cells, ys, out, channels);
      } else {
        double divisor = divisors.at(0, oy, ox);
        mean(xs, at, rowStep, cellStep, rows, cells, ys, out, channels, divisor);
      }
    }
  }

  private static void mean(
      float[] xs,
      int at,
      int rowStep,
      int cellStep,
      int rows,
      int cells,
      float[] ys,
      int yAt,
      int channels,
      double divisor) {
    // Multiplying by the inverse of a power of two is exact, and much faster than dividing.
    boolean power = Double.doubleToRawLongBits(divisor) << 12 == 0;
    double inverse = 1 / divisor;
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      var low = DoubleVector.zero(D);
      var high = DoubleVector.zero(D);
      for (int ty = 0; ty < rows; ty++) {
        for (int tx = 0; tx < cells; tx++) {
          var value = FloatVector.fromArray(F, xs, at + ty * rowStep + tx * cellStep + c, m);
          low = low.add(Pools.half(value, 0));
          high = high.add(Pools.half(value, 1));
        }
      }
      low = power ? low.mul(inverse) : low.div(divisor);
      high = power ? high.mul(inverse) : high.div(divisor);
      Pools.whole(low, high).intoArray(ys, yAt + c, m);
    }
  }

  private static void norm(
      float[] xs,
      int at,
      int rowStep,
      int cellStep,
      int rows,
      int cells,
      float[] ys,
      int yAt,
      int channels) {
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      var low = DoubleVector.zero(D);
      var high = DoubleVector.zero(D);
      for (int ty = 0; ty < rows; ty++) {
        for (int tx = 0; tx < cells; tx++) {
          var value = FloatVector.fromArray(F, xs, at + ty * rowStep + tx * cellStep + c, m);
          var a = Pools.half(value, 0);
          var b = Pools.half(value, 1);
          low = low.add(a.mul(a));
          high = high.add(b.mul(b));
        }
      }
      Pools.whole(low.sqrt(), high.sqrt()).intoArray(ys, yAt + c, m);
    }
  }
}
