package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Taps;
import dev.tarn.tensor.Layout;
import java.util.Objects;

/// Max and min pooling, backward: overwrites `gradX` with zeros except at the selected places.
final class ExtremumGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Taps taps;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer argmax;

  ExtremumGradient(PoolProblem.Backward problem) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "%s gradient %s reference".formatted(problem.reduction(), g.describe());
    this.taps = new Taps(g);
    this.gradY = problem.gradY();
    this.gradX = problem.gradX();
    this.argmax = Objects.requireNonNull(problem.argmax());
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
    int fromAt = gradY.at() + n * g.outSize();
    int toAt = gradX.at() + n * g.inSize();
    int placesAt = argmax.at() + n * g.outSize() * taps.bytes();
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    Gradients.clear(to, toAt, g, c0, c1);
    // In NHWC the channels of one output are neighbours, in NCHW the outputs of one channel are.
    boolean lanes = g.layout() == Layout.NHWC;
    for (int plane = lanes ? c1 - 1 : c0; plane < c1; plane++) {
      int o = 0;
      for (int oz = 0; oz < g.depth().outputs(); oz++) {
        for (int oy = 0; oy < g.height().outputs(); oy++) {
          for (int ox = 0; ox < g.width().outputs(); ox++, o++) {
            int origin = taps.origin(oz, oy, ox);
            for (int c = lanes ? c0 : plane; c <= plane; c++) {
              int out = o * g.pixel() + c * g.outChannel();
              int cell = origin + taps.offset(taps.get(places, placesAt, out));
              to[toAt + cell * g.pixel() + c * g.inChannel()] += from[fromAt + out];
            }
          }
        }
      }
    }
  }
}
