package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Coverage;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Spans;

/// Average unpooling, backward: overwrites `gradX`; every value gathers `gradY` from its region,
/// each cell divided by the number of regions that hold it.
final class SpreadGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Coverage depth;
  private final Coverage height;
  private final Coverage width;
  private final Buffer gradY;
  private final Buffer gradX;

  SpreadGradient(PoolProblem.SpreadBackward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.name = "average unpool gradient %s reference".formatted(g.describe());
    this.depth = new Coverage(g.depth());
    this.height = new Coverage(g.height());
    this.width = new Coverage(g.width());
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
    int fromAt = gradY.at() + n * g.inSize();
    int toAt = gradX.at() + n * g.outSize();
    for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
      int oz = row / g.height().outputs();
      int oy = row % g.height().outputs();
      for (int ox = 0; ox < g.width().outputs(); ox++) {
        int out = toAt + (row * g.width().outputs() + ox) * g.pixel();
        for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
          double sum = sum(from, fromAt + c * g.inChannel(), oz, oy, ox);
          to[out + c * g.outChannel()] = (float) sum;
        }
      }
    }
  }

  private double sum(float[] from, int at, int oz, int oy, int ox) {
    Spans z = g.depth();
    Spans y = g.height();
    Spans x = g.width();
    double sum = 0;
    for (int tz = 0; tz < z.taps(oz); tz++) {
      int iz = z.from(oz) + tz * z.step();
      for (int ty = 0; ty < y.taps(oy); ty++) {
        int iy = y.from(oy) + ty * y.step();
        long rows = (long) depth.count(iz) * height.count(iy);
        for (int tx = 0; tx < x.taps(ox); tx++) {
          int ix = x.from(ox) + tx * x.step();
          int cell = (iz * y.inputs() + iy) * x.inputs() + ix;
          sum += from[at + cell * g.pixel()] / (double) (rows * width.count(ix));
        }
      }
    }
    return sum;
  }
}
