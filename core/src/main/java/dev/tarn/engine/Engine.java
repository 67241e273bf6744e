package dev.tarn.engine;

/// A set of kernels that can solve every [Problem].
///
/// All engines give the same bits for pooling and whatever needs no sum, and the same bits for sums
/// that they take in the reference's order; where an engine's kernel takes another order its
/// documentation says so and bounds the difference.
public interface Engine {
  /// `reference`, `vector 512`, …
  String name();

  /// The fastest kernel of this engine that accepts the problem.
  Choice choose(Problem problem);
}
