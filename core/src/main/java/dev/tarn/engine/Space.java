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
  BYTES
}
