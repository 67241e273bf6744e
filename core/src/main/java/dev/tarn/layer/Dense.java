package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Connects every input with every output: `y = W·x + b`, a fully connected layer (ONNX `Gemm`).
///
/// | | shape |
/// |---|---|
/// | input | `[features]` |
/// | weight | `[units, features]` |
/// | bias | `[units]` |
/// | output | `[units]` |
///
/// @param units number of outputs
/// @param bias whether each output adds a number
/// @param initializer how the weight starts
public record Dense(int units, Bias bias, Initializer initializer) implements Layer {
  public Dense {
    if (units < 1) {
      throw new ParameterException("dense: units is %d; needed at least 1.".formatted(units));
    }
  }

  /// A layer with a bias and He initialisation.
  public static Dense of(int units) {
    return new Dense(units, Bias.WITH, Initializer.HE);
  }

  public Dense bias(Bias wanted) {
    return new Dense(units, wanted, initializer);
  }

  public Dense initializer(Initializer start) {
    return new Dense(units, bias, start);
  }

  @Override
  public String kind() {
    return "dense";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.requireCells(Layer.only(inputs));
    if (input.rank() != 1) {
      throw new ShapeException(
          "input %s has %d axes; needed [features]. Put a flatten layer or global pooling and a flatten layer before it."
              .formatted(input, input.rank()));
    }
    return Shape.of(units);
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    Shape weight = Shape.of(units, Layer.only(inputs).size(0));
    return Conv.specs(weight, units, initializer, bias);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 2L * units * Layer.only(inputs).size(0) + (bias == Bias.WITH ? units : 0);
  }

  @Override
  public String toString() {
    return units + " units";
  }
}
