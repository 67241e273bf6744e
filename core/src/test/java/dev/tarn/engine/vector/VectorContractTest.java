package dev.tarn.engine.vector;

import dev.tarn.engine.Engine;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.engine.contract.DenseTrials;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.Trial;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The vector engine answers like the reference at every vector width.
class VectorContractTest {
  static Stream<Engine> engines() {
    return Arrays.stream(Widths.bits()).mapToObj(Widths::engine);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void answersLikeTheReference(Engine engine) {
    for (Trial trial : EngineContract.table()) {
      EngineContract.check(engine, trial);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void answersLikeTheReferenceOnRandomProblems(Engine engine) {
    long seed = Long.getLong("tests.seed", 1) * 1000;
    int rounds = 15 * Integer.getInteger("tests.rounds", 1);
    for (int i = 0; i < rounds; i++) {
      EngineContract.check(engine, ConvTrials.random(seed + i, Trial::real));
      EngineContract.check(engine, DenseTrials.random(seed + i, Trial::real));
    }
  }

  /// Sums of dense layers that take several passes, with the bits of the reference: samples and
  /// outputs beyond a tile, inputs that end inside a vector, rows too large for the second-level
  /// cache.
  @ParameterizedTest
  @MethodSource("engines")
  void denseSumsHaveTheirOrderAtEveryWidth(Engine engine) {
    int[][] sizes = {{1, 1100, 50}, {3, 2051, 19}, {9, 1100, 50}, {34, 5600, 7}, {1, 5600, 7}};
    for (int[] s : sizes) {
      String name = "%d samples, %d to %d".formatted(s[0], s[1], s[2]);
      EngineContract.check(engine, DenseTrials.of(name, s[0], true, s[1], s[2], 1, Trial::real));
    }
  }
}
