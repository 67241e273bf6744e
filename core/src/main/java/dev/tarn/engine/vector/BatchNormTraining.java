package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;
import java.util.List;
import jdk.incubator.vector.DoubleVector;

/// The batch's mean and variance, channel by channel, and then [BatchNormRows]; overwrites `saved`,
/// moves the running statistics.
///
/// In one pass, unlike the reference: sums of `d = x − x₀` and of `d²`, `x₀` the channel's value at
/// the first position, by [BatchNormSums]; the mean is `x₀ + Σd / n` and the variance `(Σd² − (Σd)²
/// / n) / n`. All of it in double: the variance is wrong by at most `n · 2⁻⁵² · (1 + (x₀ − mean)² /
/// variance)` of itself, so that `x₀` may be thousands of deviations from the mean.
final class BatchNormTraining implements Kernel {
  private final NormProblem.BatchTraining p;
  private final BatchNormSums sums;
  private final List<Kernel> after;

  BatchNormTraining(NormProblem.BatchTraining problem) {
    this.p = problem;
    this.sums = new BatchNormSums(p.positions(), p.channels());
    this.after = List.of(new Statistics(p, sums), new BatchNormRows(p));
  }

  @Override
  public String name() {
    return "batch norm training across channels";
  }

  @Override
  public int blocks(int batch) {
    // An empty batch has no statistics, and the running ones stay.
    return batch == 0 ? 0 : BatchNormSums.runs(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(sums.scratch());
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  @Override
  public void run(Frame frame, int run) {
    float[] memory = frame.array(sums.scratch());
    sums.clear(memory, run);
    float[] x = frame.array(p.x());
    int channels = p.channels();
    int past = sums.first(run + 1, frame.batch());
    int to = sums.at(run, 0);
    for (int row = sums.first(run, frame.batch()); row < past; row++) {
      int at = p.x().at() + row * channels;
      BatchNormSums.addSquares(x, at, x, p.x().at(), memory, to, sums.further(), channels);
    }
  }

  /// Makes statistics of the sums.
  private record Statistics(NormProblem.BatchTraining p, BatchNormSums sums) implements Kernel {
    @Override
    public String name() {
      return "batch norm training across channels, statistics";
    }

    @Override
    public int blocks(int batch) {
      return batch == 0 ? 0 : 1;
    }

    @Override
    public void run(Frame frame, int block) {
      float[] memory = frame.array(sums.scratch());
      float[] saved = frame.array(p.saved());
      double count = (double) frame.batch() * p.positions();
      double others = Math.max(1, count - 1);
      for (int c = 0; c < p.channels(); c += HALF) {
        var m = H.indexInRange(c, p.channels());
        var first = Pools.doubles(frame.array(p.x()), p.x().at() + c, m);
        var sum = sums.total(memory, frame.batch(), 0, c);
        var away = sum.div(count);
        var squares = sums.total(memory, frame.batch(), 1, c).sub(sum.mul(away)).max(0);
        var deviation = squares.div(count).add(p.epsilon()).sqrt();
        var mean = first.add(away);
        Pools.floats(mean).intoArray(saved, p.saved().at() + c, m);
        var inverse = DoubleVector.broadcast(Lanes.D, 1).div(deviation);
        Pools.floats(inverse).intoArray(saved, p.saved().at() + p.channels() + c, m);
        move(frame, p.runningMean(), c, mean);
        move(frame, p.runningVariance(), c, squares.div(others));
      }
    }

    private void move(Frame frame, Buffer running, int c, DoubleVector toward) {
      float[] array = frame.array(running);
      var m = H.indexInRange(c, p.channels());
      var old = Pools.doubles(array, running.at() + c, m);
      var moved = old.add(toward.sub(old).mul(p.momentum()));
      Pools.floats(moved).intoArray(array, running.at() + c, m);
    }
  }
}
