package dev.tarn.train;

import dev.tarn.error.ParameterException;

/// The one place where the numbers of losses, optimizers and schedules are held to their ranges.
final class Checks {
  private Checks() {}

  /// `value`, which must be finite and above 0, and at most `most`.
  static double positive(String where, String name, double value, double most) {
    if (!(value > 0 && value <= most)) {
      throw new ParameterException(
          "%s: %s is %s; needed above 0 and at most %s.".formatted(where, name, value, most));
    }
    return value;
  }

  /// `value`, which must be finite, above 0 or 0, and at most `most`.
  static double notNegative(String where, String name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw new ParameterException(
          "%s: %s is %s; needed 0 to %s.".formatted(where, name, value, most));
    }
    return value;
  }

  /// `value`, a share of the past that an average keeps: from 0 to below 1.
  static double belowOne(String where, String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new ParameterException(
          "%s: %s is %s; needed at least 0 and below 1.".formatted(where, name, value));
    }
    return value;
  }

  /// `value`, a count of at least 1.
  static int atLeastOne(String where, String name, int value) {
    if (value < 1) {
      throw new ParameterException(
          "%s: %s is %d; needed at least 1.".formatted(where, name, value));
    }
    return value;
  }
}
