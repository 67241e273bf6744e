package dev.tarn.tensor;

/// How cells of an enlarged plane get their values.
public enum Interpolation {
  /// The value of the nearest cell: each cell is repeated.
  NEAREST,
  /// A linear mixture of the two nearest cells on each axis, in half-pixel coordinates.
  LINEAR
}
