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

/// The gradient of L2 pooling, channels last: each cell gathers `gradY · (x / y)`, taken in double
/// and rounded once like the reference's, and nothing where `y` is 0.
final class PoolNormGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer x;
  private final Buffer y;
  private final Cover rows;
  private final Cover columns;
  private final Shares shares;

  PoolNormGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.x = Objects.requireNonNull(problem.x());
    this.y = Objects.requireNonNull(problem.y());
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
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    int out = sample * g.outSize();
    int in = sample * g.inSize() + iy * g.width().inputs() * channels;
    for (int ix = 0; ix < g.width().inputs(); ix++, in += channels) {
      for (int c = 0; c < channels; c += V) {
        var m = F.indexInRange(c, channels);
        var value = FloatVector.fromArray(F, xs, x.at() + in + c, m);
        var low = Pools.half(value, 0);
        var high = Pools.half(value, 1);
        var sum = FloatVector.zero(F);
        for (int py = rows.start(iy); py < rows.start(iy + 1); py++) {
          for (int px = columns.start(ix); px < columns.start(ix + 1); px++) {
            int at = out + (rows.output(py) * width + columns.output(px)) * channels + c;
            var norm = FloatVector.fromArray(F, ys, y.at() + at, m);
            var grad = FloatVector.fromArray(F, from, gradY.at() + at, m);
            var a = Pools.half(grad, 0).mul(low.div(Pools.half(norm, 0)));
            var b = Pools.half(grad, 1).mul(high.div(Pools.half(norm, 1)));
            sum = sum.add(Pools.whole(a, b), norm.compare(VectorOperators.NE, 0f));
          }
        }
        sum.intoArray(to, gradX.at() + in + c, m);
      }
    }
  }
}
