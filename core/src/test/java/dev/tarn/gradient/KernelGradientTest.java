package dev.tarn.gradient;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tarn.f64.engine.Buffer;
import dev.tarn.f64.engine.PointwiseProblem;
import dev.tarn.f64.engine.contract.ConvTrials;
import dev.tarn.f64.engine.contract.DenseTrials;
import dev.tarn.f64.engine.contract.MoveTrials;
import dev.tarn.f64.engine.contract.NormTrials;
import dev.tarn.f64.engine.contract.PointwiseTrials;
import dev.tarn.f64.engine.contract.Trial;
import dev.tarn.f64.tensor.Activation;
import dev.tarn.f64.tensor.Operator;
import dev.tarn.f64.tensor.SeededRandom;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/// The gradients of every kernel of the reference engine, by central differences in double.
final class KernelGradientTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int ROUNDS = Integer.getInteger("tests.rounds", 1);

  private static void each(int cases, LongFunction<Trial> trial) {
    for (long i = 0; i < (long) cases * ROUNDS; i++) {
      CentralDifferences.check(trial.apply(SEED * 1_000_003 + i));
    }
  }

  @Test
  void aWrongGradientIsFound() {
    Trial trial = new Trial("wrong", 1, 1);
    Buffer x = trial.input("x", 4, Trial::awayFromZero);
    Buffer gradY = trial.input("gradY", 4, Trial::awayFromZero);
    Buffer y = trial.sample("y", 4);
    Buffer gradX = trial.sample("gradX", 4);
    trial
        .forward(new PointwiseProblem.Activate(Activation.TANH, 4, x, y))
        .backward(new PointwiseProblem.ActivateBackward(Activation.SIGMOID, 4, y, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
    assertThrows(AssertionError.class, () -> CentralDifferences.check(trial));
  }

  @Test
  void conv() {
    each(150, seed -> ConvTrials.random(seed, Trial::real));
  }

  @Test
  void dense() {
    each(60, seed -> DenseTrials.random(seed, Trial::real));
  }

  @Test
  void activations() {
    for (Activation function : PointwiseTrials.activations()) {
      each(
          50,
          seed -> {
            int size = 1 + SeededRandom.of(seed).nextInt(30);
            String name = "%s seed %d".formatted(function, seed);
            return PointwiseTrials.activate(name, function, 2, size, seed, Trial::awayFromZero);
          });
    }
  }

  @Test
  void sums() {
    each(60, seed -> PointwiseTrials.random(Operator.ADD, seed, Trial::real));
  }

  @Test
  void products() {
    each(60, seed -> PointwiseTrials.random(Operator.MULTIPLY, seed, Trial::real));
  }

  @Test
  void dropout() {
    each(
        50,
        seed -> {
          double rate = SeededRandom.of(seed).uniform(0, 0.9);
          return PointwiseTrials.dropout("dropout seed " + seed, rate, 2, 15, seed);
        });
  }

  @Test
  void softmax() {
    each(
        50,
        seed -> {
          SeededRandom random = SeededRandom.of(seed);
          int channels = 1 + random.nextInt(8);
          int positions = 1 + random.nextInt(3);
          return PointwiseTrials.softmax("softmax seed " + seed, 2, positions, channels, seed);
        });
  }

  @Test
  void biases() {
    each(
        50,
        seed -> {
          SeededRandom random = SeededRandom.of(seed);
          int channels = 1 + random.nextInt(6);
          int positions = 1 + random.nextInt(5);
          String name = "bias seed " + seed;
          return PointwiseTrials.bias(name, 2, positions, channels, seed, Trial::real);
        });
  }

  @Test
  void batchNormInTraining() {
    each(60, NormTrials::randomTraining);
  }

  @Test
  void frozenBatchNorm() {
    each(60, NormTrials::randomInference);
  }

  @Test
  void localResponseNorm() {
    each(80, NormTrials::randomLocal);
  }

  @Test
  void paddingAndUpsampling() {
    each(150, MoveTrials::random);
  }

  @Test
  void layoutsAndConcatenation() {
    each(
        50,
        seed -> {
          SeededRandom random = SeededRandom.of(seed);
          int positions = 1 + random.nextInt(6);
          int first = 1 + random.nextInt(4);
          int second = 1 + random.nextInt(4);
          return seed % 2 == 0
              ? MoveTrials.layouts("layouts seed " + seed, 2, positions, first, seed)
              : MoveTrials.concat("concat seed " + seed, 2, positions, first, second, seed);
        });
  }
}
