package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import jdk.incubator.vector.DoubleVector;

/// Average, sum and L2 pooling, channels first: lanes run over neighbouring outputs of a row, sums
/// in double like the reference's.
final class PoolPlaneSum implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final PoolSum.Term term;
  private final DivisorTable divisors;
  private final Buffer x;
  private final Buffer y;
  private final PoolBlocks blocks;
  private final Columns columns;

  PoolPlaneSum(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s across columns".formatted(problem.reduction(), g.describe());
    this.term = term;
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.x = problem.x();
    this.y = problem.y();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.columns = new Columns(g.width());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return blocks.count(batch);
  }

  @Override
  public void run(Frame frame, int block) {
    int n = blocks.sample(block);
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
      int in = x.at() + n * g.inSize() + c * g.inPositions();
      for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
        int out = y.at() + n * g.outSize() + c * g.outPositions() + row * g.width().outputs();
        row(xs, in, ys, out, row % g.height().outputs());
      }
    }
  }

  private void row(float[] xs, int xAt, float[] ys, int yAt, int oy) {
    Spans height = g.height();
    Spans width = g.width();
    int at = xAt + height.from(oy) * width.inputs();
    int rows = height.taps(oy);
    for (int past = 0; past < width.outputs(); ) {
      int ox = columns.start(past);
      int lanes = columns.lanes(ox);
      past = ox + lanes;
      int first = at + width.from(ox);
      int cells = width.taps(ox);
      if (term == PoolSum.Term.SQUARE) {
        norms(xs, first, rows, cells, lanes, ys, yAt + ox);
      } else {
        // Windows of several lanes are whole, so they have one divisor.
        means(xs, first, rows, cells, lanes, ys, yAt + ox, divisors.at(0, oy, ox));
      }
    }
  }

  private void means(
      float[] xs, int at, int rows, int cells, int lanes, float[] ys, int yAt, double divisor) {
    var m = columns.mask(lanes);
    int rowStep = g.height().step() * g.width().inputs();
    int cellStep = g.width().step();
    var low = DoubleVector.zero(D);
    var high = DoubleVector.zero(D);
    for (int ty = 0; ty < rows; ty++) {
      for (int tx = 0; tx < cells; tx++) {
        var value = columns.load(xs, at + ty * rowStep + tx * cellStep, lanes, m);
        low = low.add(Pools.half(value, 0));
        high = high.add(Pools.half(value, 1));
      }
    }
    var mean = Pools.whole(low.div(divisor), high.div(divisor));
    mean.intoArray(ys, yAt, m);
  }

  private void norms(float[] xs, int at, int rows, int cells, int lanes, float[] ys, int yAt) {
    var m = columns.mask(lanes);
    int rowStep = g.height().step() * g.width().inputs();
    int cellStep = g.width().step();
    var low = DoubleVector.zero(D);
    var high = DoubleVector.zero(D);
    for (int ty = 0; ty < rows; ty++) {
      for (int tx = 0; tx < cells; tx++) {
        var value = columns.load(xs, at + ty * rowStep + tx * cellStep, lanes, m);
        var a = Pools.half(value, 0);
        var b = Pools.half(value, 1);
        low = low.add(a.mul(a));
        high = high.add(b.mul(b));
      }
    }
    Pools.whole(low.sqrt(), high.sqrt()).intoArray(ys, yAt, m);
  }
}
