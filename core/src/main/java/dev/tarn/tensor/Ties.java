package dev.tarn.tensor;

/// Where the gradient goes when several cells hold the extremum. −0 and +0 tie.
public enum Ties {
  /// To the first in row-major order.
  FIRST,
  /// To all of them in equal parts (Keras GlobalMaxPooling on TensorFlow, JAX).
  SPLIT
}
