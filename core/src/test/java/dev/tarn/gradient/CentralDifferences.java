package dev.tarn.gradient;

import dev.tarn.f64.engine.Buffer;
import dev.tarn.f64.engine.Frame;
import dev.tarn.f64.engine.Workers;
import dev.tarn.f64.engine.contract.Trial;
import dev.tarn.f64.engine.reference.ReferenceEngine;
import dev.tarn.tensor.SeededRandom;

/// Compares gradients with `(L(x + ε) − L(x − ε)) / 2ε`, where `L = Σ y · gradY`, in double.
final class CentralDifferences {
  static final double EPSILON = 1e-5;
  static final double RELATIVE = 1e-6;
  static final double ABSOLUTE = 1e-8;

  /// Elements of one buffer that are tried; a random choice where there are more.
  private static final int MOST = 24;

  private CentralDifferences() {}

  /// @throws AssertionError naming the trial, the buffer and the element
  static void check(Trial trial) {
    try (Workers workers = Workers.of(1)) {
      var engine = new ReferenceEngine();
      Frame frame = trial.run(engine, workers);
      SeededRandom random = SeededRandom.of(1, trial.toString().hashCode());
      for (Trial.Gradient gradient : trial.gradients()) {
        double[] got = trial.read(frame, gradient.by());
        double[] values = trial.values(gradient.of());
        int tried = Math.min(MOST, values.length);
        int[] order = random.permutation(values.length);
        for (int k = 0; k < tried; k++) {
          int i = order[k];
          double want = slope(trial, engine, workers, values, i);
          if (!near(want, got[i])) {
            throw new AssertionError(
                "%s: %s[%d] is %s; central differences give %s."
                    .formatted(trial, gradient.by(), i, got[i], want));
          }
        }
      }
    }
  }

  static boolean near(double want, double got) {
    return Math.abs(want - got) <= ABSOLUTE + RELATIVE * Math.max(Math.abs(want), Math.abs(got));
  }

  private static double slope(
      Trial trial, ReferenceEngine engine, Workers workers, double[] values, int i) {
    double old = values[i];
    values[i] = old + EPSILON;
    double above = loss(trial, engine, workers);
    values[i] = old - EPSILON;
    double below = loss(trial, engine, workers);
    values[i] = old;
    return (above - below) / (2 * EPSILON);
  }

  private static double loss(Trial trial, ReferenceEngine engine, Workers workers) {
    Buffer y = trial.output();
    Buffer gradY = trial.outputGradient();
    if (y == null || gradY == null) {
      throw new IllegalArgumentException(trial + " has no output");
    }
    double[] outputs = trial.read(trial.runForward(engine, workers), y);
    double[] weights = trial.values(gradY);
    double loss = 0;
    for (int i = 0; i < outputs.length; i++) {
      loss += outputs[i] * weights[i];
    }
    return loss;
  }
}
