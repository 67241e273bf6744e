package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Duplicates;

/// Max unpooling, backward: overwrites `gradX` with what `gradY` has at the selected cells; of
/// duplicates under LAST only the one that stayed gets anything, under MEAN each gets its part.
final class UnpoolGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Claims claims;
  private final Duplicates duplicates;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer argmax;

  UnpoolGradient(PoolProblem.UnpoolBackward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.name = "unpool gradient %s reference".formatted(g.describe());
    this.claims = new Claims(g);
    this.duplicates = problem.duplicates();
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
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
    float[] from = frame.array(gradY);
    float[] to = frame.array(gradX);
    byte[] places = frame.bytes();
    int fromAt = gradY.at() + n * g.inSize();
    int toAt = gradX.at() + n * g.outSize();
    int at = argmax.at() + n * g.outSize() * claims.bytes();
    int columns = g.width().outputs();
    for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
      int oz = row / g.height().outputs();
      int oy = row % g.height().outputs();
      for (int ox = 0; ox < columns; ox++) {
        int o = row * columns + ox;
        for (int c = blocks.fromChannel(block); c < blocks.toChannel(block); c++) {
          int cell = claims.cell(places, at, c, oz, oy, ox);
          float gradient = from[fromAt + cell * g.pixel() + c * g.inChannel()];
          to[toAt + o * g.pixel() + c * g.outChannel()] =
              switch (duplicates) {
                case LAST -> claims.next(places, at, c, cell, o) < 0 ? gradient : 0f;
                case SUM -> gradient;
                case MEAN -> gradient / claims.count(places, at, c, cell);
              };
        }
      }
    }
  }
}
