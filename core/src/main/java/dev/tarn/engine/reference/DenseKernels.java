package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import java.util.Arrays;

/// Plain-loop kernels for [DenseProblem].
///
/// All go through the weight as few times as they can, for it is far larger than what it
/// multiplies: a tile of it meets [#SAMPLES] samples while it is in cache.
final class DenseKernels {
  private static final int SAMPLES = 16;

  /// Inputs of one tile.
  private static final int INPUTS = 1024;

  private DenseKernels() {}

  static Kernel of(DenseProblem problem) {
    return switch (problem) {
      case DenseProblem.Forward forward -> new Forward(forward);
      case DenseProblem.BackwardData backward -> new BackwardData(backward);
      case DenseProblem.BackwardWeights backward -> new BackwardWeights(backward);
    };
  }

  private static int ceilDiv(int a, int b) {
    return (a + b - 1) / b;
  }

  /// `y = x·wᵀ + bias`, four outputs and [#SAMPLES] samples at a time; overwrites `y`.
  private record Forward(DenseProblem.Forward problem) implements RangeKernel {
    @Override
    public String name() {
      return "dense reference";
    }

    @Override
    public long units(int batch) {
      return (long) ceilDiv(problem.out(), 4) * ceilDiv(batch, SAMPLES);
    }

    @Override
    public long work(int batch) {
      return 4L * problem.in() * Math.min(batch, SAMPLES);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      int groups = ceilDiv(frame.batch(), SAMPLES);
      for (int unit = from; unit < to; unit++) {
        int o = unit / groups * 4;
        int pastOutput = Math.min(o + 4, problem.out());
        int first = unit % groups * SAMPLES;
        int past = Math.min(first + SAMPLES, frame.batch());
        for (int n = first; n < past; n++) {
          for (int output = o; output < pastOutput; output++) {
            product(frame, n, output);
          }
        }
      }
    }

    private void product(Frame frame, int n, int o) {
      float[] x = frame.array(problem.x());
      float[] w = frame.array(problem.w());
      int in = problem.in();
      int xAt = problem.x().at() + n * in;
      int wAt = problem.w().at() + o * in;
      float even = four(x, xAt, w, wAt, in, 0) + four(x, xAt, w, wAt, in, 2);
      float odd = four(x, xAt, w, wAt, in, 1) + four(x, xAt, w, wAt, in, 3);
      float sum = even + odd;
      Buffer bias = problem.bias();
      frame.array(problem.y())[problem.y().at() + n * problem.out() + o] =
          bias == null ? sum : sum + frame.array(bias)[bias.at() + o];
    }

    /// The sums of inputs whose number leaves the rest `first`, `first + 4`, `first + 8` or `first
    /// + 12` by 16, and the first two levels of their tree.
    private static float four(float[] x, int xAt, float[] w, int wAt, int in, int first) {
      float a = 0f;
      float b = 0f;
      float c = 0f;
      float d = 0f;
      int i = first;
      for (; i + 12 < in; i += 16) {
        a = Math.fma(x[xAt + i], w[wAt + i], a);
        b = Math.fma(x[xAt + i + 4], w[wAt + i + 4], b);
        c = Math.fma(x[xAt + i + 8], w[wAt + i + 8], c);
        d = Math.fma(x[xAt + i + 12], w[wAt + i + 12], d);
      }
      if (i < in) {
        a = Math.fma(x[xAt + i], w[wAt + i], a);
      }
      if (i + 4 < in) {
        b = Math.fma(x[xAt + i + 4], w[wAt + i + 4], b);
      }
      if (i + 8 < in) {
        c = Math.fma(x[xAt + i + 8], w[wAt + i + 8], c);
      }
      return (a + c) + (b + d);
    }
  }

  /// `gradX = gradY·w`, four outputs at a time; overwrites `gradX`.
  private record BackwardData(DenseProblem.BackwardData problem) implements RangeKernel {
    @Override
    public String name() {
      return "dense backward data reference";
    }

    @Override
    public long units(int batch) {
      return (long) ceilDiv(problem.in(), INPUTS) * ceilDiv(batch, SAMPLES);
    }

    @Override
    public long work(int batch) {
      return (long) Math.min(problem.in(), INPUTS) * problem.out() * Math.min(batch, SAMPLES);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      int groups = ceilDiv(frame.batch(), SAMPLES);
      for (int unit = from; unit < to; unit++) {
        int i = unit / groups * INPUTS;
        int first = unit % groups * SAMPLES;
        tile(
            frame,
            i,
            Math.min(INPUTS, problem.in() - i),
            first,
            Math.min(first + SAMPLES, frame.batch()));
      }
    }

    private void tile(Frame frame, int i, int count, int first, int past) {
      float[] gradX = frame.array(problem.gradX());
      int in = problem.in();
      for (int n = first; n < past; n++) {
        int at = problem.gradX().at() + n * in + i;
        Arrays.fill(gradX, at, at + count, 0f);
      }
      int o = 0;
      for (; o + 4 <= problem.out(); o += 4) {
        for (int n = first; n < past; n++) {
          fourOutputs(frame, n, o, i, count);
        }
      }
      for (; o < problem.out(); o++) {
        for (int n = first; n < past; n++) {
          oneOutput(frame, n, o, i, count);
        }
      }
    }

