package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
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

  PoolExtremumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.argmax = Objects.requireNonNull(problem.argmax());
    this.rows = new Cover(g.height());
    this.columns = new Cover(g.width());
    this.shares = Pools.shares(g, g.height().inputs());
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
      row(frame, line / g.height().inputs(), line % g.height().inputs());
    }
  }

  private void row(Frame frame, int sample, int iy) {
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
