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

/// Max and min pooling, channels last: lanes run over the channels of one output. The last vector
/// reaches back over channels that are done already, which costs less than masking it.
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
  private final PoolRows rows;
  private final PoolUnits units;

  PoolExtremum(PoolProblem.Forward problem, float sign) {
    this.g = problem.geometry();
    this.name = "%s %s across channels".formatted(problem.reduction(), g.describe());
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
    this.sign = sign;
    this.rows = PoolRows.ofOutputs(g);
    this.units = PoolUnits.ofOutputs(g);
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
      int c0 = units.from(unit);
      if (argmax == null) {
        values(frame, units.sample(unit), units.row(unit), c0, units.to(unit) - c0);
      } else {
        places(frame, units.sample(unit), units.row(unit), c0, units.to(unit) - c0, argmax);
      }
    }
  }

  /// Whether a row's windows, where they are not clipped, are 2×2.
  private boolean two(int row) {
    return rows.start(row + 1) - rows.start(row) == 2 && g.width().kernel() == 2;
  }

  /// How far the second row of such windows is from the first.
  private int down(int row, int line) {
    return (rows.row(rows.start(row) + 1) - rows.row(rows.start(row))) * line;
  }

  private void values(Frame frame, int sample, int row, int c0, int count) {
    Spans width = g.width();
    int channels = g.channels();
    int line = width.inputs() * channels;
    int step = width.step() * channels;
    int in = x.at() + sample * g.inSize() + c0;
    int out = y.at() + sample * g.outSize() + row * width.outputs() * channels + c0;
    boolean two = two(row) && count >= V;
    int down = two ? down(row, line) : 0;
    int first = rows.row(rows.start(row)) * line;
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = in + width.from(ox) * channels;
      int cells = width.taps(ox);
      if (two && cells == 2) {
        four(xs, at + first, down, step, ys, out, count, sign);
      } else if (count < V) {
        some(xs, at, row, line, step, cells, ys, out, count);
      } else {
        window(xs, at, row, line, step, cells, ys, out, count);
      }
    }
  }

  private void places(Frame frame, int sample, int row, int c0, int count, Buffer argmax) {
    Spans width = g.width();
    int channels = g.channels();
    int line = width.inputs() * channels;
    int step = width.step() * channels;
    int in = x.at() + sample * g.inSize() + c0;
    int out = sample * g.outSize() + row * width.outputs() * channels + c0;
    int pair = rows.start(row);
    boolean two = two(row) && count >= V;
    int down = two ? down(row, line) : 0;
    int first = rows.row(pair) * line;
    int corner = rows.tap(pair);
    int below = two ? rows.tap(pair + 1) : 0;
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    byte[] to = frame.bytes();
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = in + width.from(ox) * channels;
      int cells = width.taps(ox);
      int tap = width.tapFrom(ox);
      int yAt = y.at() + out;
      int toAt = argmax.at() + out;
      if (two && cells == 2) {
        four(xs, at + first, down, step, ys, yAt, count, sign, corner, below, to, toAt);
      } else if (count < V) {
        some(xs, at, row, line, step, cells, ys, yAt, count, tap, to, toAt);
      } else {
        window(xs, at, row, line, step, cells, ys, yAt, count, tap, to, toAt);
      }
    }
  }

  /// A whole window of 2×2, the commonest: without inner loops its cost is half.
  private static void four(
      float[] xs,
      int at,
      int down,
      int right,
      float[] ys,
      int yAt,
      int channels,
      float sign,
      int tap,
      int below,
      byte[] places,
      int placesAt) {
    for (int i = 0; i < channels; i += V) {
      int c = Math.min(i, channels - V);
      int in = at + c;
      var best = FloatVector.fromArray(F, xs, in).mul(sign);
      var place = IntVector.broadcast(I, tap);
      var value = FloatVector.fromArray(F, xs, in + right).mul(sign);
      var wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(tap + 1, wins.cast(I));
      value = FloatVector.fromArray(F, xs, in + down).mul(sign);
      wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(below, wins.cast(I));
      value = FloatVector.fromArray(F, xs, in + down + right).mul(sign);
      wins = wins(value, best);
      best = best.blend(value, wins);
      place = place.blend(below + 1, wins.cast(I));
      best.mul(sign).intoArray(ys, yAt + c);
      Pools.store(place, places, placesAt + c);
    }
  }

  private static void four(
      float[] xs, int at, int down, int right, float[] ys, int yAt, int channels, float sign) {
    for (int i = 0; i < channels; i += V) {
      int c = Math.min(i, channels - V);
      int in = at + c;
      var best = FloatVector.fromArray(F, xs, in).mul(sign);
      var value = FloatVector.fromArray(F, xs, in + right).mul(sign);
      best = best.blend(value, wins(value, best));
      value = FloatVector.fromArray(F, xs, in + down).mul(sign);
      best = best.blend(value, wins(value, best));
      value = FloatVector.fromArray(F, xs, in + down + right).mul(sign);
      best = best.blend(value, wins(value, best));
      best.mul(sign).intoArray(ys, yAt + c);
    }
  }

  /// Where a value is larger than the best so far or the first NaN.
  static VectorMask<Float> wins(FloatVector value, FloatVector best) {
    var stays = value.compare(VectorOperators.LE, best);
    return best.compare(VectorOperators.EQ, best).andNot(stays);
  }

  private void window(
      float[] xs,
      int at,
      int row,
      int line,
      int step,
      int cells,
      float[] ys,
      int yAt,
      int channels) {
    int from = rows.start(row);
    int past = rows.start(row + 1);
    for (int i = 0; i < channels; i += V) {
      int c = Math.min(i, channels - V);
      var best = FloatVector.fromArray(F, xs, at + rows.row(from) * line + c).mul(sign);
      for (int pair = from; pair < past; pair++) {
        int in = at + rows.row(pair) * line + c;
        for (int tx = 0; tx < cells; tx++, in += step) {
          var value = FloatVector.fromArray(F, xs, in).mul(sign);
          best = best.blend(value, wins(value, best));
        }
      }
      best.mul(sign).intoArray(ys, yAt + c);
    }
  }

  private void window(
      float[] xs,
      int at,
      int row,
      int line,
      int step,
      int cells,
      float[] ys,
      int yAt,
      int channels,
      int tap,
      byte[] places,
      int placesAt) {
    int from = rows.start(row);
    int past = rows.start(row + 1);
    for (int i = 0; i < channels; i += V) {
      int c = Math.min(i, channels - V);
      var best = FloatVector.fromArray(F, xs, at + rows.row(from) * line + c).mul(sign);
      var place = IntVector.broadcast(I, rows.tap(from) + tap);
      for (int pair = from; pair < past; pair++) {
        int in = at + rows.row(pair) * line + c;
        int number = rows.tap(pair) + tap;
        for (int tx = 0; tx < cells; tx++, in += step) {
          var value = FloatVector.fromArray(F, xs, in).mul(sign);
          var wins = wins(value, best);
          best = best.blend(value, wins);
          place = place.blend(number + tx, wins.cast(I));
        }
      }
      best.mul(sign).intoArray(ys, yAt + c);
      Pools.store(place, places, placesAt + c);
    }
  }

  // The same for fewer channels than one vector has lanes.

  private void some(
      float[] xs,
      int at,
      int row,
      int line,
      int step,
      int cells,
      float[] ys,
      int yAt,
      int channels) {
    int from = rows.start(row);
    int past = rows.start(row + 1);
    var m = F.indexInRange(0, channels);
    var best = FloatVector.fromArray(F, xs, at + rows.row(from) * line, m).mul(sign);
    for (int pair = from; pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      for (int tx = 0; tx < cells; tx++, in += step) {
        var value = FloatVector.fromArray(F, xs, in, m).mul(sign);
        best = best.blend(value, wins(value, best));
      }
    }
    best.mul(sign).intoArray(ys, yAt, m);
  }

  private void some(
      float[] xs,
      int at,
      int row,
      int line,
      int step,
      int cells,
      float[] ys,
      int yAt,
      int channels,
      int tap,
      byte[] places,
      int placesAt) {
    int from = rows.start(row);
    int past = rows.start(row + 1);
    var m = F.indexInRange(0, channels);
    var best = FloatVector.fromArray(F, xs, at + rows.row(from) * line, m).mul(sign);
    var place = IntVector.broadcast(I, rows.tap(from) + tap);
    for (int pair = from; pair < past; pair++) {
      int in = at + rows.row(pair) * line;
      int number = rows.tap(pair) + tap;
      for (int tx = 0; tx < cells; tx++, in += step) {
        var value = FloatVector.fromArray(F, xs, in, m).mul(sign);
        var wins = wins(value, best);
        best = best.blend(value, wins);
        place = place.blend(number + tx, wins.cast(I));
      }
    }
    best.mul(sign).intoArray(ys, yAt, m);
    Pools.store(place, places, placesAt, channels);
  }
}
