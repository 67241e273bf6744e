package dev.tarn.layer;

import dev.tarn.tensor.Shape;

/// One array of numbers that a layer keeps: its name inside the layer, its shape, how it starts,
/// and its role.
///
/// @param name `weight`, `bias`, `runningMean`, …
/// @param shape logical shape, `[out, in / groups, kernel…]` for a convolution
/// @param initializer its values before training
/// @param role learned, or remembered
public record ParameterSpec(String name, Shape shape, Initializer initializer, Role role) {
  /// What a parameter is for.
  public enum Role {
    /// Learned by gradient descent, and subject to weight decay.
    WEIGHT,
    /// Learned by gradient descent; not decayed (biases, and the scale and shift of batch norm).
    BIAS,
    /// Remembered by the layer itself, such as running statistics; has no gradient.
    STATE
  }
}
