package dev.tarn.tensor;

/// The complementary error function by W. J. Cody's rational approximations ("Rational Chebyshev
/// approximations for the error function", Math. Comp. 23, 1969, 631–637), with the coefficients of
/// his program of 1990 (netlib, specfun/erf). Relative error below 1e-15 where the answer is a
/// normal number.
// Digits as published.
@SuppressWarnings("FloatingPointLiteralPrecision")
public final class ErrorFunction {
  /// 1/√π.
  private static final double ONE_OVER_SQRT_PI = 5.6418958354775628695e-1;

  /// erf(x)/x for |x| ≤ 0.46875: numerator, highest power first, and denominator, whose highest
  /// coefficient is 1.
  private static final double[] A = {
    1.85777706184603153e-1,
    3.16112374387056560,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3
  };

  private static final double[] B = {
    1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3
  };

  /// exp(x²)·erfc(x) for 0.46875 ≤ x ≤ 4.
  private static final double[] C = {
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
    2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
    1.23033935479799725e3
  };

  private static final double[] D = {
    1,
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3
  };

  /// How far exp(x²)·erfc(x)·x is from 1/√π, over 1/x², for x > 4, as a function of 1/x².
  private static final double[] P = {
    1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
    1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4
  };

  private static final double[] Q = {
    1,
    2.56852019228982242,
    1.87295284992346725,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3
  };

  private ErrorFunction() {}

  /// `1 − erf(x)`, without cancellation for large `x`.
  public static double erfc(double x) {
    double size = Math.abs(x);
    if (size <= 0.46875) {
      return 1 - x * ratio(A, B, x * x);
    }
    double tail;
    if (size <= 4) {
      tail = expOfMinusSquare(size) * ratio(C, D, size);
    } else if (size < 27) {
      double inverse = 1 / (size * size);
      double scaled = (ONE_OVER_SQRT_PI - inverse * ratio(P, Q, inverse)) / size;
      tail = expOfMinusSquare(size) * scaled;
    } else if (size >= 27) {
      tail = 0;
    } else {
      return x; // NaN
    }
    return x < 0 ? 2 - tail : tail;
  }

  /// The square's leading bits apart from the rest, so that rounding the square costs nothing.
  private static double expOfMinusSquare(double x) {
    double leading = Math.floor(x * 16) / 16;
    double rest = (x - leading) * (x + leading);
    return StrictMath.exp(-leading * leading) * StrictMath.exp(-rest);
  }

  private static double ratio(double[] numerator, double[] denominator, double x) {
    return polynomial(numerator, x) / polynomial(denominator, x);
  }

  private static double polynomial(double[] coefficients, double x) {
    double value = 0;
    for (double coefficient : coefficients) {
      value = value * x + coefficient;
    }
    return value;
  }
}
