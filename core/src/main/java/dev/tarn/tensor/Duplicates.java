package dev.tarn.tensor;

/// What max unpooling does when several values go to one cell.
public enum Duplicates {
  /// The last in row-major order stays.
  LAST,
  /// They are added.
  SUM,
  /// They are averaged.
  MEAN
}
