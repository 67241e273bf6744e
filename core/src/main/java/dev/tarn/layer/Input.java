package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Where data enters a model.
///
/// @param shape per sample: `[C, spatial…]` or `[features]`, every size at least 1
public record Input(Shape shape) implements Layer {
  public Input {
    if (shape.rank() < 1 || shape.rank() > 4) {
      throw new ShapeException(
          "input shape %s has %d axes; needed [features] or [C, spatial…] with 1 to 3 spatial axes, without the batch."
              .formatted(shape, shape.rank()));
    }
    Layer.requireCells(shape);
  }

  @Override
  public String kind() {
    return "input";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return shape;
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  /// Nothing: the shape is the output's.
  @Override
  public String toString() {
    return "";
  }
}
