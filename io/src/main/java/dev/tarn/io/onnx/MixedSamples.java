package dev.tarn.io.onnx;

/// The first axis is no batch after all: an operator takes values of several samples together. Read
/// again with the whole value as one sample.
final class MixedSamples extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MixedSamples(String what) {
    super(what, null, false, false);
  }
}