    private void fourOutputs(Frame frame, int n, int o, int i, int count) {
      float[] gradY = frame.array(problem.gradY());
      float[] w = frame.array(problem.w());
      float[] gradX = frame.array(problem.gradX());
      int in = problem.in();
      int xAt = problem.gradX().at() + n * in + i;
      int yAt = problem.gradY().at() + n * problem.out() + o;
      int wAt = problem.w().at() + o * in + i;
      float a = gradY[yAt];
      float b = gradY[yAt + 1];
      float c = gradY[yAt + 2];
      float d = gradY[yAt + 3];
      for (int j = 0; j < count; j++) {
        float sum = Math.fma(a, w[wAt + j], gradX[xAt + j]);
        sum = Math.fma(b, w[wAt + in + j], sum);
        sum = Math.fma(c, w[wAt + 2 * in + j], sum);
        gradX[xAt + j] = Math.fma(d, w[wAt + 3 * in + j], sum);
      }
    }

    private void oneOutput(Frame frame, int n, int o, int i, int count) {
      float[] w = frame.array(problem.w());
      float[] gradX = frame.array(problem.gradX());
      int xAt = problem.gradX().at() + n * problem.in() + i;
      int wAt = problem.w().at() + o * problem.in() + i;
      float value = frame.array(problem.gradY())[problem.gradY().at() + n * problem.out() + o];
      for (int j = 0; j < count; j++) {
        gradX[xAt + j] = Math.fma(value, w[wAt + j], gradX[xAt + j]);
      }
    }
  }

  /// `gradW = gradYᵀ·x` and `gradBias`, four samples at a time; overwrites.
  private record BackwardWeights(DenseProblem.BackwardWeights problem) implements RangeKernel {
    @Override
    public String name() {
      return "dense backward weights reference";
    }

    @Override
    public long units(int batch) {
      return (long) ceilDiv(problem.in(), INPUTS) * problem.out();
    }

    @Override
    public long work(int batch) {
      return (long) Math.min(problem.in(), INPUTS) * Math.max(batch, 1);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      for (int unit = from; unit < to; unit++) {
        int i = unit / problem.out() * INPUTS;
        int o = unit % problem.out();
        if (i == 0) {
          bias(frame, o);
        }
        row(frame, o, i, Math.min(INPUTS, problem.in() - i));
      }
    }

    private void bias(Frame frame, int o) {
      Buffer gradBias = problem.gradBias();
      if (gradBias == null) {
        return;
      }
      float[] gradY = frame.array(problem.gradY());
      float sum = 0f;
      for (int n = 0; n < frame.batch(); n++) {
        sum += gradY[problem.gradY().at() + n * problem.out() + o];
      }
      frame.array(gradBias)[gradBias.at() + o] = sum;
    }

    private void row(Frame frame, int o, int i, int count) {
      float[] gradW = frame.array(problem.gradW());
      int wAt = problem.gradW().at() + o * problem.in() + i;
      Arrays.fill(gradW, wAt, wAt + count, 0f);
      int n = 0;
      for (; n + 4 <= frame.batch(); n += 4) {
        fourSamples(frame, n, o, i, wAt, count);
      }
      for (; n < frame.batch(); n++) {
        oneSample(frame, n, o, i, wAt, count);
      }
    }

    private void fourSamples(Frame frame, int n, int o, int i, int wAt, int count) {
      float[] gradY = frame.array(problem.gradY());
      float[] x = frame.array(problem.x());
      float[] gradW = frame.array(problem.gradW());
      int in = problem.in();
      int out = problem.out();
      int xAt = problem.x().at() + n * in + i;
      int yAt = problem.gradY().at() + n * out + o;
      float a = gradY[yAt];
      float b = gradY[yAt + out];
      float c = gradY[yAt + 2 * out];
      float d = gradY[yAt + 3 * out];
      for (int j = 0; j < count; j++) {
        float sum = Math.fma(a, x[xAt + j], gradW[wAt + j]);
        sum = Math.fma(b, x[xAt + in + j], sum);
        sum = Math.fma(c, x[xAt + 2 * in + j], sum);
        gradW[wAt + j] = Math.fma(d, x[xAt + 3 * in + j], sum);
      }
    }

    private void oneSample(Frame frame, int n, int o, int i, int wAt, int count) {
      float[] x = frame.array(problem.x());
      float[] gradW = frame.array(problem.gradW());
      int xAt = problem.x().at() + n * problem.in() + i;
      float value = frame.array(problem.gradY())[problem.gradY().at() + n * problem.out() + o];
      for (int j = 0; j < count; j++) {
        gradW[wAt + j] = Math.fma(value, x[xAt + j], gradW[wAt + j]);
      }
    }
  }
}
