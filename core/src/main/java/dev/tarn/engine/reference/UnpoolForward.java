package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Duplicates;

/// Max unpooling, forward: overwrites `y`. Sums and means of duplicates run in double and are
/// rounded once.
///
/// Every cell looks for the outputs that selected it, rather than every output for its cell, so
/// that means need no second buffer.
final class UnpoolForward implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Claims claims;
  private final Duplicates duplicates;
  private final Buffer x;
  private final Buffer y;
  private final Buffer argmax;

  UnpoolForward(PoolProblem.Unpool problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "unpool %s reference".formatted(g.describe());
    this.claims = new Claims(g);
    this.duplicates = problem.duplicates();
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
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
    byte[] places = frame.bytes();
    int xAt = x.at() + n * g.outSize();
    int yAt = y.at() + n * g.inSize();
    int placesAt = argmax.at() + n * g.outSize() * claims.bytes();
    for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
      for (int cell = 0; cell < g.inPositions(); cell++) {
        ys[yAt + cell * g.pixel() + c * g.inChannel()] = value(xs, xAt, places, placesAt, c, cell);
      }
    }
  }

  private float value(float[] xs, int xAt, byte[] places, int placesAt, int c, int cell) {
    float last = 0;
    double sum = 0;
    int count = 0;
    int o = claims.next(places, placesAt, c, cell, -1);
    for (; o >= 0; o = claims.next(places, placesAt, c, cell, o)) {
      last = xs[xAt + o * g.pixel() + c * g.outChannel()];
      sum += last;
      count++;
    }
    return switch (duplicates) {
      case LAST -> last;
      case SUM -> (float) sum;
      case MEAN -> (float) (sum / Math.max(1, count));
    };
  }
}
