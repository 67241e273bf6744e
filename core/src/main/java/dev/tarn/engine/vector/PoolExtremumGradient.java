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
import jdk.incubator.vector.VectorOperators;

/// The gradient of max and min pooling, channels last: each cell gathers `gradY` of the windows
/// that hold it and chose it, in row-major order.
final class PoolExtremumGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer argmax;
  private final Cover rows;
  private final Cover columns;
  private final Shares shares;

  /// Whether no cell lies in two windows.
  private final boolean disjoint;

  PoolExtremumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.argmax = Objects.requireNonNull(problem.argmax());
    this.rows = new Cover(g.height());
    this.columns = new Cover(g.width());
    this.shares = Pools.shares(g, g.height().inputs());
    this.disjoint = rows.disjoint() && columns.disjoint();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * g.height().inputs());
  }

  @Override
  public void run(Frame frame, int block) {
    int lines = frame.batch() * g.height().inputs();
    int past = shares.first(block + 1, lines);
    for (int line = shares.first(block, lines); line < past; line++) {
      if (disjoint) {
        spread(frame, line / g.height().inputs(), line % g.height().inputs());
      } else {
        gather(frame, line / g.height().inputs(), line % g.height().inputs());
      }
    }
  }

  /// One row of cells where no two windows meet: each output is read once for all of its cells.
  private void spread(Frame frame, int sample, int iy) {
    int channels = g.channels();
    Spans width = g.width();
    float[] to = frame.array(gradX);
    int in = gradX.at() + (sample * g.height().inputs() + iy) * width.inputs() * channels;
    int pair = rows.start(iy);
    boolean none = pair == rows.start(iy + 1);
    if (none || columns.pairs() < width.inputs()) {
      Arrays.fill(to, in, in + width.inputs() * channels, 0f);
    }
    if (none) {
      return;
    }
    int out = (sample * g.outPositions() + rows.output(pair) * width.outputs()) * channels;
    int tap = rows.tap(pair) * width.kernel();
    for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
      int at = in + width.from(ox) * channels;
      int first = tap + width.tapFrom(ox);
      int step = width.step() * channels;
      int taps = width.taps(ox);
      window(
          frame.array(gradY),
          gradY.at() + out,
          frame.bytes(),
          argmax.at() + out,
          to,
          at,
          step,
          first,
          taps,
          channels);
    }
  }

  private static void window(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      float[] to,
      int at,
      int step,
      int first,
      int taps,
      int channels) {
    for (int c = 0; c < channels; c += V) {
      int lanes = Math.min(V, channels - c);
      var m = F.indexInRange(0, lanes);
      var grad = FloatVector.fromArray(F, from, fromAt + c, m).add(0f);
      var place = Pools.load(places, placesAt + c, lanes);
      for (int t = 0; t < taps; t++) {
        var chosen = place.compare(VectorOperators.EQ, first + t).cast(F);
        FloatVector.zero(F).blend(grad, chosen).intoArray(to, at + t * step + c, m);
      }
    }
  }

  private void gather(Frame frame, int sample, int iy) {
    int channels = g.channels();
    int width = g.width().outputs();
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    byte[] places = frame.bytes();
    int out = sample * g.outSize();
    int in = gradX.at() + sample * g.inSize() + iy * g.width().inputs() * channels;
    for (int ix = 0; ix < g.width().inputs(); ix++, in += channels) {
      for (int c = 0; c < channels; c += V) {
        int lanes = Math.min(V, channels - c);
        var m = F.indexInRange(0, lanes);
        var sum = FloatVector.zero(F);
        for (int py = rows.start(iy); py < rows.start(iy + 1); py++) {
          for (int px = columns.start(ix); px < columns.start(ix + 1); px++) {
            int at = out + (rows.output(py) * width + columns.output(px)) * channels + c;
            int tap = rows.tap(py) * g.width().kernel() + columns.tap(px);
            var chosen =
                Pools.load(places, argmax.at() + at, lanes)
                    .compare(VectorOperators.EQ, tap)
                    .cast(F)
                    .and(m);
            sum = sum.add(FloatVector.fromArray(F, from, gradY.at() + at, m), chosen);
          }
        }
        sum.intoArray(to, in + c, m);
      }
    }
  }
}
