package dev.tarn.engine.vector;

import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.tensor.Spans;

/// Convolution in two dimensions as the contract puts it into words, one number at a time.
final class NaiveConv {
  private NaiveConv() {}

  private static int in(Spans s, int o, int k) {
    int i = o * s.stride() - s.before() + k * s.step();
    return i >= 0 && i < s.inputs() ? i : -1;
  }

  private static float x(ConvGeometry g, float[] x, int n, int c, int y, int xx) {
    return y < 0 || xx < 0
        ? 0f
        : x[((n * g.height().inputs() + y) * g.width().inputs() + xx) * g.inChannels() + c];
  }

  static float[] forward(ConvGeometry g, int batch, float[] x, float[] w, float[] b) {
    int kh = g.height().kernel();
    int kw = g.width().kernel();
    int ow = g.width().outputs();
    float[] y = new float[batch * g.outPositions() * g.outChannels()];
    for (int i = 0; i < y.length; i++) {
      int o = i % g.outChannels();
      int p = i / g.outChannels() % g.outPositions();
      int n = i / g.outChannels() / g.outPositions();
      int group = o / g.groupOut();
      float sum = b[o];
      for (int c = 0; c < g.groupIn(); c++) {
        for (int t = 0; t < kh * kw; t++) {
          int yy = in(g.height(), p / ow, t / kw);
          int xx = in(g.width(), p % ow, t % kw);
          float v = x(g, x, n, group * g.groupIn() + c, yy, xx);
          sum = Math.fma(v, w[(o * g.groupIn() + c) * kh * kw + t], sum);
        }
      }
      y[i] = sum;
    }
    return y;
  }

  static float[] backwardData(ConvGeometry g, int batch, float[] gradY, float[] w) {
    int kh = g.height().kernel();
    int kw = g.width().kernel();
    int ow = g.width().outputs();
    int iw = g.width().inputs();
    int positions = g.outPositions();
    float[] gradX = new float[batch * g.inPositions() * g.inChannels()];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < g.outChannels(); o++) {
        for (int t = 0; t < kh * kw; t++) {
          for (int p = 0; p < positions; p++) {
            int yy = in(g.height(), p / ow, t / kw);
            int xx = in(g.width(), p % ow, t % kw);
            if (yy < 0 || xx < 0) {
              continue;
            }
            float dy = gradY[(n * positions + p) * g.outChannels() + o];
            for (int c = 0; c < g.groupIn(); c++) {
              int channel = o / g.groupOut() * g.groupIn() + c;
              int at = ((n * g.height().inputs() + yy) * iw + xx) * g.inChannels() + channel;
              gradX[at] = Math.fma(dy, w[(o * g.groupIn() + c) * kh * kw + t], gradX[at]);
            }
          }
        }
      }
    }
    return gradX;
  }

  static float[] backwardWeights(ConvGeometry g, int batch, int blocks, float[] x, float[] gradY) {
    int kh = g.height().kernel();
    int kw = g.width().kernel();
    int ow = g.width().outputs();
    float[] gradW = new float[g.weightSize()];
    for (int i = 0; i < gradW.length; i++) {
      int t = i % (kh * kw);
      int o = i / (kh * kw) / g.groupIn();
      int c = o / g.groupOut() * g.groupIn() + i / (kh * kw) % g.groupIn();
      gradW[i] =
          sum(
              g,
              batch,
              blocks,
              gradY,
              o,
              (n, p) ->
                  x(g, x, n, c, in(g.height(), p / ow, t / kw), in(g.width(), p % ow, t % kw)));
    }
    return gradW;
  }

  static float[] backwardBias(ConvGeometry g, int batch, int blocks, float[] gradY) {
    float[] gradB = new float[g.outChannels()];
    for (int o = 0; o < gradB.length; o++) {
      gradB[o] = sum(g, batch, blocks, gradY, o, (n, p) -> 1f);
    }
    return gradB;
  }

  private interface Factor {
    float at(int sample, int position);
  }

  private static float sum(
      ConvGeometry g, int batch, int blocks, float[] gradY, int o, Factor factor) {
    int positions = g.outPositions();
    float[] p = new float[blocks];
    for (int b = 0; b < blocks; b++) {
      int first = b * batch / blocks * positions;
      int past = (b + 1) * batch / blocks * positions;
      for (int q = first; q < past; q += ConvProblem.BackwardWeights.RUN) {
        float run = 0f;
        for (int i = q; i < Math.min(past, q + ConvProblem.BackwardWeights.RUN); i++) {
          float dy = gradY[i * g.outChannels() + o];
          run = Math.fma(factor.at(i / positions, i % positions), dy, run);
        }
        p[b] += run;
      }
    }
    for (int s = 1; s < blocks; s *= 2) {
      for (int i = 0; i + s < blocks; i += 2 * s) {
        p[i] += p[i + s];
      }
    }
    return p[0];
  }
}
