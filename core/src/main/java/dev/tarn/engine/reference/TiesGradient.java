package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Max and min pooling, backward, with the gradient of equal extrema shared equally among them:
/// overwrites `gradX`.
final class TiesGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer x;
  private final Buffer y;

  TiesGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "%s split gradient %s reference".formatted(problem.reduction(), g.describe());
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.x = Objects.requireNonNull(problem.x());
    this.y = Objects.requireNonNull(problem.y());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return blocks.count(batch);
  }

  @Override
  public void run(Frame frame, int block) {
    int n = blocks.sample(block);
    float[] xs = frame.array(x);
    float[] ys = frame.array(y);
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    Gradients.clear(to, gradX.at() + n * g.inSize(), g, c0, c1);
    for (int c = c0; c < c1; c++) {
      int in = n * g.inSize() + c * g.inChannel();
      int o = 0;
      for (int oz = 0; oz < g.depth().outputs(); oz++) {
        for (int oy = 0; oy < g.height().outputs(); oy++) {
          for (int ox = 0; ox < g.width().outputs(); ox++, o++) {
            int out = n * g.outSize() + o * g.pixel() + c * g.outChannel();
            float extremum = ys[y.at() + out];
            int tied = tied(xs, x.at() + in, extremum, oz, oy, ox, null, 0, 0f);
            float share = from[gradY.at() + out] / tied;
            tied(xs, x.at() + in, extremum, oz, oy, ox, to, gradX.at() + in, share);
          }
        }
      }
    }
  }

  /// Counts the cells of a window that hold the extremum, and adds `share` to each in `to`, if
  /// given.
  private int tied(
      float[] xs,
      int xAt,
      float extremum,
      int oz,
      int oy,
      int ox,
      float @Nullable [] to,
      int toAt,
      float share) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int count = 0;
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        for (int tx = 0; tx < width.taps(ox); tx++) {
          int ix = width.from(ox) + tx * width.step();
          int cell = ((iz * height.inputs() + iy) * width.inputs() + ix) * g.pixel();
          float value = xs[xAt + cell];
          if (value == extremum || (Float.isNaN(value) && Float.isNaN(extremum))) {
            count++;
            if (to != null) {
              to[toAt + cell] += share;
            }
          }
        }
      }
    }
    return count;
  }
}
