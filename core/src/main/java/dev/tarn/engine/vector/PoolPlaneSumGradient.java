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

/// The gradient of average and sum pooling, channels first, by [PoolGradientLines]. Same bits as
/// [PoolSumGradient].
final class PoolPlaneSumGradient implements Kernel, PoolGradientLines.Tap {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final PoolGradientLines lines;

  /// What the gradients of a row of outputs are divided by.
  private final PoolDivisors divisors;

  private final float[] divisorOf;

  PoolPlaneSumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across columns".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.lines = new PoolGradientLines(g);
    this.divisors = new PoolDivisors(g, DivisorTable.of(problem.reduction(), g));
    this.divisorOf = divisors.floats();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return lines.blocks(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(lines.scratch());
  }

  @Override
  public void run(Frame frame, int block) {
    lines.run(frame, block, gradX, this);
  }

  @Override
  public void add(Frame frame, int block, int out, int rows, int tap, int at, int step) {
    int width = g.width().outputs();
    int first = out / width % (g.outPositions() / width);
    float[] from = frame.array(gradY);
    float[] to = frame.array(lines.scratch());
    for (int row = 0; row < rows; ) {
      int same = divisors.alike(first + row, first + rows);
      int fromAt = gradY.at() + out + row * width;
      double inverse = divisors.exactInverse(first + row);
      if (inverse != 0) {
        multiply(from, fromAt, same, width, (float) inverse, to, at + row * step, step);
      } else {
        int divisorAt = divisors.at(first + row);
        divide(from, fromAt, same, width, divisorOf, divisorAt, to, at + row * step, step);
      }
      row += same;
    }
  }

  private static void multiply(
      float[] from, int fromAt, int rows, int width, float inverse, float[] to, int at, int step) {
    int whole = width / V * V;
    for (int row = 0; row < rows; row++) {
      int in = fromAt + row * width;
      int out = at + row * step;
      for (int i = 0; i < whole; i += V) {
        var share = FloatVector.fromArray(F, from, in + i).mul(inverse);
        FloatVector.fromArray(F, to, out + i).add(share).intoArray(to, out + i);
      }
    }
    if (whole < width) {
      var m = F.indexInRange(0, width - whole);
      for (int row = 0; row < rows; row++) {
        int out = at + row * step + whole;
        var share = FloatVector.fromArray(F, from, fromAt + row * width + whole, m).mul(inverse);
        FloatVector.fromArray(F, to, out).add(share).intoArray(to, out);
      }
    }
  }

  private static void divide(
      float[] from,
      int fromAt,
      int rows,
      int width,
      float[] divisors,
      int divisorAt,
      float[] to,
      int at,
      int step) {
    for (int i = 0; i < width; i += V) {
      var m = F.indexInRange(i, width);
      var divisor = FloatVector.fromArray(F, divisors, divisorAt + i);
      for (int row = 0; row < rows; row++) {
        int out = at + row * step + i;
        var share = FloatVector.fromArray(F, from, fromAt + row * width + i, m).div(divisor);
        FloatVector.fromArray(F, to, out).add(share).intoArray(to, out);
      }
    }
  }
}
