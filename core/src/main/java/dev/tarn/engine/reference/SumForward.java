package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;

/// Average and sum pooling, forward: overwrites `y` with sums in double over their divisors,
/// rounded once.
final class SumForward implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final DivisorTable divisors;
  private final Buffer x;
  private final Buffer y;

  SumForward(PoolProblem.Forward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.name = "%s %s reference".formatted(problem.reduction(), g.describe());
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.x = problem.x();
    this.y = problem.y();
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
    int xAt = x.at() + n * g.inSize();
    int yAt = y.at() + n * g.outSize();
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    boolean lanes = g.layout() == Layout.NHWC;
    for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
      int oz = row / g.height().outputs();
      int oy = row % g.height().outputs();
      for (int plane = lanes ? c1 - 1 : c0; plane < c1; plane++) {
        for (int ox = 0; ox < g.width().outputs(); ox++) {
          double divisor = divisors.at(oz, oy, ox);
          int out = yAt + (row * g.width().outputs() + ox) * g.pixel();
          for (int c = lanes ? c0 : plane; c <= plane; c++) {
            double sum = sum(xs, xAt + c * g.inChannel(), oz, oy, ox);
            ys[out + c * g.outChannel()] = (float) (sum / divisor);
          }
        }
      }
    }
  }

  private double sum(float[] xs, int at, int oz, int oy, int ox) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int step = width.step() * g.pixel();
    double sum = 0;
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        int in = at + ((iz * height.inputs() + iy) * width.inputs() + width.from(ox)) * g.pixel();
        for (int tx = 0; tx < width.taps(ox); tx++, in += step) {
          sum += xs[in];
        }
      }
    }
    return sum;
  }
}
