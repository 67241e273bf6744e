package dev.tarn.tensor;

/// What two values become when they are combined, and how the result changes with each of them.
///
/// Truth is 1 and 0; everything but 0 counts as true.
public enum Operator {
  /// `a + b`
  ADD,
  /// `a · b`
  MULTIPLY,
  /// `a − b`
  SUBTRACT,
  /// `a / b`
  DIVIDE,
  /// `a^b`
  POWER,
  /// The smaller value; NaN propagates. Of equal values the first gets the gradient.
  MINIMUM,
  /// The larger value; NaN propagates. Of equal values the first gets the gradient.
  MAXIMUM,
  /// `a − b·trunc(a / b)`, with the sign of `a`.
  REMAINDER,
  /// `a − b·⌊a / b⌋`, with the sign of `b`.
  MODULO,
  /// 1 where `a = b`.
  EQUAL,
  /// 1 where `a < b`.
  LESS,
  /// 1 where `a ≤ b`.
  LESS_OR_EQUAL,
  /// 1 where both are true.
  AND,
  /// 1 where one is true.
  OR,
  /// 1 where exactly one is true.
  XOR,
  /// `a` where `b` is true, else 0, whatever `a` is.
  KEEP,
  /// `a` where `a ≥ 0`, else `a · b`: ReLU with a learned slope (He et al. 2015, equation 1).
  PRELU;

  /// The result.
  public double apply(double a, double b) {
    return switch (this) {
      case ADD -> a + b;
      case MULTIPLY -> a * b;
      case SUBTRACT -> a - b;
      case DIVIDE -> a / b;
      case POWER -> StrictMath.pow(a, b);
      case MINIMUM -> Math.min(a, b);
      case MAXIMUM -> Math.max(a, b);
      case REMAINDER -> a % b;
      case MODULO -> {
        double rest = a % b;
        yield rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
      }
      case EQUAL -> truth(a == b);
      case LESS -> truth(a < b);
      case LESS_OR_EQUAL -> truth(a <= b);
      case AND -> truth(a != 0 && b != 0);
      case OR -> truth(a != 0 || b != 0);
      case XOR -> truth(a != 0 != (b != 0));
      case KEEP -> b != 0 ? a : 0;
      case PRELU -> a < 0 ? a * b : a;
    };
  }

  /// The derivative by `a`; 0 for what is true or false.
  public double slopeOfFirst(double a, double b) {
    return switch (this) {
      case ADD, SUBTRACT, REMAINDER, MODULO -> 1;
      case MULTIPLY -> b;
      case DIVIDE -> 1 / b;
      case POWER -> b == 0 ? 0 : b * StrictMath.pow(a, b - 1);
      case MINIMUM -> truth(a <= b);
      case MAXIMUM -> truth(a >= b);
      case EQUAL, LESS, LESS_OR_EQUAL, AND, OR, XOR -> 0;
      case KEEP -> truth(b != 0);
      case PRELU -> a < 0 ? b : 1;
    };
  }

  /// The derivative by `b`; 0 for what is true or false.
  public double slopeOfSecond(double a, double b) {
    return switch (this) {
      case ADD -> 1;
      case SUBTRACT -> -1;
      case MULTIPLY -> a;
      case DIVIDE -> -a / (b * b);
      case POWER -> a == 0 ? 0 : StrictMath.pow(a, b) * StrictMath.log(a);
      case MINIMUM -> truth(b < a);
      case MAXIMUM -> truth(b > a);
      case REMAINDER -> {
        double times = a / b;
        yield -(times < 0 ? Math.ceil(times) : Math.floor(times));
      }
      case MODULO -> -Math.floor(a / b);
      case EQUAL, LESS, LESS_OR_EQUAL, AND, OR, XOR, KEEP -> 0;
      case PRELU -> a < 0 ? a : 0;
    };
  }

  private static double truth(boolean is) {
    return is ? 1 : 0;
  }
}
