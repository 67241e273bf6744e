package dev.tarn.model;

import dev.tarn.layer.ParameterSpec;

/// One parameter of a model and its place in the model's flat array.
///
/// @param name `conv1.weight`
/// @param node name of the node it belongs to
/// @param spec shape, initializer and role
/// @param at first element in [Parameters#array]
public record Parameter(String name, String node, ParameterSpec spec, int at) {
  public int size() {
    return spec.shape().arraySize();
  }

  /// Whether training changes it by gradient descent.
  public boolean learned() {
    return spec.role() != ParameterSpec.Role.STATE;
  }
}
