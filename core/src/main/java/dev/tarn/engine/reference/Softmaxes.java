package dev.tarn.engine.reference;

import dev.tarn.engine.Exponential;
import dev.tarn.engine.Frame;
import dev.tarn.engine.PointwiseProblem;

/// Softmax across channels and its gradient, position by position.
final class Softmaxes {
  private Softmaxes() {}

  /// `y = softmax(x)`, less the largest value before exponentials; overwrites `y`, which may be
  /// `x`.
  record Forward(PointwiseProblem.Softmax problem) implements RangeKernel {
    @Override
    public String name() {
      return "softmax reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return 60L * problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int channels = problem.channels();
      for (int position = from; position < to; position++) {
        int xAt = problem.x().at() + position * channels;
        int yAt = problem.y().at() + position * channels;
        float largest = x[xAt];
        for (int c = 1; c < channels; c++) {
          largest = Math.max(largest, x[xAt + c]);
        }
        double sum = 0;
        for (int c = 0; c < channels; c++) {
          sum += Exponential.of((double) x[xAt + c] - largest);
        }
        // Exponentials twice, rather than kept as floats, so that each answer is rounded once.
        for (int c = 0; c < channels; c++) {
          y[yAt + c] = (float) (Exponential.of((double) x[xAt + c] - largest) / sum);
        }
      }
    }
  }

  /// `gradX = y · (gradY − Σ gradY·y)`; overwrites `gradX`, which may be `gradY`.
  record Backward(PointwiseProblem.SoftmaxBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "softmax backward reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return 3L * problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] y = frame.array(problem.y());
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      int channels = problem.channels();
      for (int position = from; position < to; position++) {
        int at = problem.y().at() + position * channels;
        int gradAt = problem.gradY().at() + position * channels;
        int toAt = problem.gradX().at() + position * channels;
        double sum = 0;
        for (int c = 0; c < channels; c++) {
          sum += (double) gradY[gradAt + c] * y[at + c];
        }
        for (int c = 0; c < channels; c++) {
          gradX[toAt + c] = (float) (y[at + c] * (gradY[gradAt + c] - sum));
        }
      }
    }
  }
}
