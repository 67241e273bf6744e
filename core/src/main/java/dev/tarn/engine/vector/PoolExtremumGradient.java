package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/// The gradient of max and min pooling, channels last, one row of cells at a time. Where no two
/// windows meet, each output stores its gradient or zeros in its cells; elsewhere each cell gathers
/// the gradients of the windows that hold it and chose it, in row-major order.
final class PoolExtremumGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer argmax;
  private final PoolRows rows;
  private final Cover columns;
  private final PoolUnits units;

  /// Whether no cell lies in two windows.
  private final boolean disjoint;

  /// Whether [PoolThrees] makes rows.
  private final boolean threes;

  /// Whether every cell of a row lies in a window.
  private final boolean covered;

  PoolExtremumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.argmax = Objects.requireNonNull(problem.argmax());
    this.rows = PoolRows.ofInputs(g);
    this.columns = new Cover(g.width());
    this.units = PoolUnits.ofInputs(g);
    this.disjoint = rows.disjoint() && Pools.disjoint(g.width());
    this.covered = Pools.covered(g.width());
    this.threes = PoolThrees.fits(g.width(), g.channels());
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
      row(frame, units.sample(unit), units.row(unit));
    }
  }

  private void row(Frame frame, int sample, int row) {
    int channels = g.channels();
    float[] to = frame.array(gradX);
    int line = g.width().inputs() * channels;
    int in = gradX.at() + sample * g.inSize() + row * line;
    boolean none = rows.start(row) == rows.start(row + 1);
    if (none || (disjoint && !covered)) {
      Arrays.fill(to, in, in + line, 0f);
    }
    if (!none && disjoint) {
      spread(frame, sample, rows.start(row), in);
    } else if (!none && threes && rows.start(row + 1) - rows.start(row) <= 2) {
      threes(frame, sample, row, in);
    } else if (!none) {
      for (int ix = 0; ix < g.width().inputs(); ix++) {
        gather(frame, sample, row, ix, in + ix * channels);
      }
    }
  }

  private void threes(Frame frame, int sample, int row, int in) {
    int pair = rows.start(row);
    int line = g.width().outputs() * g.channels();
    int out = sample * g.outSize() + rows.row(pair) * line;
    int gradAt = gradY.at() + out;
    int placesAt = argmax.at() + out;
    int tap = rows.tap(pair);
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    byte[] places = frame.bytes();
    if (rows.start(row + 1) - pair == 1) {
      PoolThrees.one(g.width(), g.channels(), from, gradAt, places, placesAt, tap, to, in);
    } else {
      int down = (rows.row(pair + 1) - rows.row(pair)) * line;
      int below = rows.tap(pair + 1);
      PoolThrees.two(
          g.width(), g.channels(), from, gradAt, places, placesAt, down, tap, below, to, in);
    }
  }

  /// A row where no two windows meet: each output is read once for all of its cells.
  private void spread(Frame frame, int sample, int pair, int in) {
    Spans width = g.width();
    int channels = g.channels();
    int step = width.step() * channels;
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    byte[] places = frame.bytes();
    int out = sample * g.outSize() + rows.row(pair) * width.outputs() * channels;
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = in + width.from(ox) * channels;
      int tap = rows.tap(pair) + width.tapFrom(ox);
      int gradAt = gradY.at() + out;
      int placesAt = argmax.at() + out;
      store(from, gradAt, places, placesAt, to, at, tap, width.taps(ox), step, channels);
    }
  }

  private static void store(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      float[] to,
      int at,
      int first,
      int taps,
      int step,
      int channels) {
    for (int i = 0; channels >= V && i < channels; i += V) {
      int c = Math.min(i, channels - V);
      var grad = FloatVector.fromArray(F, from, fromAt + c).add(0f);
      for (int t = 0; t < taps; t++) {
        var chosen = Pools.equal(places, placesAt + c, first + t);
        FloatVector.zero(F).blend(grad, chosen).intoArray(to, at + t * step + c);
      }
    }
    if (channels < V) {
      var m = F.indexInRange(0, channels);
      var grad = FloatVector.fromArray(F, from, fromAt, m).add(0f);
      for (int t = 0; t < taps; t++) {
        var chosen = Pools.equal(places, placesAt, first + t, channels);
        FloatVector.zero(F).blend(grad, chosen).intoArray(to, at + t * step, m);
      }
    }
  }

  /// One cell. Windows of 3×3/2 meet in two rows, two columns or both, so two and four outputs are
  /// added at once; where there are more, the others are added to what is stored.
  private void gather(Frame frame, int sample, int row, int ix, int at) {
    int channels = g.channels();
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    byte[] places = frame.bytes();
    int row0 = rows.start(row);
    int rowCount = rows.start(row + 1) - row0;
    int column0 = columns.start(ix);
    int columnCount = columns.start(ix + 1) - column0;
    if (columnCount == 0) {
      Arrays.fill(to, at, at + channels, 0f);
      return;
    }
    int out = output(sample, row0, column0);
    int gradAt = gradY.at() + out;
    int placesAt = argmax.at() + out;
    int tap = tap(row0, column0);
    if (rowCount == 1 && columnCount == 1) {
      one(from, gradAt, places, placesAt, tap, to, at, channels);
    } else if (rowCount == 2 && columnCount == 2) {
      int right = output(sample, row0, column0 + 1) - out;
      int down = output(sample, row0 + 1, column0) - out;
      int across = tap(row0, column0 + 1) - tap;
      int below = tap(row0 + 1, column0) - tap;
      four(from, gradAt, places, placesAt, right, down, tap, across, below, to, at, channels);
    } else {
      boolean wide = columnCount > 1;
      int row1 = wide ? row0 : row0 + 1;
      int column1 = wide ? column0 + 1 : column0;
      int step = output(sample, row1, column1) - out;
      two(from, gradAt, places, placesAt, step, tap, tap(row1, column1), to, at, channels);
      if (rowCount * columnCount > 2) {
        rest(frame, sample, row, ix, at);
      }
    }
  }

  /// Adds all outputs but the first two.
  private void rest(Frame frame, int sample, int row, int ix, int at) {
    int done = 0;
    for (int py = rows.start(row); py < rows.start(row + 1); py++) {
      for (int px = columns.start(ix); px < columns.start(ix + 1); px++, done++) {
        int out = output(sample, py, px);
        if (done > 1) {
          add(
              frame.array(gradY),
              gradY.at() + out,
              frame.bytes(),
              argmax.at() + out,
              tap(py, px),
              frame.array(gradX),
              at,
              g.channels());
        }
      }
    }
  }

  private int output(int sample, int row, int column) {
    int position = rows.row(row) * g.width().outputs() + columns.output(column);
    return sample * g.outSize() + position * g.channels();
  }

  private int tap(int row, int column) {
    return rows.tap(row) + columns.tap(column);
  }

  private static void four(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int right,
      int down,
      int tap,
      int across,
      int below,
      float[] to,
      int at,
      int channels) {
    for (int next = 0; channels >= V && next < channels; next += V) {
      int c = Math.min(next, channels - V);
      int i = fromAt + c;
      int p = placesAt + c;
      var sum = FloatVector.zero(F);
      sum = sum.add(FloatVector.fromArray(F, from, i), Pools.equal(places, p, tap));
      var chosen = Pools.equal(places, p + right, tap + across);
      sum = sum.add(FloatVector.fromArray(F, from, i + right), chosen);
      chosen = Pools.equal(places, p + down, tap + below);
      sum = sum.add(FloatVector.fromArray(F, from, i + down), chosen);
      chosen = Pools.equal(places, p + down + right, tap + below + across);
      sum = sum.add(FloatVector.fromArray(F, from, i + down + right), chosen);
      sum.intoArray(to, at + c);
    }
    if (channels < V) {
      // Places beyond the last channel are loaded as 0, whatever is added there is not stored.
      var m = F.indexInRange(0, channels);
      int i = fromAt;
      int p = placesAt;
      var sum = FloatVector.zero(F);
      sum = sum.add(FloatVector.fromArray(F, from, i, m), Pools.equal(places, p, tap, channels));
      var chosen = Pools.equal(places, p + right, tap + across, channels);
      sum = sum.add(FloatVector.fromArray(F, from, i + right, m), chosen);
      chosen = Pools.equal(places, p + down, tap + below, channels);
      sum = sum.add(FloatVector.fromArray(F, from, i + down, m), chosen);
      chosen = Pools.equal(places, p + down + right, tap + below + across, channels);
      sum = sum.add(FloatVector.fromArray(F, from, i + down + right, m), chosen);
      sum.intoArray(to, at, m);
    }
  }

  private static void two(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int step,
      int tap,
      int second,
      float[] to,
      int at,
      int channels) {
    for (int next = 0; channels >= V && next < channels; next += V) {
      int c = Math.min(next, channels - V);
      var chosen = Pools.equal(places, placesAt + c, tap);
      var sum = FloatVector.zero(F).add(FloatVector.fromArray(F, from, fromAt + c), chosen);
      chosen = Pools.equal(places, placesAt + step + c, second);
      sum = sum.add(FloatVector.fromArray(F, from, fromAt + step + c), chosen);
      sum.intoArray(to, at + c);
    }
    if (channels < V) {
      var m = F.indexInRange(0, channels);
      var chosen = Pools.equal(places, placesAt, tap, channels);
      var sum = FloatVector.zero(F).add(FloatVector.fromArray(F, from, fromAt, m), chosen);
      chosen = Pools.equal(places, placesAt + step, second, channels);
      sum = sum.add(FloatVector.fromArray(F, from, fromAt + step, m), chosen);
      sum.intoArray(to, at, m);
    }
  }

  private static void one(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int tap,
      float[] to,
      int at,
      int channels) {
    for (int next = 0; channels >= V && next < channels; next += V) {
      int c = Math.min(next, channels - V);
      var chosen = Pools.equal(places, placesAt + c, tap);
      var grad = FloatVector.fromArray(F, from, fromAt + c);
      FloatVector.zero(F).add(grad, chosen).intoArray(to, at + c);
    }
    if (channels < V) {
      var m = F.indexInRange(0, channels);
      var chosen = Pools.equal(places, placesAt, tap, channels);
      var grad = FloatVector.fromArray(F, from, fromAt, m);
      FloatVector.zero(F).add(grad, chosen).intoArray(to, at, m);
    }
  }

  private static void add(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int tap,
      float[] to,
      int at,
      int channels) {
    int c = 0;
    for (; c + V <= channels; c += V) {
      var chosen = Pools.equal(places, placesAt + c, tap);
      var grad = FloatVector.fromArray(F, from, fromAt + c);
      FloatVector.fromArray(F, to, at + c).add(grad, chosen).intoArray(to, at + c);
    }
    if (c < channels) {
      var m = F.indexInRange(c, channels);
      var chosen = Pools.equal(places, placesAt + c, tap, channels - c);
      var grad = FloatVector.fromArray(F, from, fromAt + c, m);
      FloatVector.fromArray(F, to, at + c, m).add(grad, chosen).intoArray(to, at + c, m);
    }
  }
}
