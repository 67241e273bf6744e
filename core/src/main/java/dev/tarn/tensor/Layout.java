package dev.tarn.tensor;

/// Where the channels of a tensor lie in memory. The logical order is always `N, C, spatial…`.
public enum Layout {
  /// Each channel's plane is contiguous: `N, C, spatial…`, as in PyTorch and ONNX.
  NCHW,
  /// The channels of one position are contiguous: `N, spatial…, C`, as in TensorFlow.
  NHWC
}
