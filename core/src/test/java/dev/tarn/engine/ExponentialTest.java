package dev.tarn.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.tensor.SeededRandom;
import org.junit.jupiter.api.Test;

class ExponentialTest {
  private static void assertClose(double x) {
    double want = StrictMath.exp(x);
    double got = Exponential.of(x);
    // StrictMath's own error is below 1 unit in the last place.
    assertTrue(Math.abs(got - want) <= 2 * Math.ulp(want), () -> x + ": " + got + ", not " + want);
  }

  @Test
  void isCloseToStrictMathEverywhere() {
    var random = SeededRandom.of(1);
    for (int i = 0; i < 200_000; i++) {
      assertClose(random.uniform(-745, 709.7));
      assertClose(random.uniform(-1, 1));
      assertClose(random.gaussian() * 1e-9);
    }
  }

  @Test
  void endsOfTheRange() {
    assertClose(Exponential.MOST);
    assertClose(Exponential.LEAST);
    assertClose(-708.5);
    assertClose(-0.0);
    assertEquals(1, Exponential.of(0));
    assertEquals(0, Exponential.of(Math.nextDown(Exponential.LEAST)));
    assertEquals(0, Exponential.of(Double.NEGATIVE_INFINITY));
    assertEquals(Double.POSITIVE_INFINITY, Exponential.of(Math.nextUp(Exponential.MOST)));
    assertEquals(Double.POSITIVE_INFINITY, Exponential.of(Double.POSITIVE_INFINITY));
    assertEquals(Double.NaN, Exponential.of(Double.NaN));
  }
}
