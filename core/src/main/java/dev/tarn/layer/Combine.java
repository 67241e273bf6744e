package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.Locale;

/// Combines two inputs value by value. Axes of size 1 are repeated to fit, as [Add] does.
///
/// @param operator difference, quotient, power, comparison, …
public record Combine(Operator operator) implements Layer {
  @Override
  public String kind() {
    return operator.name().toLowerCase(Locale.ROOT).replace("_", "");
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (inputs.size() != 2) {
      throw new ShapeException("has %d inputs; needed 2.".formatted(inputs.size()));
    }
    return Add.broadcast(inputs);
  }

  @Override
  public String toString() {
    return "";
  }
}
