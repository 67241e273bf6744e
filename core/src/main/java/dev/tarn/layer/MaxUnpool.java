package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.List;

/// Puts values back where a max pooling layer took them from; all other cells are 0 (Zeiler &
/// Fergus 2014).
///
/// Its inputs are the values and the pooling layer's output, whose recorded indices say where each
/// value goes. Where two windows selected the same cell, the last in row-major order wins unless
/// `duplicates` says otherwise.
///
/// @param sizes spatial sizes of the output: those of the pooling layer's input
/// @param duplicates what happens when several values go to one cell
public record MaxUnpool(List<Integer> sizes, Duplicates duplicates) implements Layer {
  public MaxUnpool {
    sizes = List.copyOf(sizes);
    Window.requireAtLeast("output size", 1, sizes);
  }

  @Override
  public String kind() {
    return "unpool";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    if (inputs.size() != 2) {
      throw new ShapeException(
          "has %d inputs; needed 2: the values, and the max pooling layer whose places they take."
              .formatted(inputs.size()));
    }
    Shape values = Layer.onlySpatial(inputs.subList(0, 1));
    if (!values.equals(inputs.getLast())) {
      throw new ShapeException(
          "values %s and pooling output %s differ; needed equal shapes."
              .formatted(values, inputs.getLast()));
    }
    if (sizes.size() != values.spatialRank()) {
      throw new ShapeException(
          "output sizes %s do not fit input %s; needed %d numbers."
              .formatted(sizes, values, values.spatialRank()));
    }
    int[] output = values.toArray();
    for (int axis = 0; axis < sizes.size(); axis++) {
      output[axis + 1] = sizes.get(axis);
    }
    return Layer.requireCells(Shape.of(output));
  }
}
