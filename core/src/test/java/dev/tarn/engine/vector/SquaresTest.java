package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.engine.Engine;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.SeededRandom;
import org.junit.jupiter.api.Test;

class SquaresTest {
  @Test
  void sameBitsAtEveryWidth() {
    var random = SeededRandom.of(2);
    float[] values = new float[200];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.gaussian() * Math.pow(10, random.uniform(-20, 19)));
    }
    Engine reference = new ReferenceEngine();
    for (int bits : Widths.bits()) {
      Engine engine = Widths.engine(bits);
      for (int from = 0; from < 3; from++) {
        for (int to = from; to < values.length; to++) {
          assertEquals(
              reference.sumOfSquares(values, from, to), engine.sumOfSquares(values, from, to));
        }
      }
      float[] spoilt = values.clone();
      spoilt[77] = Float.NaN;
      assertEquals(Double.NaN, engine.sumOfSquares(spoilt, 0, spoilt.length));
    }
  }
}
