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
import java.util.Objects;

/// Lp pooling, backward: overwrites `gradX` with `gradY · sign(x) · (|x| / y)^(p−1)`, and 0 where
/// `y` or `x` is 0. For `p = ±∞` the first cell whose absolute value is `y` gets it all.
final class LpGradient implements Kernel {
  private final PoolGeometry g;
  private final PoolBlocks blocks;
  private final String name;
  private final Reduction.Lp lp;
  private final Buffer gradY;
  private final Buffer gradX;
  private final Buffer x;
  private final Buffer y;

  LpGradient(PoolProblem.Backward problem, Reduction.Lp lp) {
    this.g = problem.geometry();
    this.blocks = PoolBlocks.ofInputs(g);
    this.name = "%s gradient %s reference".formatted(lp, g.describe());
    this.lp = lp;
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
    int inAt = n * g.inSize();
    int outAt = n * g.outSize();
    int c0 = blocks.fromChannel(block);
    int c1 = blocks.toChannel(block);
    Gradients.clear(to, gradX.at() + inAt, g, c0, c1);
    boolean lanes = g.layout() == Layout.NHWC;
    for (int plane = lanes ? c1 - 1 : c0; plane < c1; plane++) {
      int o = outAt;
      for (int oz = 0; oz < g.depth().outputs(); oz++) {
        for (int oy = 0; oy < g.height().outputs(); oy++) {
          for (int ox = 0; ox < g.width().outputs(); ox++, o += g.pixel()) {
            for (int c = lanes ? c0 : plane; c <= plane; c++) {
              int out = o + c * g.outChannel();
              int in = inAt + c * g.inChannel();
              double norm = ys[y.at() + out];
              if (norm != 0) {
                double gradient = from[gradY.at() + out];
                add(xs, x.at() + in, to, gradX.at() + in, norm, gradient, oz, oy, ox);
              }
            }
          }
        }
      }
    }
  }

  private void add(
      float[] xs,
      int xAt,
      float[] to,
      int toAt,
      double norm,
      double gradient,
      int oz,
      int oy,
      int ox) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    boolean extremum = Double.isInfinite(lp.p());
    double scaled = gradient * (lp.sign() == Reduction.Sign.SIGNED ? excess(g, oz, oy, ox) : 1);
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        for (int tx = 0; tx < width.taps(ox); tx++) {
          int ix = width.from(ox) + tx * width.step();
          int cell = ((iz * height.inputs() + iy) * width.inputs() + ix) * g.pixel();
          double value = xs[xAt + cell];
          if (!extremum) {
            to[toAt + cell] += (float) (scaled * slope(value, norm));
          } else if (Double.compare(Math.abs(value), norm) == 0) {
            to[toAt + cell] += (float) (scaled * Math.signum(value));
            return;
          }
        }
      }
    }
  }

  /// `∂y/∂x` for a finite `p`.
  private double slope(double value, double norm) {
    double p = lp.p();
    if (p == 2) {
      return value / norm;
    }
    if (lp.sign() == Reduction.Sign.SIGNED) {
      return StrictMath.pow(value / norm, p - 1);
    }
    double sign = Math.signum(value);
    return p == 1 || value == 0 ? sign : sign * StrictMath.pow(Math.abs(value) / norm, p - 1);
  }

  /// Cells of the whole window over those inside the padded input.
  static double excess(PoolGeometry g, int oz, int oy, int ox) {
    double window = (double) g.depth().window(oz) * g.height().window(oy) * g.width().window(ox);
    double inside = (double) g.depth().padded(oz) * g.height().padded(oy) * g.width().padded(ox);
    return window / inside;
  }
}
