package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Puts inputs behind each other along channels (or features).
public record Concat() implements Layer {
  @Override
  public String kind() {
    return "concat";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (inputs.isEmpty()) {
      throw new ShapeException("has no inputs; needed at least 1.");
    }
    int[] sizes = inputs.getFirst().toArray();
    long channels = 0;
    for (Shape input : inputs) {
      if (!Layer.requireCells(input).sample().equals(inputs.getFirst().sample())) {
        throw new ShapeException(
            "inputs %s differ beyond their first axis; needed equal sizes there."
                .formatted(inputs));
      }
      channels += input.channels();
    }
    sizes[0] = Math.toIntExact(Math.min(channels, Integer.MAX_VALUE));
    return Shape.of(sizes);
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
