package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolBlocks;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Spans;

/// Lp pooling, forward: overwrites `y` with p-norms in double, rounded once.
///
/// For p other than 1, 2 and ∞ absolute values are divided by the largest of their window before
/// they are raised to `p`, so that neither large nor small ones leave the range of double.
final class LpForward implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Reduction.Lp lp;
  private final Buffer x;
  private final Buffer y;

  LpForward(PoolProblem.Forward problem, Reduction.Lp lp) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofOutputs(g);
    this.name = "%s %s reference".formatted(lp, g.describe());
    this.lp = lp;
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
          int out = yAt + (row * g.width().outputs() + ox) * g.pixel();
          for (int c = lanes ? c0 : plane; c <= plane; c++) {
            ys[out + c * g.outChannel()] = (float) norm(xs, xAt + c * g.inChannel(), oz, oy, ox);
          }
        }
      }
    }
  }

  private double norm(float[] xs, int at, int oz, int oy, int ox) {
    double p = lp.p();
    if (p == 2) {
      return Math.sqrt(excess(oz, oy, ox) * sum(xs, at, oz, oy, ox, Term.SQUARE, 1));
    }
    if (p == 1) {
      Term term = lp.sign() == Reduction.Sign.SIGNED ? Term.VALUE : Term.ABSOLUTE;
      return excess(oz, oy, ox) * sum(xs, at, oz, oy, ox, term, 1);
    }
    if (p == Double.NEGATIVE_INFINITY) {
      return sum(xs, at, oz, oy, ox, Term.SMALLEST, 1);
    }
    if (lp.sign() == Reduction.Sign.SIGNED) {
      // Scaling would leave a remainder where powers of different signs cancel.
      double sum = excess(oz, oy, ox) * sum(xs, at, oz, oy, ox, Term.POWER, 1);
      return StrictMath.pow(sum, 1 / p);
    }
    double largest = sum(xs, at, oz, oy, ox, Term.LARGEST, 1);
    if (largest == 0 || !Double.isFinite(largest) || p == Double.POSITIVE_INFINITY) {
      return largest;
    }
    double sum = sum(xs, at, oz, oy, ox, Term.POWER_OF_SHARE, largest);
    return largest * StrictMath.pow(sum, 1 / p);
  }

  /// What PyTorch multiplies the sum of a window by that hangs over the input: its average divides
  /// by the cells inside, and its Lp pooling multiplies that by those of the kernel.
  private double excess(int oz, int oy, int ox) {
    return lp.sign() == Reduction.Sign.SIGNED ? LpGradient.excess(g, oz, oy, ox) : 1;
  }

  /// What a window's cells contribute.
  private enum Term {
    VALUE,
    ABSOLUTE,
    SQUARE,
    POWER,
    POWER_OF_SHARE,
    LARGEST,
    SMALLEST
  }

  private double sum(float[] xs, int at, int oz, int oy, int ox, Term term, double scale) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int step = width.step() * g.pixel();
    double sum = term == Term.SMALLEST ? Double.POSITIVE_INFINITY : 0;
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        int in = at + ((iz * height.inputs() + iy) * width.inputs() + width.from(ox)) * g.pixel();
        for (int tx = 0; tx < width.taps(ox); tx++, in += step) {
          double value = xs[in];
          sum =
              switch (term) {
                case VALUE -> sum + value;
                case ABSOLUTE -> sum + Math.abs(value);
                case SQUARE -> sum + value * value;
                case POWER -> sum + StrictMath.pow(value, lp.p());
                case POWER_OF_SHARE -> sum + StrictMath.pow(Math.abs(value) / scale, lp.p());
                case LARGEST -> Math.max(sum, Math.abs(value));
                case SMALLEST -> Math.min(sum, Math.abs(value));
              };
        }
      }
    }
    return sum;
  }
}
