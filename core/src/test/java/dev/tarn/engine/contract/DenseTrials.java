package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.tensor.SeededRandom;
import java.util.List;

/// Fully connected layers.
public final class DenseTrials {
  private DenseTrials() {}

  /// Forward and both backwards.
  public static Trial of(
      String name, int batch, boolean bias, int in, int out, long seed, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, seed);
    long weights = (long) in * out;
    Buffer x = trial.input("x", in, fill);
    Buffer w = trial.parameter("w", weights, fill);
    Buffer b = bias ? trial.parameter("bias", out, fill) : null;
    Buffer gradY = trial.input("gradY", out, fill);
    Buffer y = trial.sample("y", out);
    Buffer gradX = trial.sample("gradX", in);
    Buffer gradW = trial.gradient("gradW", weights);
    Buffer gradBias = bias ? trial.gradient("gradBias", out) : null;
    trial
        .forward(new DenseProblem.Forward(in, out, x, w, b, y))
        .backward(new DenseProblem.BackwardData(in, out, gradY, w, gradX))
        .backward(new DenseProblem.BackwardWeights(in, out, x, gradY, gradW, gradBias))
        .output(y, gradY)
        .differentiate(x, gradX)
        .differentiate(w, gradW);
    if (b != null && gradBias != null) {
      trial.differentiate(b, gradBias);
    }
    return trial;
  }

  /// The named cases, on whole numbers.
  public static List<Trial> table() {
    return List.of(
        of("one_in_one_out", 1, true, 1, 1, 1, Trial::integer),
        of("ten_classes", 32, true, 84, 10, 1, Trial::integer),
        of("tail_of_one_lane", 3, true, 17, 17, 1, Trial::integer),
        of("tail_of_fifteen_lanes", 2, true, 31, 47, 1, Trial::integer),
        of("inputs_beyond_one_tile", 5, true, 1027, 6, 1, Trial::integer),
        of("outputs_beyond_one_tile", 2, true, 9, 1030, 1, Trial::integer),
        of("batch_beyond_one_tile", 37, true, 20, 7, 1, Trial::integer),
        of("batch_of_one", 1, true, 256, 64, 1, Trial::integer),
        of("no_bias", 4, false, 13, 5, 1, Trial::integer),
        of("empty_batch", 0, true, 6, 5, 1, Trial::integer),
        predicting("predicting_one", 1, 300, 47),
        predicting("predicting_thirty_two", 32, 84, 10));
  }

  /// Forward with weights that may be prepared once.
  private static Trial predicting(String name, int batch, int in, int out) {
    Trial trial = new Trial(name, batch, 1);
    Buffer x = trial.input("x", in, Trial::integer);
    Buffer w = trial.constant("w", (long) in * out, Trial::integer);
    Buffer b = trial.constant("bias", out, Trial::integer);
    Buffer y = trial.sample("y", out);
    return trial.forward(new DenseProblem.Forward(in, out, x, w, b, y));
  }

  /// One product as the contract adds it, written down without any thought of speed: sixteen sums,
  /// a tree, the bias.
  public static float product(float[] x, int xAt, float[] w, int wAt, int in, float bias) {
    float[] sums = new float[16];
    for (int i = 0; i < in; i++) {
      sums[i % 16] = Math.fma(x[xAt + i], w[wAt + i], sums[i % 16]);
    }
    for (int d = 8; d > 0; d /= 2) {
      for (int i = 0; i < d; i++) {
        sums[i] += sums[i + d];
      }
    }
    return sums[0] + bias;
  }

  /// A random small layer.
  public static Trial random(long seed, Trial.Fill fill) {
    SeededRandom random = SeededRandom.of(seed);
    int batch = 1 + random.nextInt(9);
    int in = 1 + random.nextInt(20);
    int out = 1 + random.nextInt(12);
    return of("dense seed " + seed, batch, random.nextInt(3) > 0, in, out, seed, fill);
  }
}
