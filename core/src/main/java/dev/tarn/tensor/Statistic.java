package dev.tarn.tensor;

/// What a run of values becomes when whole axes are reduced to one value. Sums are taken in double.
public enum Statistic {
  SUM,
  MEAN,
  /// The largest value; NaN propagates.
  MAX,
  /// The smallest value; NaN propagates.
  MIN,
  PRODUCT,
  /// `Σ|x|`
  L1,
  /// `√Σx²`
  L2,
  /// `Σx²`
  SUM_OF_SQUARES,
  /// `ln Σx`
  LOG_SUM,
  /// `ln Σe^x`, without overflow.
  LOG_SUM_EXP,
  /// The number of the first of the largest values.
  ARGMAX,
  /// The number of the last of the largest values.
  ARGMAX_LAST,
  /// The number of the first of the smallest values.
  ARGMIN,
  /// The number of the last of the smallest values.
  ARGMIN_LAST
}
