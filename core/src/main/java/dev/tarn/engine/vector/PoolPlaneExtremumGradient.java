package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.List;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/// The gradient of max and min pooling, channels first, by [PoolGradientLines]. Same bits as
/// [PoolExtremumGradient].
final class PoolPlaneExtremumGradient implements Kernel, PoolGradientLines.Tap {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer argmax;
  private final PoolGradientLines lines;

  PoolPlaneExtremumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across columns".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.argmax = Objects.requireNonNull(problem.argmax());
    this.lines = new PoolGradientLines(g);
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
    float[] from = frame.array(gradY);
    float[] to = frame.array(lines.scratch());
    int width = g.width().outputs();
    int fromAt = gradY.at() + out;
    int whole = width / V * V;
    if (whole > 0) {
      add(from, fromAt, frame.bytes(), argmax.at() + out, rows, width, whole, tap, to, at, step);
    }
    if (whole < width) {
      int left = width - whole;
      int placesAt = argmax.at() + out + whole;
      byte[] places = frame.bytes();
      last(from, fromAt + whole, places, placesAt, rows, width, left, tap, to, at + whole, step);
    }
  }

  private static void add(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int rows,
      int width,
      int whole,
      int tap,
      float[] to,
      int at,
      int step) {
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < whole; i += V) {
        int in = row * width + i;
        int out = at + row * step + i;
        var grad = FloatVector.fromArray(F, from, fromAt + in);
        var chosen = Pools.equal(places, placesAt + in, tap);
        FloatVector.fromArray(F, to, out).add(grad, chosen).intoArray(to, out);
      }
    }
  }

  /// The last columns, fewer than a vector: beyond them gradients are loaded as 0.
  private static void last(
      float[] from,
      int fromAt,
      byte[] places,
      int placesAt,
      int rows,
      int width,
      int left,
      int tap,
      float[] to,
      int at,
      int step) {
    var m = F.indexInRange(0, left);
    for (int row = 0; row < rows; row++) {
      int in = row * width;
      int out = at + row * step;
      var grad = FloatVector.fromArray(F, from, fromAt + in, m);
      var chosen = Pools.equal(places, placesAt + in, tap, left);
      FloatVector.fromArray(F, to, out).add(grad, chosen).intoArray(to, out);
    }
  }
}
