package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;
import java.util.List;

/// Batch normalisation with given statistics: `y = (x − mean) · scale + bias` with `scale = weight
/// / √(variance + epsilon)`, rounded once.
final class FrozenBatchNorm {
  /// Positions for which a channel's scale is computed once.
  private static final int TILE = 64;

  private FrozenBatchNorm() {}

  private static float scale(
      Frame frame, Buffer weight, Buffer variance, double epsilon, int channel) {
    double deviation = Math.sqrt(frame.array(variance)[variance.at() + channel] + epsilon);
    return (float) (frame.array(weight)[weight.at() + channel] / deviation);
  }

  /// Overwrites `y`, which may be `x`.
  record Forward(NormProblem.BatchInference problem) implements RangeKernel {
    @Override
    public String name() {
      return "batch norm reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return 2L * problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int channels = problem.channels();
      for (int first = from; first < to; first += TILE) {
        int past = Math.min(first + TILE, to);
        for (int c = 0; c < channels; c++) {
          float scale = scale(frame, problem.weight(), problem.variance(), problem.epsilon(), c);
          float mean = frame.array(problem.mean())[problem.mean().at() + c];
          float bias = frame.array(problem.bias())[problem.bias().at() + c];
          int xAt = problem.x().at() + c;
          int yAt = problem.y().at() + c;
          for (int position = first; position < past; position++) {
            int at = position * channels;
            y[yAt + at] = Math.fma(x[xAt + at] - mean, scale, bias);
          }
        }
      }
    }
  }

  /// `gradX = gradY · scale`, and then [BackwardParameters]; overwrites.
  static final class BackwardData implements RangeKernel {
    private final NormProblem.BatchFrozenBackward problem;
    private final List<Kernel> after;

    BackwardData(NormProblem.BatchFrozenBackward problem) {
      this.problem = problem;
      this.after = List.of(new BackwardParameters(problem));
    }

    @Override
    public String name() {
      return "frozen batch norm backward reference";
    }

    @Override
    public List<Kernel> after() {
      return after;
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return 2L * problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      int channels = problem.channels();
      for (int first = from; first < to; first += TILE) {
        int past = Math.min(first + TILE, to);
        for (int c = 0; c < channels; c++) {
          float scale = scale(frame, problem.weight(), problem.variance(), problem.epsilon(), c);
          int xAt = problem.gradX().at() + c;
          int yAt = problem.gradY().at() + c;
          for (int position = first; position < past; position++) {
            int at = position * channels;
            gradX[xAt + at] = gradY[yAt + at] * scale;
          }
        }
      }
    }
  }

  /// `gradBias = Σ gradY` and `gradWeight = Σ gradY · (x − mean) / √(variance + epsilon)`, channel
  /// by channel; overwrites.
  private record BackwardParameters(NormProblem.BatchFrozenBackward problem)
      implements RangeKernel {
    @Override
    public String name() {
      return "frozen batch norm backward weights reference";
    }

    @Override
    public long units(int batch) {
      return problem.channels();
    }

    @Override
    public long work(int batch) {
      return Math.max(1, 2L * batch * problem.positions());
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] gradY = frame.array(problem.gradY());
      int channels = problem.channels();
      int count = frame.batch() * problem.positions();
      for (int c = from; c < to; c++) {
        double mean = frame.array(problem.mean())[problem.mean().at() + c];
        double variance = frame.array(problem.variance())[problem.variance().at() + c];
        int xAt = problem.x().at() + c;
        int yAt = problem.gradY().at() + c;
        double sum = 0;
        double products = 0;
        for (int position = 0; position < count; position++) {
          double grad = gradY[yAt + position * channels];
          sum += grad;
          products += grad * (x[xAt + position * channels] - mean);
        }
        double slope = products / Math.sqrt(variance + problem.epsilon());
        frame.array(problem.gradWeight())[problem.gradWeight().at() + c] = (float) slope;
        frame.array(problem.gradBias())[problem.gradBias().at() + c] = (float) sum;
      }
    }
  }
}
