package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

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

/// The gradient of L2 pooling, channels last, one row of cells at a time: each output whose window
/// reaches the row, in row-major order, gives `gradY · (x / y)`, taken in double and rounded once
/// like the reference's, and nothing where `y` is 0.
///
/// A division takes longer than everything else together, so there is one for each output instead
/// of one for each cell; [Pools#quotient] makes the same bits of its inverse.
final class PoolNormGradient implements Kernel {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer x;
  private final Buffer y;
  private final PoolRows rows;
  private final PoolUnits units;

  PoolNormGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across channels".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.x = Objects.requireNonNull(problem.x());
    this.y = Objects.requireNonNull(problem.y());
    this.rows = PoolRows.ofInputs(g);
    this.units = PoolUnits.ofInputs(g);
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
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    int line = width.inputs() * channels;
    int in = sample * g.inSize() + row * line;
    Arrays.fill(to, gradX.at() + in, gradX.at() + in + line, 0f);
    int step = width.step() * channels;
    for (int pair = rows.start(row); pair < rows.start(row + 1); pair++) {
      int out = sample * g.outSize() + rows.row(pair) * width.outputs() * channels;
      for (int ox = 0; ox < width.outputs(); ox++, out += channels) {
        int at = in + width.from(ox) * channels;
        int taps = width.taps(ox);
        for (int c = 0; c < channels; c += HALF) {
          int yAt = y.at() + out + c;
          int gradAt = gradY.at() + out + c;
          int xAt = x.at() + at + c;
          int toAt = gradX.at() + at + c;
          if (c + HALF <= channels) {
            add(xs, xAt, ys, yAt, from, gradAt, to, toAt, taps, step);
          } else {
            add(xs, xAt, ys, yAt, from, gradAt, to, toAt, taps, step, channels - c);
          }
        }
      }
    }
  }

  private static void add(
      float[] xs,
      int xAt,
      float[] ys,
      int yAt,
      float[] gradY,
      int gradAt,
      float[] to,
      int toAt,
      int taps,
      int step) {
    var norms = FloatVector.fromArray(H, ys, yAt);
    var some = norms.compare(VectorOperators.NE, 0f);
    var norm = Pools.doubles(norms);
    var inverse = norm.broadcast(1).div(norm);
    var divisor = Pools.finite(norm);
    var grad = Pools.doubles(gradY, gradAt);
    for (int t = 0, i = 0; t < taps; t++, i += step) {
      var slope = Pools.quotient(Pools.doubles(xs, xAt + i), divisor, inverse);
      FloatVector.fromArray(H, to, toAt + i)
          .add(Pools.floats(grad.mul(slope)), some)
          .intoArray(to, toAt + i);
    }
  }

  private static void add(
      float[] xs,
      int xAt,
      float[] ys,
      int yAt,
      float[] gradY,
      int gradAt,
      float[] to,
      int toAt,
      int taps,
      int step,
      int left) {
    var m = H.indexInRange(0, left);
    var norms = FloatVector.fromArray(H, ys, yAt, m);
    var some = norms.compare(VectorOperators.NE, 0f);
    var norm = Pools.doubles(norms);
    var inverse = norm.broadcast(1).div(norm);
    var divisor = Pools.finite(norm);
    var grad = Pools.doubles(gradY, gradAt, m);
    for (int t = 0, i = 0; t < taps; t++, i += step) {
      var slope = Pools.quotient(Pools.doubles(xs, xAt + i, m), divisor, inverse);
      FloatVector.fromArray(H, to, toAt + i, m)
          .add(Pools.floats(grad.mul(slope)), some)
          .intoArray(to, toAt + i, m);
    }
  }
}
