package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Taps;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Spans;
import org.jspecify.annotations.Nullable;

/// Max and min pooling, forward: overwrites `y` and, if somebody needs it, `argmax`.
///
/// A cell takes over only if it is strictly larger, so that the first of equals stays, and with it
/// the sign of a zero.
final class ExtremumForward implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Taps taps;
  private final Buffer x;
  private final Buffer y;
  private final @Nullable Buffer argmax;
  private final float sign;
  private final boolean propagate;

  /// `sign` is 1 for the maximum, −1 for the minimum.
  ExtremumForward(PoolProblem.Forward problem, float sign, NanPolicy nan) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.name = "%s %s reference".formatted(problem.reduction(), g.describe());
    this.taps = new Taps(g);
    this.x = problem.x();
    this.y = problem.y();
    this.argmax = problem.argmax();
    this.sign = sign;
    this.propagate = nan == NanPolicy.PROPAGATE;
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
    byte[] places = argmax == null ? null : frame.bytes();
    int placesAt = argmax == null ? 0 : argmax.at() + n * g.outSize() * taps.bytes();
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    for (int row = blocks.fromRow(block); row < blocks.toRow(block); row++) {
      if (g.layout() == Layout.NHWC) {
        lanes(xs, xAt, ys, yAt, places, placesAt, row, c0, c1);
      } else {
        for (int c = c0; c < c1; c++) {
          plane(xs, xAt + c * g.inPositions(), ys, yAt, places, placesAt, row, c);
        }
      }
    }
  }

  /// One row of outputs, all channels of a position side by side.
  private void lanes(
      float[] xs,
      int xAt,
      float[] ys,
      int yAt,
      byte @Nullable [] places,
      int placesAt,
      int row,
      int c0,
      int c1) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int oz = row / height.outputs();
    int oy = row % height.outputs();
    for (int ox = 0; ox < width.outputs(); ox++) {
      int out = (row * width.outputs() + ox) * g.channels();
      boolean first = true;
      for (int tz = 0; tz < depth.taps(oz); tz++) {
        int iz = depth.from(oz) + tz * depth.step();
        for (int ty = 0; ty < height.taps(oy); ty++) {
          int iy = height.from(oy) + ty * height.step();
          int tapRow =
              ((depth.tapFrom(oz) + tz) * height.kernel() + height.tapFrom(oy) + ty)
                      * width.kernel()
                  + width.tapFrom(ox);
          int in =
              xAt + ((iz * height.inputs() + iy) * width.inputs() + width.from(ox)) * g.pixel();
          for (int tx = 0; tx < width.taps(ox); tx++, in += width.step() * g.pixel()) {
            if (first) {
              System.arraycopy(xs, in + c0, ys, yAt + out + c0, c1 - c0);
              for (int c = c0; places != null && c < c1; c++) {
                taps.put(places, placesAt, out + c, tapRow + tx);
              }
              first = false;
            } else if (places == null) {
              improve(xs, in, ys, yAt + out, c0, c1);
            } else {
              improve(xs, in, ys, yAt, places, placesAt, out, tapRow + tx, c0, c1);
            }
          }
        }
      }
    }
  }

  private void improve(float[] xs, int in, float[] ys, int out, int c0, int c1) {
    for (int c = c0; c < c1; c++) {
      float value = xs[in + c];
      float best = ys[out + c];
      if (!(value * sign <= best * sign) && wins(value, best)) {
        ys[out + c] = value;
      }
    }
  }

  private void improve(
      float[] xs,
      int in,
      float[] ys,
      int yAt,
      byte[] places,
      int placesAt,
      int out,
      int tap,
      int c0,
      int c1) {
    for (int c = c0; c < c1; c++) {
      float value = xs[in + c];
      float best = ys[yAt + out + c];
      if (!(value * sign <= best * sign) && wins(value, best)) {
        ys[yAt + out + c] = value;
        taps.put(places, placesAt, out + c, tap);
      }
    }
  }

  /// One row of outputs of one channel.
  private void plane(
      float[] xs,
      int xAt,
      float[] ys,
      int yAt,
      byte @Nullable [] places,
      int placesAt,
      int row,
      int channel) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int oz = row / height.outputs();
    int oy = row % height.outputs();
    for (int ox = 0; ox < width.outputs(); ox++) {
      float best = 0;
      int place = -1;
      for (int tz = 0; tz < depth.taps(oz); tz++) {
        int iz = depth.from(oz) + tz * depth.step();
        for (int ty = 0; ty < height.taps(oy); ty++) {
          int iy = height.from(oy) + ty * height.step();
          int tapRow =
              ((depth.tapFrom(oz) + tz) * height.kernel() + height.tapFrom(oy) + ty)
                      * width.kernel()
                  + width.tapFrom(ox);
          int in = xAt + (iz * height.inputs() + iy) * width.inputs() + width.from(ox);
          for (int tx = 0; tx < width.taps(ox); tx++, in += width.step()) {
            float value = xs[in];
            if (place < 0 || (!(value * sign <= best * sign) && wins(value, best))) {
              best = value;
              place = tapRow + tx;
            }
          }
        }
      }
      int out = channel * g.outPositions() + row * width.outputs() + ox;
      ys[yAt + out] = best;
      if (places != null) {
        taps.put(places, placesAt, out, place);
      }
    }
  }

  /// Whether a value that is larger, or is or meets a NaN, takes over from the best so far.
  private boolean wins(float value, float best) {
    if (Float.isNaN(value)) {
      return propagate && !Float.isNaN(best);
    }
    return !Float.isNaN(best) || !propagate;
  }
}
