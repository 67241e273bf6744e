package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.PointwiseProblem;

/// Sums of gradients that meet, and biases by themselves.
final class Additions {
  private Additions() {}

  /// `into = into + from`; accumulates.
  record Accumulate(PointwiseProblem.Accumulate problem) implements RangeKernel {
    @Override
    public String name() {
      return "accumulate reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.size();
    }

    @Override
    public long work(int batch) {
      return 1;
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] more = frame.array(problem.from());
      float[] into = frame.array(problem.into());
      int moreAt = problem.from().at();
      int intoAt = problem.into().at();
      for (int i = from; i < to; i++) {
        into[intoAt + i] += more[moreAt + i];
      }
    }
  }

  /// `y = x + bias`, position by position; overwrites `y`, which may be `x`.
  record AddBias(PointwiseProblem.AddBias problem) implements RangeKernel {
    @Override
    public String name() {
      return "bias reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] bias = frame.array(problem.bias());
      float[] y = frame.array(problem.y());
      int channels = problem.channels();
      int biasAt = problem.bias().at();
      for (int position = from; position < to; position++) {
        int xAt = problem.x().at() + position * channels;
        int yAt = problem.y().at() + position * channels;
        for (int c = 0; c < channels; c++) {
          y[yAt + c] = x[xAt + c] + bias[biasAt + c];
        }
      }
    }
  }

  /// `gradBias[c] = Σ gradY` over batch and positions, channel by channel; overwrites.
  record AddBiasBackward(PointwiseProblem.AddBiasBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "bias backward reference";
    }

    @Override
    public long units(int batch) {
      return problem.channels();
    }

    @Override
    public long work(int batch) {
      return Math.max(1, (long) batch * problem.positions());
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] gradY = frame.array(problem.gradY());
      float[] gradBias = frame.array(problem.gradBias());
      int channels = problem.channels();
      int positions = frame.batch() * problem.positions();
      for (int c = from; c < to; c++) {
        double sum = 0;
        for (int position = 0; position < positions; position++) {
          sum += gradY[problem.gradY().at() + position * channels + c];
        }
        gradBias[problem.gradBias().at() + c] = (float) sum;
      }
    }
  }
}
