package dev.tarn.engine;

/// Which array of a [Frame] a [Buffer] lies in.
public enum Space {
  /// Activations, their gradients and kernels' scratch: one array per frame, carved by the plan.
  ARENA,
  /// The model's parameters, shared by all frames that predict with them.
  PARAMETERS,
  /// Gradients by the parameters, laid out like them.
  GRADIENTS,
  /// What kernels made of constant parameters once, such as packed weights: shared by all frames
  /// that predict with them.
  PREPARED,
  /// Bytes: where pooling found its extrema.
  BYTES;

  private static final int LINE_BYTES = 64;
  private static final int HEADER_BYTES = 16;

  /// Elements of a cache line.
  public int line() {
    return this == BYTES ? LINE_BYTES : LINE_BYTES / 4;
  }

  /// The element with which the second cache line of an array begins, if the array begins with a
  /// line. JVMs put it there where it is large (G1, ZGC) or where `-XX:ObjectAlignmentInBytes=64`
  /// says so; its first elements stand behind the header. Vectors that straddle two lines cost
  /// convolutions a tenth of their time.
  public int start() {
    return line() - line() * HEADER_BYTES / LINE_BYTES;
  }
}
