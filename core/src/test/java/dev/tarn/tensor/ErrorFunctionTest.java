package dev.tarn.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ErrorFunctionTest {
  /// `x` and erfc(x), by mpmath with 60 digits, rounded once.
  private static final double[][] KNOWN = {
    {0.0, 1.0},
    {0.1, 0.887537083981715},
    {0.3, 0.6713732405408726},
    {-0.3, 1.3286267594591274},
    {0.46875, 0.507386526782062},
    {0.47, 0.5062549491139179},
    {1.0, 0.15729920705028513},
    {1.7, 0.01620954140922544},
    {-2.2, 1.998137153702018},
    {3.9, 3.4792248597231765e-08},
    {4.0, 1.541725790028002e-08},
    {4.1, 6.700027654084918e-09},
    {5.5, 7.357847917974398e-15},
    {10.0, 2.088487583762545e-45},
    {20.0, 5.395865611607901e-176},
    {26.0, 5.663192408856143e-296},
    {-7.0, 2.0}
  };

  @Test
  void agreesWithSixtyDigits() {
    for (double[] pair : KNOWN) {
      double got = ErrorFunction.erfc(pair[0]);
      assertEquals(pair[1], got, 1e-15 * pair[1], () -> "erfc(" + pair[0] + ")");
    }
  }

  @Test
  void endsAreExact() {
    assertEquals(2, ErrorFunction.erfc(Double.NEGATIVE_INFINITY));
    assertEquals(0, ErrorFunction.erfc(Double.POSITIVE_INFINITY));
    assertTrue(Double.isNaN(ErrorFunction.erfc(Double.NaN)));
  }

  @Test
  void fallsWithoutStepsWhereTheFormulasMeet() {
    for (double seam : new double[] {0.46875, 4}) {
      double before = ErrorFunction.erfc(Math.nextDown(seam));
      double after = ErrorFunction.erfc(Math.nextUp(seam));
      // Three steps of double, on a slope of at most 2x relative to the value.
      double slope = 2 * seam * (Math.nextUp(seam) - Math.nextDown(seam));
      assertEquals(before, after, (2e-15 + slope) * before, () -> "at " + seam);
    }
  }
}
