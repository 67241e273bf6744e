package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.NormProblem;

/// Local response normalisation across neighbouring channels, and its gradient, in double.
final class LocalNorms {
  private LocalNorms() {}

  /// `k + alpha / size · Σ x²` around channel `c` of the position that begins at `at`.
  private static double base(NormProblem.Local problem, float[] x, int at, int c) {
    int from = Math.max(0, c - before(problem));
    int to = Math.min(problem.channels(), c - before(problem) + problem.size());
    double squares = 0;
    for (int i = from; i < to; i++) {
      squares += (double) x[at + i] * x[at + i];
    }
    return problem.k() + problem.alpha() / problem.size() * squares;
  }

  /// Channels of the sum that come before the one in the middle.
  private static int before(NormProblem.Local problem) {
    return (problem.size() - 1) / 2;
  }

  /// `base^−beta`; by square roots for the usual exponents, which are many times faster than a
  /// power.
  private static double power(double base, double beta) {
    if (beta == 0.75) {
      double root = Math.sqrt(base);
      return 1 / (root * Math.sqrt(root));
    }
    if (beta == 0.5) {
      return 1 / Math.sqrt(base);
    }
    return beta == 1 ? 1 / base : StrictMath.pow(base, -beta);
  }

  /// `y = x / base^beta`; overwrites `y`.
  record Forward(NormProblem.Local problem) implements RangeKernel {
    @Override
    public String name() {
      return "local response norm reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return (long) problem.channels() * (problem.size() + 20L);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int channels = problem.channels();
      for (int position = from; position < to; position++) {
        int xAt = problem.x().at() + position * channels;
        int yAt = problem.y().at() + position * channels;
        for (int c = 0; c < channels; c++) {
          y[yAt + c] = (float) (x[xAt + c] * power(base(problem, x, xAt, c), problem.beta()));
        }
      }
    }
  }

  /// `gradX_c = gradY_c · base_c^−beta − 2·alpha·beta / size · x_c · Σ gradY_j · x_j ·
  /// base_j^(−beta−1)` over the channels `j` whose sum holds `c`; overwrites `gradX`.
  record Backward(NormProblem.LocalBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "local response norm backward reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.forward().positions();
    }

    @Override
    public long work(int batch) {
      NormProblem.Local forward = problem.forward();
      return (long) forward.channels() * (forward.size() + 1L) * (forward.size() + 20L);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      NormProblem.Local forward = problem.forward();
      float[] x = frame.array(forward.x());
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      int channels = forward.channels();
      double beta = forward.beta();
      double factor = 2 * forward.alpha() * beta / forward.size();
      int after = forward.size() - 1 - before(forward);
      for (int position = from; position < to; position++) {
        int xAt = forward.x().at() + position * channels;
        int yAt = problem.gradY().at() + position * channels;
        int toAt = problem.gradX().at() + position * channels;
        for (int c = 0; c < channels; c++) {
          int past = Math.min(channels - 1, c + before(forward));
          double sum = 0;
          for (int j = Math.max(0, c - after); j <= past; j++) {
            double base = base(forward, x, xAt, j);
            sum += (double) gradY[yAt + j] * x[xAt + j] * (power(base, beta) / base);
          }
          double direct = gradY[yAt + c] * power(base(forward, x, xAt, c), beta);
          gradX[toAt + c] = (float) (direct - factor * x[xAt + c] * sum);
        }
      }
    }
  }
}
