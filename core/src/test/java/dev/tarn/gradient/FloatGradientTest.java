package dev.tarn.gradient;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.EngineContract;
import dev.tarn.engine.contract.Trial;
import dev.tarn.engine.reference.ReferenceEngine;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What float kernels answer, forward and backward, against the same kernels in double.
final class FloatGradientTest {
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
