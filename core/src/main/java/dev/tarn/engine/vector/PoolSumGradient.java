package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// The gradient of average and sum pooling, channels last, one row of cells at a time: each output
/// whose window reaches the row, in row-major order, adds its share to the cells, which stay in the
/// nearest cache. Where no two windows meet it stores the share instead.
///
/// The reference divides in double and rounds; with a divisor that is a float, dividing floats
/// gives the same bits, because double has more than twice the digits of float (Figueroa 1995).
final class PoolSumGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final DivisorTable divisors;
  private final PoolRows rows;
  private final PoolUnits units;

  /// Whether no cell lies in two windows.
  private final boolean disjoint;

  /// Whether every cell of a row lies in a window.
  private final boolean covered;

  PoolSumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.rows = PoolRows.ofInputs(g);
    this.units = PoolUnits.ofInputs(g);
    this.disjoint = rows.disjoint() && Pools.disjoint(g.width());
    this.covered = Pools.covered(g.width());
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
    Spans width = g.width();
    int channels = g.channels();
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    int line = width.inputs() * channels;
    int in = gradX.at() + sample * g.inSize() + row * line;
    int past = rows.start(row + 1);
    if (!disjoint || !covered || rows.start(row) == past) {
      Arrays.fill(to, in, in + line, 0f);
    }
    int step = width.step() * channels;
    for (int pair = rows.start(row); pair < past; pair++) {
      int oy = rows.row(pair) % g.height().outputs();
      int oz = rows.row(pair) / g.height().outputs();
      int out = gradY.at() + sample * g.outSize() + rows.row(pair) * width.outputs() * channels;
      for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
        int at = in + width.from(ox) * channels;
        float divisor = (float) divisors.at(oz, oy, ox);
        if (disjoint) {
          store(from, out, to, at, width.taps(ox), step, channels, divisor);
        } else {
          add(from, out, to, at, width.taps(ox), step, channels, divisor);
        }
      }
    }
  }

  private static void store(
      float[] from, int out, float[] to, int at, int taps, int step, int channels, float divisor) {
    int c = 0;
    for (; c + V <= channels; c += V) {
      // A sum that begins with 0, as the reference's does, has no −0.
      var share = share(FloatVector.fromArray(F, from, out + c), divisor).add(0f);
      for (int t = 0; t < taps; t++) {
        share.intoArray(to, at + t * step + c);
      }
    }
    if (c < channels) {
      var m = F.indexInRange(c, channels);
      var share = share(FloatVector.fromArray(F, from, out + c, m), divisor).add(0f);
      for (int t = 0; t < taps; t++) {
        share.intoArray(to, at + t * step + c, m);
      }
    }
  }

  private static void add(
      float[] from, int out, float[] to, int at, int taps, int step, int channels, float divisor) {
    int c = 0;
    for (; c + V <= channels; c += V) {
      var share = share(FloatVector.fromArray(F, from, out + c), divisor);
      for (int t = 0; t < taps; t++) {
        int cell = at + t * step + c;
        FloatVector.fromArray(F, to, cell).add(share).intoArray(to, cell);
      }
    }
    if (c < channels) {
      var m = F.indexInRange(c, channels);
      var share = share(FloatVector.fromArray(F, from, out + c, m), divisor);
      for (int t = 0; t < taps; t++) {
        int cell = at + t * step + c;
        FloatVector.fromArray(F, to, cell, m).add(share).intoArray(to, cell, m);
      }
    }
  }

  private static FloatVector share(FloatVector grad, float divisor) {
    return Pools.isPowerOfTwo(divisor) ? grad.mul(1 / divisor) : grad.div(divisor);
  }
}
