package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The gradient of L2 pooling, channels first, by [PoolGradientLines], with the cells in lines of
/// the same order. Same bits as [PoolNormGradient].
final class PoolPlaneNormGradient implements Kernel, PoolGradientLines.Tap {
  private final PoolGeometry g;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer x;
  private final Buffer y;
  private final PoolGradientLines lines;
  private final Buffer cells;

  PoolPlaneNormGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.name = "%s gradient %s across columns".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.x = Objects.requireNonNull(problem.x());
    this.y = Objects.requireNonNull(problem.y());
    this.lines = new PoolGradientLines(g);
    this.cells = lines.memory("lines");
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
    return List.of(lines.scratch(), cells);
  }

  @Override
  public void run(Frame frame, int block) {
    lines.run(frame, block, gradX, this);
  }

  @Override
  public void begin(Frame frame, int block, int plane, int row, int rows) {
    float[] memory = frame.array(cells);
    int at = cells.at() + block * lines.lines().size();
    // What is left in padding is dropped, but arithmetic with the tiniest numbers is slow.
    Arrays.fill(memory, at, at + lines.lines().size(), 0f);
    int in = x.at() + plane * g.inPositions() + row * g.width().inputs();
    lines.lines().comb(frame.array(x), in, rows, memory, at, 1);
  }

  @Override
  public void add(Frame frame, int block, int out, int rows, int tap, int at, int step) {
    float[] memory = frame.array(cells);
    int copy = cells.at() - lines.scratch().at();
    int gradAt = gradY.at() + out;
    float[] ys = frame.array(y);
    float[] from = frame.array(gradY);
    int width = g.width().outputs();
    for (int i = 0; i < width; i += HALF) {
      int left = width - i;
      add(memory, at + i, copy, rows, step, ys, y.at() + out + i, from, gradAt + i, width, left);
    }
  }

  private static void add(
      float[] memory,
      int at,
      int copy,
      int rows,
      int step,
      float[] ys,
      int yAt,
      float[] from,
      int gradAt,
      int width,
      int left) {
    var m = H.indexInRange(0, left);
    for (int row = 0; row < rows; row++) {
      int cell = at + row * step;
      var norms = FloatVector.fromArray(H, ys, yAt + row * width, m);
      var some = norms.compare(VectorOperators.NE, 0f);
      var slope = Pools.doubles(memory, cell + copy).div(Pools.doubles(norms));
      var grad = Pools.doubles(from, gradAt + row * width, m);
      FloatVector.fromArray(H, memory, cell)
          .add(Pools.floats(grad.mul(slope)), some)
          .intoArray(memory, cell);
    }
  }
}
