package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.tensor.SeededRandom;

/// `y = x · mask / (1 − rate)`, the mask computed anew from the element's number; overwrites `y`,
/// which may be `x`.
record DropoutKernel(PointwiseProblem.Dropout problem) implements RangeKernel {
  @Override
  public String name() {
    return "dropout reference";
  }

  @Override
  public long units(int batch) {
    return (long) batch * problem.size();
  }

  @Override
  public long work(int batch) {
    return 4;
  }

  @Override
  public void run(Frame frame, int from, int to) {
    float[] x = frame.array(problem.x());
    float[] y = frame.array(problem.y());
    int xAt = problem.x().at();
    int yAt = problem.y().at();
    double rate = problem.rate();
    float scale = (float) (1 / (1 - rate));
    long key = key(frame.seed(), frame.step(), problem.salt());
    for (int i = from; i < to; i++) {
      double uniform = (SeededRandom.at(key, i) >>> 11) * 0x1.0p-53;
      y[yAt + i] = uniform >= rate ? x[xAt + i] * scale : 0f;
    }
  }

  /// `SeededRandom.of(seed, step, salt).state()` without an object.
  static long key(long seed, long step, long salt) {
    return SeededRandom.at(SeededRandom.at(SeededRandom.at(seed, 0), step), salt);
  }
}
