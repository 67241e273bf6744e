package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;
import java.util.List;

/// Batch normalisation with the statistics of the batch, and its gradients.
final class BatchNorms {
  /// Positions for which a channel's numbers are fetched once.
  private static final int TILE = 64;

  private BatchNorms() {}

  /// The batch's mean and variance, channel by channel, and then [Normalise]; overwrites `saved`,
  /// moves the running statistics.
  static final class Statistics implements RangeKernel {
    private final NormProblem.BatchTraining problem;
    private final List<Kernel> after;

    Statistics(NormProblem.BatchTraining problem) {
      this.problem = problem;
      this.after = List.of(new Normalise(problem));
    }

    @Override
    public String name() {
      return "batch norm training reference";
    }

    @Override
    public List<Kernel> after() {
      return after;
    }

    @Override
    public long units(int batch) {
      // An empty batch has no statistics, and the running ones stay.
      return batch == 0 ? 0 : problem.channels();
    }

    @Override
    public long work(int batch) {
      return 2L * batch * problem.positions();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      int channels = problem.channels();
      int count = frame.batch() * problem.positions();
      float[] saved = frame.array(problem.saved());
      for (int c = from; c < to; c++) {
        int xAt = problem.x().at() + c;
        double sum = 0;
        for (int position = 0; position < count; position++) {
          sum += x[xAt + position * channels];
        }
        double mean = sum / count;
        double squares = 0;
        for (int position = 0; position < count; position++) {
          double away = x[xAt + position * channels] - mean;
          squares += away * away;
        }
        double variance = squares / count;
        int savedAt = problem.saved().at() + c;
        saved[savedAt] = (float) mean;
        saved[savedAt + channels] = (float) (1 / Math.sqrt(variance + problem.epsilon()));
        move(frame, problem.runningMean(), c, mean);
        move(frame, problem.runningVariance(), c, count == 1 ? variance : squares / (count - 1));
      }
    }

    private void move(Frame frame, Buffer running, int c, double toward) {
      float[] array = frame.array(running);
      double old = array[running.at() + c];
      array[running.at() + c] = (float) (old + problem.momentum() * (toward - old));
    }
  }

  /// `y = (x − mean) · scale + bias` with `scale = weight · saved`, rounded once; overwrites `y`.
  record Normalise(NormProblem.BatchTraining problem) implements RangeKernel {
    @Override
    public String name() {
      return "batch norm training reference, normalise";
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
      float[] saved = frame.array(problem.saved());
      int channels = problem.channels();
      for (int first = from; first < to; first += TILE) {
        int past = Math.min(first + TILE, to);
        for (int c = 0; c < channels; c++) {
          float mean = saved[problem.saved().at() + c];
          float deviations = saved[problem.saved().at() + channels + c];
          float scale = frame.array(problem.weight())[problem.weight().at() + c] * deviations;
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

  /// `gradBias = Σ gradY` and `gradWeight = Σ gradY·x̂` with `x̂ = (x − mean) · saved`, channel by
  /// channel, and then [BackwardData]; overwrites.
  static final class BackwardParameters implements RangeKernel {
    private final NormProblem.BatchBackward problem;
    private final List<Kernel> after;

    BackwardParameters(NormProblem.BatchBackward problem) {
      this.problem = problem;
      this.after = List.of(new BackwardData(problem));
    }

    @Override
    public String name() {
      return "batch norm backward reference";
    }

    @Override
    public List<Kernel> after() {
      return after;
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
      float[] saved = frame.array(problem.saved());
      int channels = problem.channels();
      int count = frame.batch() * problem.positions();
      for (int c = from; c < to; c++) {
        double mean = saved[problem.saved().at() + c];
        double deviations = saved[problem.saved().at() + channels + c];
        int xAt = problem.x().at() + c;
        int yAt = problem.gradY().at() + c;
        double sum = 0;
        double products = 0;
        for (int position = 0; position < count; position++) {
          double grad = gradY[yAt + position * channels];
          sum += grad;
          products += grad * (x[xAt + position * channels] - mean);
        }
        frame.array(problem.gradBias())[problem.gradBias().at() + c] = (float) sum;
        // What the batch is empty of has no deviation either: 0 rather than 0 · saved rubbish.
        frame.array(problem.gradWeight())[problem.gradWeight().at() + c] =
            count == 0 ? 0f : (float) (products * deviations);
      }
    }
  }

  /// `gradX = weight · saved · (gradY − (gradBias + x̂ · gradWeight) / count)`: the gradient less
  /// what moves the mean and the variance; overwrites `gradX`.
  private record BackwardData(NormProblem.BatchBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "batch norm backward reference, data";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return 4L * problem.channels();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      float[] saved = frame.array(problem.saved());
      int channels = problem.channels();
      double count = (double) frame.batch() * problem.positions();
      for (int first = from; first < to; first += TILE) {
        int past = Math.min(first + TILE, to);
        for (int c = 0; c < channels; c++) {
          double mean = saved[problem.saved().at() + c];
          double deviations = saved[problem.saved().at() + channels + c];
          double scale = frame.array(problem.weight())[problem.weight().at() + c] * deviations;
          double meanGrad = frame.array(problem.gradBias())[problem.gradBias().at() + c] / count;
          double slope = frame.array(problem.gradWeight())[problem.gradWeight().at() + c] / count;
          for (int position = first; position < past; position++) {
            int at = position * channels + c;
            double normal = (x[problem.x().at() + at] - mean) * deviations;
            double rest = gradY[problem.gradY().at() + at] - meanGrad - normal * slope;
            gradX[problem.gradX().at() + at] = (float) (scale * rest);
          }
        }
      }
    }
  }
}
