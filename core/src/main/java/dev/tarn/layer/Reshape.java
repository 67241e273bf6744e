package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Gives the values of a sample another shape, keeping their logical order `C, spatial…` (ONNX
/// `Reshape`).
///
/// @param shape the wanted per-sample shape, of as many elements as the input
public record Reshape(Shape shape) implements Layer {
  public Reshape {
    Layer.requireCells(shape);
  }

  @Override
  public String kind() {
    return "reshape";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.only(inputs);
    if (input.elements() != shape.elements()) {
      throw new ShapeException(
          "input %s has %d values; %s needs %d."
              .formatted(input, input.elements(), shape, shape.elements()));
    }
    return shape;
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return "to " + shape;
  }
}
