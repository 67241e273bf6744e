package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.stream.Collectors;

/// Gives every plane another size, each cell a mixture of old cells (ONNX `Resize`: linear, cubic,
/// with and without antialiasing, in any of its coordinate systems).
///
/// @param axes one blend per spatial axis
public record Resize(List<Blend> axes) implements Layer {
  public Resize {
    axes = List.copyOf(axes);
    if (axes.isEmpty() || axes.size() > 3) {
      throw new ParameterException(
          "resize: %d blends; needed 1, 2 or 3, one per spatial axis.".formatted(axes.size()));
    }
  }

  @Override
  public String kind() {
    return "resize";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    int[] sizes = input.toArray();
    for (int axis = 0; axis < axes.size(); axis++) {
      if (axes.size() != input.spatialRank() || axes.get(axis).inputs() != input.spatial(axis)) {
        throw new ShapeException(
            "input %s does not fit; needed spatial sizes %s."
                .formatted(input, axes.stream().map(Blend::inputs).toList()));
      }
      sizes[axis + 1] = axes.get(axis).outputs();
    }
    Shape output = Shape.of(sizes);
    output.arraySize();
    return output;
  }

  @Override
  public String toString() {
    return axes.stream().map(Blend::toString).collect(Collectors.joining(", "));
  }
}
