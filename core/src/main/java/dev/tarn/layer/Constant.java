package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// The same values for every sample, whatever the inputs: what an imported network computes with
/// beside its weights. Training does not change them.
///
/// Its only parameter, the state `value`, has the layer's shape.
///
/// @param shape per sample, every size at least 1
public record Constant(Shape shape) implements Layer {
  public Constant {
    if (shape.rank() < 1) {
      throw new ShapeException("constant has no axes; needed at least 1.");
    }
    Layer.requireCells(shape);
  }

  @Override
  public String kind() {
    return "constant";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (!inputs.isEmpty()) {
      throw new ShapeException("has %d inputs; needed none.".formatted(inputs.size()));
    }
    return shape;
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    return List.of(new ParameterSpec("value", shape, Initializer.ZERO, ParameterSpec.Role.STATE));
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return "";
  }
}
