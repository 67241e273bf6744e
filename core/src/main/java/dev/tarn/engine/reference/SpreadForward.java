package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Coverage;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;

/// Average unpooling, forward: overwrites `y` with means in double, rounded once.
final class SpreadForward implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Coverage depth;
  private final Coverage height;
  private final Coverage width;
  private final Buffer x;
  private final Buffer y;

  SpreadForward(PoolProblem.Spread problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "average unpool %s reference".formatted(g.describe());
    this.depth = new Coverage(g.depth());
    this.height = new Coverage(g.height());
    this.width = new Coverage(g.width());
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
    int xAt = x.at() + n * g.outSize();
    int yAt = y.at() + n * g.inSize();
    int cell = 0;
    for (int iz = 0; iz < g.depth().inputs(); iz++) {
      for (int iy = 0; iy < g.height().inputs(); iy++) {
        for (int ix = 0; ix < g.width().inputs(); ix++, cell++) {
          long count = (long) depth.count(iz) * height.count(iy) * width.count(ix);
          for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
            double sum = sum(xs, xAt + c * g.outChannel(), iz, iy, ix);
            ys[yAt + cell * g.pixel() + c * g.inChannel()] = (float) (sum / Math.max(1, count));
          }
        }
      }
    }
  }

  private double sum(float[] xs, int at, int iz, int iy, int ix) {
    double sum = 0;
    for (int oz = depth.first(iz); oz < depth.past(iz); oz++) {
      for (int oy = height.first(iy); depth.takes(oz, iz) && oy < height.past(iy); oy++) {
        for (int ox = width.first(ix); height.takes(oy, iy) && ox < width.past(ix); ox++) {
          if (width.takes(ox, ix)) {
            sum +=
                xs[at + ((oz * g.height().outputs() + oy) * g.width().outputs() + ox) * g.pixel()];
          }
        }
      }
    }
    return sum;
  }
}
