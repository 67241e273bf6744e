package dev.tarn.io.onnx;

/// An input of the graph is used as a weight or a setting, so its values must be known. Read again
/// with them.
final class NeedsConstant extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String input;

  NeedsConstant(String input) {
    super(input, null, false, false);
    this.input = input;
  }

  String input() {
    return input;
  }
}
