package dev.tarn.gradient;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.f64.tensor.SeededRandom;
import dev.tarn.f64.tensor.Shape;
import dev.tarn.f64.tensor.Tensor;
import dev.tarn.f64.train.Loss;
import dev.tarn.f64.train.Targets;
import org.junit.jupiter.api.Test;

/// The gradients of every loss by its outputs, by central differences in double.
final class LossGradientTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int CASES = 50 * Integer.getInteger("tests.rounds", 1);

  private static Tensor random(Shape shape, SeededRandom random, double scale) {
    Tensor tensor = Tensor.zeros(shape);
    for (int i = 0; i < tensor.array().length; i++) {
      tensor.array()[i] = scale * random.gaussian();
    }
    return tensor;
  }

  private static Shape shape(SeededRandom random) {
    int batch = 1 + random.nextInt(4);
    int classes = 2 + random.nextInt(4);
    return random.nextInt(2) == 0
        ? Shape.of(batch, classes)
        : Shape.of(batch, classes, 1 + random.nextInt(3), 2);
  }

  private static Targets classes(Shape shape, SeededRandom random) {
    int[] numbers = new int[shape.size(0) * shape.sample().positions()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextInt(shape.size(1));
    }
    return Targets.classes(numbers);
  }

  private static Targets probabilities(Shape shape, SeededRandom random) {
    Tensor values = Tensor.zeros(shape);
    for (int i = 0; i < values.array().length; i++) {
      values.array()[i] = random.uniform();
    }
    return Targets.values(values);
  }

  private static void check(Loss loss, Tensor outputs, Targets targets, long seed) {
    Tensor gradient = loss.gradient(outputs, targets);
    double[] values = outputs.array();
    for (int i = 0; i < values.length; i++) {
      double old = values[i];
      values[i] = old + CentralDifferences.EPSILON;
      double above = loss.value(outputs, targets);
      values[i] = old - CentralDifferences.EPSILON;
      double below = loss.value(outputs, targets);
      values[i] = old;
      double want = (above - below) / (2 * CentralDifferences.EPSILON);
      double got = gradient.array()[i];
      String what = "%s seed %d output %d: %s, needed %s".formatted(loss, seed, i, got, want);
      assertTrue(CentralDifferences.near(want, got), what);
    }
  }

  @Test
  void crossEntropyOfClasses() {
    for (long i = 0; i < CASES; i++) {
      long seed = SEED * 1_000_003 + i;
      SeededRandom random = SeededRandom.of(seed);
      Shape shape = shape(random);
      double[] weights = new double[shape.size(1)];
      for (int c = 0; c < weights.length; c++) {
        weights[c] = random.uniform(0.2, 3);
      }
      Loss.CrossEntropy plain = Loss.crossEntropy();
      Loss loss =
          switch (random.nextInt(3)) {
            case 0 -> plain;
            case 1 -> plain.smoothing(0.1);
            default -> plain.smoothing(0.3).classWeights(weights);
          };
      check(loss, random(shape, random, 3), classes(shape, random), seed);
    }
  }

  @Test
  void crossEntropyOfProbabilities() {
    for (long i = 0; i < CASES; i++) {
      long seed = SEED * 1_000_003 + i;
      SeededRandom random = SeededRandom.of(seed);
      Shape shape = shape(random);
      Loss loss = Loss.crossEntropy().smoothing(random.nextInt(2) * 0.2);
      // Targets that need not sum to 1 have a gradient all the same.
      check(loss, random(shape, random, 3), probabilities(shape, random), seed);
    }
  }

  @Test
  void otherLosses() {
    for (long i = 0; i < CASES; i++) {
      long seed = SEED * 1_000_003 + i;
      SeededRandom random = SeededRandom.of(seed);
      Shape shape = shape(random);
      Tensor outputs = random(shape, random, 2);
      check(Loss.meanSquaredError(), outputs, probabilities(shape, random), seed);
      check(Loss.binaryCrossEntropy(), outputs, probabilities(shape, random), seed);
      check(Loss.huber(0.7), outputs, probabilities(shape, random), seed);
    }
  }
}
