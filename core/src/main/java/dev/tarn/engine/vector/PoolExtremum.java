package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Max and min pooling, channels last: lanes run over the channels of one output.
///
/// A cell wins if it is larger than the best so far or the first NaN; of equals the first stays.
/// The minimum is the maximum of `−x`: changing the sign is exact.
final class PoolExtremum implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer x;
  private final Buffer y;
  private final @Nullable Buffer argmax;
  private final float sign;
  private final Shares shares;

  PoolExtremum(PoolProblem.Forward problem, float sign) {
    this.g = problem.geometry();
    this.name = "%s %s across channels".formatted(problem.reduction(), g.describe());
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
    this.sign = sign;
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
    int line = width.inputs() * g.channels();
    int xAt = x.at() + sample * g.inSize() + height.from(oy) * line;
    int out = sample * g.outSize() + oy * width.outputs() * g.channels();
    int tapRow = height.tapFrom(oy) * width.kernel();
    int rowStep = height.step() * line;
    int cellStep = width.step() * g.channels();
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int ox = 0; ox < width.outputs(); ox++, out += g.channels()) {
      int at = xAt + width.from(ox) * g.channels();
      int cells = width.taps(ox);
      int rows = height.taps(oy);
      int yAt = y.at() + out;
      if (rows == 2 && cells == 2 && argmax != null && width.kernel() == 2) {
        int tap = tapRow + width.tapFrom(ox);
        int places = argmax.at() + out;
        four(xs, at, rowStep, cellStep, ys, yAt, g.channels(), sign, tap, frame.bytes(), places);
      } else if (argmax == null) {
        window(xs, at, rowStep, cellStep, rows, cells, ys, yAt, g.channels(), sign);
      } else {
        int tap = tapRow + width.tapFrom(ox);
        places(
            xs,
            at,
            rowStep,
            cellStep,
            rows,
            cells,
            ys,
            yAt,
            g.channels(),
            sign,
            tap,
            width.kernel(),
            frame.bytes(),
            argmax.at() + out);
      }
    }
  }

  /// A whole window of 2×2, the commonest: without inner loops its cost is half.
  private static void four(
      float[] xs,
      int at,
      int rowStep,
      int cellStep,
      float[] ys,
      int yAt,
      int channels,
      float sign,
      int tap,
      byte[] places,
      int placesAt) {
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      int in = at + c;
      var best = FloatVector.fromArray(F, xs, in, m).mul(sign);
      var place = IntVector.broadcast(I, tap);
      var value = FloatVector.fromArray(F, xs, in + cellStep, m).mul(sign);
      var wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(tap + 1, wins.cast(I));
      value = FloatVector.fromArray(F, xs, in + rowStep, m).mul(sign);
      wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(tap + 2, wins.cast(I));
      value = FloatVector.fromArray(F, xs, in + rowStep + cellStep, m).mul(sign);
      wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(tap + 3, wins.cast(I));
      best.mul(sign).intoArray(ys, yAt + c, m);
      Pools.store(place, places, placesAt + c, Math.min(V, channels - c));
    }
  }

  /// Where a value is larger than the best so far or the first NaN.
  static VectorMask<Float> wins(FloatVector value, FloatVector best) {
    var stays = value.compare(VectorOperators.LE, best);
    return best.compare(VectorOperators.EQ, best).andNot(stays);
  }

  private static void window(
      float[] xs,
      int at,
      int rowStep,
      int cellStep,
      int rows,
      int cells,
      float[] ys,
      int yAt,
      int channels,
      float sign) {
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      var best = FloatVector.fromArray(F, xs, at + c, m).mul(sign);
      for (int ty = 0; ty < rows; ty++) {
        for (int tx = 0; tx < cells; tx++) {
          int in = at + ty * rowStep + tx * cellStep + c;
          var value = FloatVector.fromArray(F, xs, in, m).mul(sign);
          var wins = wins(value, best);
          best = best.blend(value, wins);
        }
      }
      best.mul(sign).intoArray(ys, yAt + c, m);
    }
  }

  private static void places(
      float[] xs,
      int at,
      int rowStep,
      int cellStep,
      int rows,
      int cells,
      float[] ys,
      int yAt,
      int channels,
      float sign,
      int tap,
      int kernelWidth,
      byte[] places,
      int placesAt) {
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      var best = FloatVector.fromArray(F, xs, at + c, m).mul(sign);
      var place = IntVector.broadcast(I, tap);
      for (int ty = 0; ty < rows; ty++) {
        for (int tx = 0; tx < cells; tx++) {
          int in = at + ty * rowStep + tx * cellStep + c;
          var value = FloatVector.fromArray(F, xs, in, m).mul(sign);
          var wins = wins(value, best);
          best = best.blend(value, wins);
          place = place.blend(tap + ty * kernelWidth + tx, wins.cast(I));
        }
      }
      best.mul(sign).intoArray(ys, yAt + c, m);
      Pools.store(place, places, placesAt + c, Math.min(V, channels - c));
    }
  }
}
