package dev.tarn.engine;

/// How much a faster kernel may differ from the reference.
public enum Arithmetic {
  /// Every sum runs in the order that its problem states, so every engine gives the same bits.
  EXACT_ORDER,
  /// Kernels may add in another order, or transform what they add, where that is faster; each
  /// bounds its error. The bits still do not depend on threads, width of vectors or other samples
  /// of the batch. An infinity or NaN may reach results near those it would reach in the exact
  /// order.
  FAST
}
