package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.NormProblem;

/// Multiplies every filter by what the batch norm behind it does to its result, in double, rounded
/// once; overwrites `foldedWeight` and `foldedBias`.
record FoldBatchNorm(NormProblem.Fold problem) implements RangeKernel {
  @Override
  public String name() {
    return "batch norm folded into weights reference";
  }

  @Override
  public long units(int batch) {
    return problem.rows();
  }

  @Override
  public long work(int batch) {
    return problem.depth();
  }

  @Override
  public void run(Frame frame, int from, int to) {
    NormProblem.BatchInference norm = problem.norm();
    Buffer bias = problem.bias();
    float[] w = frame.array(problem.weight());
    float[] folded = frame.array(problem.foldedWeight());
    for (int row = from; row < to; row++) {
      double variance = at(frame, norm.variance(), row);
      double scale = at(frame, norm.weight(), row) / Math.sqrt(variance + norm.epsilon());
      int wAt = problem.weight().at() + row * problem.depth();
      int foldedAt = problem.foldedWeight().at() + row * problem.depth();
      for (int i = 0; i < problem.depth(); i++) {
        folded[foldedAt + i] = (float) (w[wAt + i] * scale);
      }
      double shift = (bias == null ? 0 : at(frame, bias, row)) - at(frame, norm.mean(), row);
      frame.array(problem.foldedBias())[problem.foldedBias().at() + row] =
          (float) (shift * scale + at(frame, norm.bias(), row));
    }
  }

  private static double at(Frame frame, Buffer buffer, int i) {
    return frame.array(buffer)[buffer.at() + i];
  }
}
