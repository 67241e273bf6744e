package dev.tarn.tensor;

/// What max and min pooling do with a NaN.
public enum NanPolicy {
  /// The result is NaN and its index the first NaN (PyTorch).
  PROPAGATE,
  /// NaNs are skipped; a window of NaNs alone gives NaN, with the index of its first cell
  /// (TensorFlow, ONNX Runtime).
  IGNORE
}
