package dev.tarn.tensor;

import java.util.Locale;

/// Elementary functions without settings, computed in double and rounded once.
public enum Function implements Curve {
  ABS,
  ACOS,
  ACOSH,
  ASIN,
  ASINH,
  ATAN,
  ATANH,
  CEIL,
  COS,
  COSH,
  /// The error function.
  ERF,
  EXP,
  FLOOR,
  /// `x · max(0, min(1, x/6 + ½))` (Howard et al. 2019).
  HARD_SWISH,
  /// 1 for infinities, else 0.
  IS_INFINITE,
  /// 1 for NaN, else 0.
  IS_NAN,
  LOG,
  /// `x · tanh(softplus(x))` (Misra 2019).
  MISH,
  /// 1 for 0, else 0.
  NOT,
  RECIPROCAL,
  /// To the nearest whole number, halves to the even one.
  ROUND,
  SIGN,
  SIN,
  SINH,
  /// `ln(1 + e^x)`.
  SOFTPLUS,
  /// `x / (1 + |x|)`.
  SOFTSIGN,
  SQRT,
  TAN,
  /// Toward 0.
  TRUNCATE;

  private static final double TWO_OVER_SQRT_PI = 2 / StrictMath.sqrt(StrictMath.PI);

  @Override
  public String kind() {
    return name().toLowerCase(Locale.ROOT).replace("_", "");
  }

  @Override
  public double value(double x) {
    return switch (this) {
      case ABS -> Math.abs(x);
      case ACOS -> StrictMath.acos(x);
      case ACOSH -> StrictMath.log(x + StrictMath.sqrt(x * x - 1));
      case ASIN -> StrictMath.asin(x);
      case ASINH -> Math.copySign(asinh(Math.abs(x)), x);
      case ATAN -> StrictMath.atan(x);
      case ATANH -> 0.5 * (StrictMath.log1p(x) - StrictMath.log1p(-x));
      case CEIL -> Math.ceil(x);
      case COS -> StrictMath.cos(x);
      case COSH -> StrictMath.cosh(x);
      case ERF -> 1 - ErrorFunction.erfc(x);
      case EXP -> StrictMath.exp(x);
      case FLOOR -> Math.floor(x);
      case HARD_SWISH -> x * Math.clamp(x / 6 + 0.5, 0.0, 1.0);
      case IS_INFINITE -> Double.isInfinite(x) ? 1 : 0;
      case IS_NAN -> Double.isNaN(x) ? 1 : 0;
      case LOG -> StrictMath.log(x);
      case MISH -> x * StrictMath.tanh(softplus(x));
      case NOT -> x == 0 ? 1 : 0;
      case RECIPROCAL -> 1 / x;
      case ROUND -> Math.rint(x);
      case SIGN -> Math.signum(x);
      case SIN -> StrictMath.sin(x);
      case SINH -> StrictMath.sinh(x);
      case SOFTPLUS -> softplus(x);
      case SOFTSIGN -> x / (1 + Math.abs(x));
      case SQRT -> StrictMath.sqrt(x);
      case TAN -> StrictMath.tan(x);
      case TRUNCATE -> x < 0 ? Math.ceil(x) : Math.floor(x);
    };
  }

  @Override
  public double slope(double x) {
    return switch (this) {
      case ABS -> Math.signum(x);
      case ACOS -> -1 / StrictMath.sqrt(1 - x * x);
      case ACOSH -> 1 / StrictMath.sqrt(x * x - 1);
      case ASIN -> 1 / StrictMath.sqrt(1 - x * x);
      case ASINH -> 1 / StrictMath.sqrt(1 + x * x);
      case ATAN -> 1 / (1 + x * x);
      case ATANH -> 1 / (1 - x * x);
      case CEIL, FLOOR, IS_INFINITE, IS_NAN, NOT, ROUND, SIGN, TRUNCATE -> 0;
      case COS -> -StrictMath.sin(x);
      case COSH -> StrictMath.sinh(x);
      case ERF -> TWO_OVER_SQRT_PI * StrictMath.exp(-x * x);
      case EXP -> StrictMath.exp(x);
      case HARD_SWISH -> x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5;
      case LOG -> 1 / x;
      case MISH -> {
        double tanh = StrictMath.tanh(softplus(x));
        yield tanh + x * (1 - tanh * tanh) * logistic(x);
      }
      case RECIPROCAL -> -1 / (x * x);
      case SIN -> StrictMath.cos(x);
      case SINH -> StrictMath.cosh(x);
      case SOFTPLUS -> logistic(x);
      case SOFTSIGN -> {
        double below = 1 + Math.abs(x);
        yield 1 / (below * below);
      }
      case SQRT -> 0.5 / StrictMath.sqrt(x);
      case TAN -> {
        double tan = StrictMath.tan(x);
        yield 1 + tan * tan;
      }
    };
  }

  private static double asinh(double x) {
    return StrictMath.log1p(x + x * x / (1 + StrictMath.sqrt(1 + x * x)));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
  }

  static double logistic(double x) {
    return 1 / (1 + StrictMath.exp(-x));
  }
}
