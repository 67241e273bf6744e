package dev.tarn.layer;

import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Applies a function to every value by itself.
///
/// @param function ReLU, sigmoid, …
public record Activate(Activation function) implements Layer {
  @Override
  public String kind() {
    return switch (function) {
      case Activation.Relu() -> "relu";
      case Activation.LeakyRelu(double slope) -> "leakyrelu";
      case Activation.Sigmoid() -> "sigmoid";
      case Activation.Tanh() -> "tanh";
      case Activation.Gelu(var form) -> "gelu";
      case Activation.Silu() -> "silu";
      case Curve curve -> curve.kind();
    };
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Layer.requireCells(Layer.only(inputs));
  }

  @Override
  public String toString() {
    return switch (function) {
      case Activation.LeakyRelu(double slope) -> "slope " + slope;
      case Activation.Gelu(var form) when form == Activation.Gelu.Form.TANH -> "tanh form";
      case Curve curve when !(curve instanceof Function) ->
          curve.toString().replaceAll(".*\\[|]", "").replace("=", " ");
      default -> "";
    };
  }
}
