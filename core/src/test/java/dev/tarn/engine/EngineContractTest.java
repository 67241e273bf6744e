package dev.tarn.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.engine.contract.DenseTrials;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.MoveTrials;
import dev.tarn.engine.contract.NormTrials;
import dev.tarn.engine.contract.PointwiseTrials;
import dev.tarn.engine.contract.Trial;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Operator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The fastest engine answers like the reference, bit for bit where sums run in the same order.
final class EngineContractTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int ROUNDS = Integer.getInteger("tests.rounds", 1);

  static List<Trial> table() {
    return EngineContract.table();
  }

  @Test
  void theFastEngineIsHere() {
    assertTrue(Engines.best().name().startsWith("vector"), Engines.note());
  }

  @ParameterizedTest
  @MethodSource("table")
  void namedCase(Trial trial) {
    EngineContract.check(Engines.best(), trial);
  }

  @Test
  void numbersThatAreNoneAndSignsOfZeroInEveryLane() {
    double[] odd = {
      Double.NaN,
      -0.0,
      0,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      1e-42f,
      -1e-42f,
      Float.MAX_VALUE,
      1
    };
    Trial.Fill fill = random -> odd[random.nextInt(odd.length)];
    for (int size = 1; size <= 65; size++) {
      for (Activation function : PointwiseTrials.activations()) {
        String name = "odd numbers %s %d".formatted(function, size);
        EngineContract.check(
            Engines.best(), PointwiseTrials.activate(name, function, 2, size, SEED, fill));
      }
      String name = "odd numbers " + size;
      EngineContract.check(Engines.best(), PointwiseTrials.bias(name, 2, 3, size, SEED, fill));
      int[][] equal = {{2, size}, {2, size}};
      int[][] gate = {{2, size}, {1, size}};
      for (var operator : Operator.values()) {
        EngineContract.check(
            Engines.best(), PointwiseTrials.combine(name, operator, 2, 2, size, equal, SEED, fill));
        EngineContract.check(
            Engines.best(), PointwiseTrials.combine(name, operator, 2, 2, size, gate, SEED, fill));
      }
    }
  }

  @Test
  void randomCases() {
    for (long i = 0; i < 150L * ROUNDS; i++) {
      long seed = SEED * 1_000_003 + i;
      EngineContract.check(Engines.best(), ConvTrials.random(seed, Trial::integer));
      EngineContract.check(Engines.best(), ConvTrials.random(-seed, Trial::real));
      EngineContract.check(Engines.best(), DenseTrials.random(seed, Trial::real));
      EngineContract.check(Engines.best(), NormTrials.randomTraining(seed));
      EngineContract.check(Engines.best(), NormTrials.randomInference(seed));
      EngineContract.check(Engines.best(), NormTrials.randomLocal(seed));
      EngineContract.check(Engines.best(), MoveTrials.random(seed));
      for (var operator : List.of(Operator.ADD, Operator.MULTIPLY)) {
        EngineContract.check(Engines.best(), PointwiseTrials.random(operator, seed, Trial::real));
      }
    }
  }
}
