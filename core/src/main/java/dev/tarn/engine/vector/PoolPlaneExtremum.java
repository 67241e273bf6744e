package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.I;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/// Max and min pooling, channels first: lanes run over neighbouring outputs of a row. Same bits and
/// places as [PoolExtremum].
final class PoolPlaneExtremum implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer x;
  private final Buffer y;
  private final @Nullable Buffer argmax;
  private final float sign;
  private final PoolBlocks blocks;
  private final Columns columns;

  PoolPlaneExtremum(PoolProblem.Forward problem, float sign) {
    this.g = problem.geometry();
    this.name = "%s %s across columns".formatted(problem.reduction(), g.describe());
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
    this.sign = sign;
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
    byte[] places = argmax == null ? null : frame.bytes();
    int placesAt = argmax == null ? 0 : argmax.at();
    for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
      int in = x.at() + n * g.inSize() + c * g.inPositions();
      for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
        int out = n * g.outSize() + c * g.outPositions() + row * g.width().outputs();
        row(xs, in, ys, y.at() + out, places, placesAt + out, row);
      }
    }
  }

  private void row(
      float[] xs, int xAt, float[] ys, int yAt, byte @Nullable [] places, int placesAt, int row) {
    Spans height = g.height();
    Spans width = g.width();
    int oy = row % height.outputs();
    int at = xAt + height.from(oy) * width.inputs();
    int rows = height.taps(oy);
    int tapRow = height.tapFrom(oy) * width.kernel();
    for (int past = 0; past < width.outputs(); ) {
      int ox = columns.start(past);
      int lanes = columns.lanes(ox);
      past = ox + lanes;
      int first = at + width.from(ox);
      int tap = tapRow + width.tapFrom(ox);
      int cells = width.taps(ox);
      if (places == null) {
        values(xs, first, rows, cells, lanes, ys, yAt + ox);
      } else {
        places(xs, first, rows, cells, lanes, ys, yAt + ox, tap, places, placesAt + ox);
      }
    }
  }

  private void values(float[] xs, int at, int rows, int cells, int lanes, float[] ys, int yAt) {
    var m = columns.mask(lanes);
    int rowStep = g.height().step() * g.width().inputs();
    int cellStep = g.width().step();
    var best = columns.load(xs, at, lanes, m).mul(sign);
    for (int ty = 0; ty < rows; ty++) {
      for (int tx = 0; tx < cells; tx++) {
        var value = columns.load(xs, at + ty * rowStep + tx * cellStep, lanes, m).mul(sign);
        best = best.blend(value, PoolExtremum.wins(value, best));
      }
    }
    best.mul(sign).intoArray(ys, yAt, m);
  }

  private void places(
      float[] xs,
      int at,
      int rows,
      int cells,
      int lanes,
      float[] ys,
      int yAt,
      int tap,
      byte[] places,
      int placesAt) {
    var m = columns.mask(lanes);
    int rowStep = g.height().step() * g.width().inputs();
    int cellStep = g.width().step();
    var best = columns.load(xs, at, lanes, m).mul(sign);
    var place = IntVector.broadcast(I, tap);
    for (int ty = 0; ty < rows; ty++) {
      for (int tx = 0; tx < cells; tx++) {
        var value = columns.load(xs, at + ty * rowStep + tx * cellStep, lanes, m).mul(sign);
        var wins = PoolExtremum.wins(value, best);
        best = best.blend(value, wins);
        place = place.blend(tap + ty * g.width().kernel() + tx, wins.cast(I));
      }
    }
    best.mul(sign).intoArray(ys, yAt, m);
    Pools.store(place, places, placesAt, lanes);
  }
}
