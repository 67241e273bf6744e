package dev.tarn.layer;

import dev.tarn.tensor.Shape;
import java.util.List;

/// Turns scores into probabilities across the first axis, channels or features, at every position:
/// `e^xᵢ / Σ e^xⱼ`.
///
/// The largest score is subtracted first, so no score overflows. A model that ends in scores
/// (logits) trains better and predicts the same: the softmax cross-entropy loss holds its own
/// softmax.
public record Softmax() implements Layer {
  @Override
  public String kind() {
    return "softmax";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Layer.requireCells(Layer.only(inputs));
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 3 * output.elements();
  }

  @Override
  public String toString() {
    return "";
  }
}
