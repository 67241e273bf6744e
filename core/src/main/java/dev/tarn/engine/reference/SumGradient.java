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

/// Average and sum pooling, backward: overwrites `gradX`; every cell of a window gets `gradY` over
/// the divisor that the forward pass used.
final class SumGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final DivisorTable divisors;
  private final Buffer gradY;
  private final Buffer gradX;

  SumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "%s gradient %s reference".formatted(problem.reduction(), g.describe());
    this.divisors = DivisorTable.of(problem.reduction(), g);
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
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
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    int fromAt = gradY.at() + n * g.outSize();
    int toAt = gradX.at() + n * g.inSize();
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    Gradients.clear(to, toAt, g, c0, c1);
    boolean lanes = g.layout() == Layout.NHWC;
    for (int plane = lanes ? c1 - 1 : c0; plane < c1; plane++) {
      int out = fromAt;
      for (int oz = 0; oz < g.depth().outputs(); oz++) {
        for (int oy = 0; oy < g.height().outputs(); oy++) {
          for (int ox = 0; ox < g.width().outputs(); ox++, out += g.pixel()) {
            double divisor = divisors.at(oz, oy, ox);
            for (int c = lanes ? c0 : plane; c <= plane; c++) {
              float share = (float) (from[out + c * g.outChannel()] / divisor);
              add(to, toAt + c * g.inChannel(), share, oz, oy, ox);
            }
          }
        }
      }
    }
  }

  private void add(float[] to, int at, float share, int oz, int oy, int ox) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int step = width.step() * g.pixel();
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        int in = at + ((iz * height.inputs() + iy) * width.inputs() + width.from(ox)) * g.pixel();
        for (int tx = 0; tx < width.taps(ox); tx++, in += step) {
          to[in] += share;
        }
      }
    }
  }
}
