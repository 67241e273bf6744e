package dev.tarn.tensor;

/// What happens to the remainder when a stride does not divide `n + padding − window`.
public enum Rounding {
  /// The remainder at the end is dropped.
  FLOOR,
  /// One more window covers it, if that window starts inside the input or the padding before it
  /// (PyTorch, ONNX).
  CEIL,
  /// One more window covers it; only a padded input drops a window that starts beyond the input
  /// (Caffe).
  CEIL_CAFFE,
  /// A remainder is an error.
  EXACT
}
