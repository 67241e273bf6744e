package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Offsets;
import java.util.Arrays;

/// Values taken from anywhere in their sample, and gradients brought back there.
final class Rearrangements {
  private Rearrangements() {}

  /// `y[i] = x[from[i]]`; overwrites `y`.
  record Forward(MoveProblem.Rearrange problem) implements RangeKernel {
    @Override
    public String name() {
      return "rearrange reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.from().size();
    }

    @Override
    public long work(int batch) {
      return 4;
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      float fill = (float) problem.fill();
      int size = problem.from().size();
      for (int i = from; i < to; i++) {
        int offset = problem.from().get(i % size);
        int sample = problem.x().at() + i / size * problem.sampleSize();
        y[problem.y().at() + i] = offset == Offsets.NONE ? fill : x[sample + offset];
      }
    }
  }

  /// `gradX[from[i]] += gradY[i]`, sample by sample; overwrites `gradX`.
  record Backward(MoveProblem.RearrangeBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "rearrange backward reference";
    }

    @Override
    public long units(int batch) {
      return batch;
    }

    @Override
    public long work(int batch) {
      return 4L * problem.forward().from().size();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      Offsets places = problem.forward().from();
      int inputs = problem.forward().sampleSize();
      for (int n = from; n < to; n++) {
        int xAt = problem.gradX().at() + n * inputs;
        int yAt = problem.gradY().at() + n * places.size();
        Arrays.fill(gradX, xAt, xAt + inputs, 0f);
        for (int i = 0; i < places.size(); i++) {
          int offset = places.get(i);
          if (offset != Offsets.NONE) {
            gradX[xAt + offset] += gradY[yAt + i];
          }
        }
      }
    }
  }
}
