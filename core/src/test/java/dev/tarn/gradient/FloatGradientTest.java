package dev.tarn.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.PoolTrials;
import dev.tarn.engine.contract.Trial;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.Reduction;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What float kernels answer, forward and backward, against the same kernels in double.
final class FloatGradientTest {
  private static final long SEED = Long.getLong("tests.seed", 1);

  /// Against the largest number of the buffer: sums that nearly cancel have no digits of their own.
  private static final double RELATIVE = 1e-4;

  @Test
  void everyNamedCaseAgreesWithDouble() {
    List<Trial> narrow = EngineContract.table();
    List<dev.tarn.f64.engine.contract.Trial> wide =
        dev.tarn.f64.engine.contract.EngineContract.table();
    assertEquals(wide.size(), narrow.size());
    for (int i = 0; i < narrow.size(); i++) {
      compare(new ReferenceEngine(), narrow.get(i), wide.get(i));
      compare(Engines.best(), narrow.get(i), wide.get(i));
    }
  }

  @Test
  void poolingsAgreeWithDouble() {
    List<Reduction> narrow =
        List.of(
            Reduction.max(),
            Reduction.min(),
            Reduction.average(),
            Reduction.sum(),
            Reduction.lp(1),
            Reduction.lp(2),
            Reduction.lp(3.5));
    List<dev.tarn.f64.tensor.Reduction> wide =
        List.of(
            dev.tarn.f64.tensor.Reduction.max(),
            dev.tarn.f64.tensor.Reduction.min(),
            dev.tarn.f64.tensor.Reduction.average(),
            dev.tarn.f64.tensor.Reduction.sum(),
            dev.tarn.f64.tensor.Reduction.lp(1),
            dev.tarn.f64.tensor.Reduction.lp(2),
            dev.tarn.f64.tensor.Reduction.lp(3.5));
    for (int i = 0; i < narrow.size(); i++) {
      for (long seed = SEED * 1_000_003; seed < SEED * 1_000_003 + 40; seed++) {
        compare(
            Engines.best(),
            PoolTrials.random(narrow.get(i), seed),
            dev.tarn.f64.engine.contract.PoolTrials.random(wide.get(i), seed));
      }
    }
  }

  private static void compare(
      Engine engine, Trial narrow, dev.tarn.f64.engine.contract.Trial wide) {
    assertEquals(wide.toString(), narrow.toString());
    try (Workers one = Workers.of(1);
        var wideOne = dev.tarn.f64.engine.Workers.of(1)) {
      Frame frame = narrow.run(engine, one);
      var reference = new dev.tarn.f64.engine.reference.ReferenceEngine();
      dev.tarn.f64.engine.Frame wideFrame = wide.run(reference, wideOne);
      for (int b = 0; b < narrow.buffers().size(); b++) {
        if (narrow.buffers().get(b).space() == Space.BYTES) {
          continue; // the places of extrema, which choose what gradX holds
        }
        float[] got = narrow.read(frame, narrow.buffers().get(b));
        double[] want = wide.read(wideFrame, wide.buffers().get(b));
        double largest = 1e-3;
        for (double value : want) {
          largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < want.length; i++) {
          double away = Math.abs(got[i] - want[i]);
          String what = narrow + ": " + narrow.buffers().get(b) + "[" + i + "]: ";
          assertTrue(
              away <= RELATIVE * largest || (Double.isNaN(want[i]) && Float.isNaN(got[i])),
              what + got[i] + ", in double " + want[i]);
        }
      }
    }
  }
}
