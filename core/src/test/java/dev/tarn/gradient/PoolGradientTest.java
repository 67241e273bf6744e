package dev.tarn.gradient;

import dev.tarn.f64.engine.contract.PoolTrials;
import dev.tarn.f64.tensor.Divisor;
import dev.tarn.f64.tensor.Duplicates;
import dev.tarn.f64.tensor.NanPolicy;
import dev.tarn.f64.tensor.Reduction;
import dev.tarn.f64.tensor.Ties;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The gradients of every reduction over regions of every kind, by central differences in double.
final class PoolGradientTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int CASES = 200 * Integer.getInteger("tests.rounds", 1);

  static List<Reduction> reductions() {
    return List.of(
        Reduction.max(),
        Reduction.min(),
        new Reduction.Max(NanPolicy.IGNORE, Ties.SPLIT),
        new Reduction.Min(NanPolicy.PROPAGATE, Ties.SPLIT),
        Reduction.average(),
        new Reduction.Average(Divisor.CLIPPED_WINDOW),
        new Reduction.Average(Divisor.KERNEL),
        new Reduction.Average(Divisor.of(-3)),
        Reduction.sum(),
        Reduction.lp(1),
        Reduction.lp(2),
        Reduction.lp(3),
        Reduction.lp(2.5),
        Reduction.lp(0.5),
        Reduction.lp(Double.POSITIVE_INFINITY),
        Reduction.lp(Double.NEGATIVE_INFINITY));
  }

  @ParameterizedTest
  @MethodSource("reductions")
  void pooling(Reduction reduction) {
    for (long i = 0; i < CASES; i++) {
      CentralDifferences.check(PoolTrials.random(reduction, SEED * 1_000_003 + i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void maxUnpooling(Duplicates duplicates) {
    for (long i = 0; i < CASES; i++) {
      CentralDifferences.check(PoolTrials.unpool(duplicates, SEED * 1_000_003 + i));
    }
  }

  @Test
  void averageUnpooling() {
    for (long i = 0; i < CASES; i++) {
      CentralDifferences.check(PoolTrials.spread(SEED * 1_000_003 + i));
    }
  }
}
