package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The gradient of average and sum pooling, channels last: each cell gathers its shares of `gradY`,
/// in row-major order.
///
/// The reference divides in double and rounds; with a divisor that is a float, dividing floats
/// gives the same bits, because double has more than twice the digits of float (Figueroa 1995).
final class PoolSumGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final DivisorTable divisors;
  private final Cover rows;
  private final Cover columns;
  private final Shares shares;

  private PoolSumGradient(PoolProblem.Backward problem, DivisorTable divisors) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.divisors = divisors;
    this.rows = new Cover(g.height());
    this.columns = new Cover(g.width());
    this.shares = Pools.shares(g, g.height().inputs());
  }

  static @Nullable Kernel of(PoolProblem.Backward problem, List<String> refusals) {
    PoolGeometry g = problem.geometry();
    DivisorTable divisors = DivisorTable.of(problem.reduction(), g);
    for (int oy = 0; oy < g.height().outputs(); oy++) {
      for (int ox = 0; ox < g.width().outputs(); ox++) {
        double divisor = divisors.at(0, oy, ox);
        if ((float) divisor != divisor) {
          return Pools.refuse(refusals, "a divisor of %s is no float".formatted(divisor));
        }
      }
    }
    return new PoolSumGradient(problem, divisors);
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
    int out = gradY.at() + sample * g.outSize();
    int in = gradX.at() + sample * g.inSize() + iy * g.width().inputs() * channels;
    for (int ix = 0; ix < g.width().inputs(); ix++, in += channels) {
      for (int c = 0; c < channels; c += V) {
        var m = F.indexInRange(c, channels);
        var sum = FloatVector.zero(F);
        for (int py = rows.start(iy); py < rows.start(iy + 1); py++) {
          int oy = rows.output(py);
          for (int px = columns.start(ix); px < columns.start(ix + 1); px++) {
            int ox = columns.output(px);
            float divisor = (float) divisors.at(0, oy, ox);
            int at = out + (oy * width + ox) * channels + c;
            sum = sum.add(FloatVector.fromArray(F, from, at, m).div(divisor));
          }
        }
        sum.intoArray(to, in + c, m);
      }
    }
  }
}
