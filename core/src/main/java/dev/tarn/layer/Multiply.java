package dev.tarn.layer;

import dev.tarn.tensor.Shape;
import java.util.List;

/// Multiplies two or more inputs value by value. Axes of size 1 are repeated to fit, so that a `[C,
/// 1, 1]` gate scales the channels of a `[C, H, W]` map: the last step of squeeze-and-excitation
/// (Hu et al. 2018, equation 4).
public record Multiply() implements Layer {
  @Override
  public String kind() {
    return "multiply";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Add.broadcast(inputs);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return (inputs.size() - 1) * output.elements();
  }

  @Override
  public String toString() {
    return "";
  }
}
