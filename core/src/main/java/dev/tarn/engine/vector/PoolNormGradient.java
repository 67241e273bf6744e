package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.Arrays;
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
    int firstRow = rows.start(iy);
    int pastRow = rows.start(iy + 1);
    for (int ix = 0; ix < g.width().inputs(); ix++, in += channels) {
      int cell = gradX.at() + in;
      Arrays.fill(to, cell, cell + channels, 0f);
      for (int py = firstRow; py < pastRow; py++) {
        int line = out + rows.output(py) * width * channels;
        for (int px = columns.start(ix); px < columns.start(ix + 1); px++) {
          int at = line + columns.output(px) * channels;
          int yAt = y.at() + at;
          add(xs, x.at() + in, ys, yAt, from, gradY.at() + at, to, cell, channels);
        }
      }
    }
  }

  /// Adds to one cell what one window gives it. A method without outer loops, for the JIT keeps the
  /// halves in registers only where it sees all of their uses.
  private static void add(
      float[] xs,
      int xAt,
      float[] ys,
      int yAt,
      float[] gradY,
      int gradAt,
      float[] to,
      int toAt,
      int channels) {
    for (int c = 0; c < channels; c += V) {
      var m = F.indexInRange(c, channels);
      var value = FloatVector.fromArray(F, xs, xAt + c, m);
      var norm = FloatVector.fromArray(F, ys, yAt + c, m);
      var grad = FloatVector.fromArray(F, gradY, gradAt + c, m);
      var a = Pools.half(grad, 0).mul(Pools.half(value, 0).div(Pools.half(norm, 0)));
      var b = Pools.half(grad, 1).mul(Pools.half(value, 1).div(Pools.half(norm, 1)));
      var sum = FloatVector.fromArray(F, to, toAt + c, m);
      // Not Pools.whole: C2 has inlined so much by here that it would call it, and box the vectors.
      var lower = (FloatVector) a.convertShape(VectorOperators.D2F, F, 0);
      var upper = (FloatVector) b.convertShape(VectorOperators.D2F, F, -1);
      sum.add(lower.blend(upper, Pools.UPPER), norm.compare(VectorOperators.NE, 0f))
          .intoArray(to, toAt + c, m);
    }
  }
}
