package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/// Max and min pooling, channels first: lanes run over neighbouring outputs of a row. Same bits and
/// places as [PoolExtremum].
///
/// In [PoolLines] padding holds −∞, which never wins: a window begins with its first tap, and with
/// the place of the first that lies in the input, so that it is right even if all of them are −∞.
final class PoolPlaneExtremum implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer x;
  private final Buffer y;
  private final @Nullable Buffer argmax;
  private final float sign;
  private final PoolPlanes planes;

  /// For each column the first tap that lies in the input.
  private final int[] firstTap;

  /// Whether all windows have two columns, the commonest.
  private final boolean pairs;

  /// Whether rows of outputs lie evenly, so that those of a unit are one sweep.
  private final boolean even;

  PoolPlaneExtremum(PoolProblem.Forward problem, float sign) {
    this.g = problem.geometry();
    this.name = "%s %s across columns".formatted(problem.reduction(), g.describe());
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
    this.sign = sign;
    this.planes = new PoolPlanes(g, Float.NEGATIVE_INFINITY);
    this.firstTap = new int[g.width().outputs() + V];
    for (int ox = 0; ox < g.width().outputs(); ox++) {
      firstTap[ox] = g.width().tapFrom(ox);
    }
    this.pairs = g.width().kernel() == 2 && g.width().unclipped();
    this.even = planes.rowStep() > 0;
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
      planes.fill(frame, x, unit, at, sign);
      if (argmax == null) {
        values(frame, unit, at);
      } else {
        places(frame, unit, at, argmax);
      }
    }
  }

  private void values(Frame frame, int unit, int at) {
    PoolRows rows = planes.rows;
    int width = g.width().outputs();
    float[] from = frame.array(planes.scratch());
    float[] ys = frame.array(y);
    int out = y.at() + planes.plane(unit) * g.outPositions();
    int first = planes.firstLine(unit);
    int tap = planes.lines.tapAt(0);
    int right = pairs ? planes.lines.tapAt(1) - tap : 0;
    int step = even ? planes.toRow(unit) - planes.fromRow(unit) : 1;
    for (int row = planes.fromRow(unit); row < planes.toRow(unit); row += step) {
      int pair = rows.start(row);
      if (pairs && rows.start(row + 1) - pair == 2) {
        int line = planes.line(at, first, pair) + tap;
        int down = planes.line(at, first, pair + 1) + tap - line;
        four(from, line, step, planes.rowStep(), down, right, ys, out + row * width, width, sign);
      } else if (planes.whole(row)) {
        int line = planes.line(at, first, pair);
        sweep(from, line, step, planes.rowStep(), ys, out + row * width, width);
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
      float sign) {
    int whole = width / V * V;
    for (int row = 0; row < rows; row++) {
      int in = at + row * rowStep;
      int out = yAt + row * width;
      for (int i = 0; i < whole; i += V) {
        extremum(xs, in + i, down, right).mul(sign).intoArray(ys, out + i);
      }
    }
    if (whole < width) {
      var m = F.indexInRange(0, width - whole);
      for (int row = 0; row < rows; row++) {
        int in = at + row * rowStep + whole;
        extremum(xs, in, down, right).mul(sign).intoArray(ys, yAt + row * width + whole, m);
      }
    }
  }

  private static FloatVector extremum(float[] xs, int at, int down, int right) {
    var best = FloatVector.fromArray(F, xs, at);
    var value = FloatVector.fromArray(F, xs, at + right);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, xs, at + down);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, xs, at + down + right);
    return best.blend(value, PoolExtremum.wins(value, best));
  }

  private void sweep(float[] xs, int at, int rows, int rowStep, float[] ys, int yAt, int width) {
    int[] taps = planes.offsets();
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i += V) {
        int in = at + row * rowStep + i;
        var best = FloatVector.fromArray(F, xs, in + taps[0]);
        for (int t = 1; t < taps.length; t++) {
          var value = FloatVector.fromArray(F, xs, in + taps[t]);
          best = best.blend(value, PoolExtremum.wins(value, best));
        }
        best.mul(sign).intoArray(ys, yAt + row * width + i, F.indexInRange(i, width));
      }
    }
  }

  private void window(float[] xs, int at, int first, int row, float[] ys, int yAt, int width) {
    PoolRows rows = planes.rows;
    PoolLines lines = planes.lines;
    int taps = g.width().kernel();
    for (int i = 0; i < width; i += V) {
      int from = rows.start(row);
      var best = FloatVector.fromArray(F, xs, planes.line(at, first, from) + lines.tapAt(0) + i);
      for (int pair = from; pair < rows.start(row + 1); pair++) {
        int line = planes.line(at, first, pair) + i;
        for (int tx = 0; tx < taps; tx++) {
          var value = FloatVector.fromArray(F, xs, line + lines.tapAt(tx));
          best = best.blend(value, PoolExtremum.wins(value, best));
        }
      }
      best.mul(sign).intoArray(ys, yAt + i, F.indexInRange(i, width));
    }
  }

  private void places(Frame frame, int unit, int at, Buffer argmax) {
    PoolRows rows = planes.rows;
    int width = g.width().outputs();
    float[] from = frame.array(planes.scratch());
    float[] ys = frame.array(y);
    int out = planes.plane(unit) * g.outPositions();
    int first = planes.firstLine(unit);
    int corner = planes.lines.tapAt(0);
    int right = pairs ? planes.lines.tapAt(1) - corner : 0;
    int step = even ? planes.toRow(unit) - planes.fromRow(unit) : 1;
    for (int row = planes.fromRow(unit); row < planes.toRow(unit); row += step) {
      int yAt = y.at() + out + row * width;
      int placesAt = argmax.at() + out + row * width;
      int pair = rows.start(row);
      if (pairs && rows.start(row + 1) - pair == 2) {
        int line = planes.line(at, first, pair) + corner;
        int down = planes.line(at, first, pair + 1) + corner - line;
        int tap = rows.tap(pair);
        int below = rows.tap(pair + 1);
        int rowStep = planes.rowStep();
        byte[] to = frame.bytes();
        four(
            from, line, step, rowStep, down, right, ys, yAt, width, sign, tap, below, to, placesAt);
      } else if (planes.whole(row)) {
        int line = planes.line(at, first, pair);
        int tap = rows.tap(pair);
        sweep(from, line, step, planes.rowStep(), ys, yAt, width, tap, frame.bytes(), placesAt);
      } else {
        window(from, at, first, row, ys, yAt, width, frame.bytes(), placesAt);
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
      float sign,
      int tap,
      int below,
      byte[] places,
      int placesAt) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i += V) {
        int in = at + row * rowStep + i;
        int out = row * width + i;
        var best = FloatVector.fromArray(F, xs, in);
        var place = IntVector.broadcast(I, tap);
        var value = FloatVector.fromArray(F, xs, in + right);
        var wins = PoolExtremum.wins(value, best);
        best = best.blend(value, wins);
        place = place.blend(tap + 1, wins.cast(I));
        value = FloatVector.fromArray(F, xs, in + down);
        wins = PoolExtremum.wins(value, best);
        best = best.blend(value, wins);
        place = place.blend(below, wins.cast(I));
        value = FloatVector.fromArray(F, xs, in + down + right);
        wins = PoolExtremum.wins(value, best);
        best = best.blend(value, wins);
        place = place.blend(below + 1, wins.cast(I));
        best.mul(sign).intoArray(ys, yAt + out, F.indexInRange(i, width));
        Pools.store(place, places, placesAt + out, Math.min(V, width - i));
      }
    }
  }

  private void sweep(
      float[] xs,
      int at,
      int rows,
      int rowStep,
      float[] ys,
      int yAt,
      int width,
      int tap,
      byte[] places,
      int placesAt) {
    int[] taps = planes.offsets();
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i += V) {
        int in = at + row * rowStep + i;
        int out = row * width + i;
        var best = FloatVector.fromArray(F, xs, in + taps[0]);
        var place = IntVector.fromArray(I, firstTap, i).add(tap);
        for (int t = 1; t < taps.length; t++) {
          var value = FloatVector.fromArray(F, xs, in + taps[t]);
          var wins = PoolExtremum.wins(value, best);
          best = best.blend(value, wins);
          place = place.blend(tap + t, wins.cast(I));
        }
        best.mul(sign).intoArray(ys, yAt + out, F.indexInRange(i, width));
        Pools.store(place, places, placesAt + out, Math.min(V, width - i));
      }
    }
  }

  private void window(
      float[] xs,
      int at,
      int first,
      int row,
      float[] ys,
      int yAt,
      int width,
      byte[] places,
      int placesAt) {
    PoolRows rows = planes.rows;
    PoolLines lines = planes.lines;
    int taps = g.width().kernel();
    for (int i = 0; i < width; i += V) {
      int from = rows.start(row);
      var best = FloatVector.fromArray(F, xs, planes.line(at, first, from) + lines.tapAt(0) + i);
      var place = IntVector.fromArray(I, firstTap, i).add(rows.tap(from));
      for (int pair = from; pair < rows.start(row + 1); pair++) {
        int line = planes.line(at, first, pair) + i;
        int tap = rows.tap(pair);
        for (int tx = 0; tx < taps; tx++) {
          var value = FloatVector.fromArray(F, xs, line + lines.tapAt(tx));
          var wins = PoolExtremum.wins(value, best);
          best = best.blend(value, wins);
          place = place.blend(tap + tx, wins.cast(I));
        }
      }
      best.mul(sign).intoArray(ys, yAt + i, F.indexInRange(i, width));
      Pools.store(place, places, placesAt + i, Math.min(V, width - i));
    }
  }
}
