package dev.tarn.engine;

/// `eˣ`, and what is made of it, from additions, multiplications and fused multiply-adds alone, so
/// that every machine, and every lane of a vector, gives the same bits; several times as fast as
/// `StrictMath`.
///
/// `x = k·ln 2 + r` with `|r| ≤ ln 2 / 2`; `eʳ` is its Taylor series up to `r¹³`, whose rest is
/// below 2⁻⁵⁷, by Horner's rule; `2ᵏ` is multiplied on in two parts, so that results below the
/// normal range are rounded once. The error is below 1 unit in the last place.
public final class Exponential {
  /// Adding and subtracting it rounds to a whole number.
  public static final double ROUNDER = 0x1.8p52;

  public static final double LOG2_E = 1.4426950408889634;

  /// ln 2 in two parts, the first with so few digits that multiples of it are exact (Cody & Waite
  /// 1980, "Software manual for the elementary functions").
  public static final double LN2_HIGH = 0x1.62e42fee00000p-1;

  public static final double LN2_LOW = 0x1.a39ef35793c76p-33;

  /// Beyond these the result is an infinity or 0.
  public static final double MOST = 709.782712893384;

  public static final double LEAST = -745.1332191019411;

  /// Below this the hyperbolic tangent of `x` is taken for `x`, whose difference is `x³ / 3`.
  public static final double LINEAR = 0x1p-13;

  private static final double[] TERMS = terms();

  private Exponential() {}

  /// `1 / i!` for `i` from 0 to 13.
  private static double[] terms() {
    double[] terms = new double[14];
    double factorial = 1;
    for (int i = 0; i < terms.length; i++) {
      factorial *= Math.max(i, 1);
      terms[i] = 1 / factorial; // factorials up to 18! are exact in double
    }
    return terms;
  }

  /// The factor of `rⁱ`, `i` from 0 to 13.
  public static double term(int i) {
    return TERMS[i];
  }

  /// `eˣ`; NaN gives NaN.
  public static double of(double x) {
    if (!(x >= LEAST)) {
      return x < LEAST ? 0 : x;
    }
    if (x > MOST) {
      return Double.POSITIVE_INFINITY;
    }
    double k = Math.fma(x, LOG2_E, ROUNDER) - ROUNDER;
    double r = Math.fma(-k, LN2_HIGH, x);
    r = Math.fma(-k, LN2_LOW, r);
    double sum = TERMS[13];
    for (int i = 12; i >= 0; i--) {
      sum = Math.fma(sum, r, TERMS[i]);
    }
    int exponent = (int) k;
    int half = exponent >> 1;
    return sum * power(half) * power(exponent - half);
  }

  /// `1 / (1 + e^−x)`.
  public static double sigmoid(double x) {
    return 1 / (1 + of(-x));
  }

  /// The hyperbolic tangent, `(1 − e) / (1 + e)` with `e = e^−2|x|` and the sign of `x`; wrong by
  /// at most one part in 2²⁷, far less from 2⁻¹³ on.
  public static double tanh(double x) {
    double size = Math.abs(x);
    if (!(size >= LINEAR)) {
      return x;
    }
    double e = of(-2 * size);
    double t = (1 - e) / (1 + e);
    return x < 0 ? -t : t;
  }

  private static double power(int exponent) {
    return Double.longBitsToDouble((exponent + 1023L) << 52);
  }
}
