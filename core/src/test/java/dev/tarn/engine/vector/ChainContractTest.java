package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.contract.ChainTrials;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A chain that the vector engine solves in one go has the bits of its links solved one by one, at
/// every vector width.
class ChainContractTest {
  static Stream<Engine> engines() {
    return Arrays.stream(Widths.bits()).mapToObj(Widths::engine);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void fusedLikeApart(Engine engine) {
    for (Trial trial : ChainTrials.table()) {
      List<String> refusals = new ArrayList<>();
      Choice together = engine.fuse(trial.chain(), refusals);
      assertNotNull(together, () -> trial + ": " + refusals);
      EngineContract.checkFused(engine, trial, together.kernel());
    }
  }

  /// The sums of weight gradients through pooling have an order of their own, which whole numbers
  /// do not show.
  @ParameterizedTest
  @MethodSource("engines")
  void pooledLikeApart(Engine engine) {
    for (Trial trial : ChainTrials.pooled()) {
      List<String> refusals = new ArrayList<>();
      Choice together = engine.fuse(trial.chain(), refusals);
      assertNotNull(together, () -> trial + ": " + refusals);
      assertTrue(together.kernel().name().contains("max 2×2/2"), together.kernel()::name);
      EngineContract.checkFused(engine, trial, together.kernel());
    }
  }

  /// The same of gradients by both weight and data.
  @ParameterizedTest
  @MethodSource("engines")
  void selectedLikeApart(Engine engine) {
    for (Trial trial : ChainTrials.selected()) {
      List<String> refusals = new ArrayList<>();
      Choice together = engine.fuse(trial.chain(), refusals);
      assertNotNull(together, () -> trial + ": " + refusals);
      assertTrue(together.kernel().name().contains("selected cells"), together.kernel()::name);
      // Apart, gradients may go through Winograd's algorithm, whose rounding shows in whole
      // numbers.
      Engine exact = engine.with(Arithmetic.EXACT_ORDER);
      EngineContract.checkFused(exact, trial, together.kernel());
      assertNull(exact.fuse(trial.chain(), refusals));
    }
  }
}
