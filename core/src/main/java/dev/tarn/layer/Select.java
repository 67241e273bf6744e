package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Takes cells of each axis of a sample, in any order and as often as wanted: `y[i, j, …] = x[a[i],
/// b[j], …]`. Slicing, repeating, flipping, gathering, and padding of every kind (ONNX `Slice`,
/// `Expand`, `Gather`, `Pad`, `Split`, nearest `Resize`).
///
/// @param cells per axis of the input the cell that each output takes; −1 takes the fill
/// @param fill what stands where there is no cell
public record Select(List<List<Integer>> cells, double fill) implements Layer {
  /// In place of a cell: the fill.
  public static final int NONE = -1;

  public Select {
    cells = cells.stream().map(List::copyOf).toList();
    for (List<Integer> axis : cells) {
      if (axis.isEmpty() || axis.stream().anyMatch(cell -> cell < NONE)) {
        throw new ParameterException(
            "select: cells of an axis are %s; needed at least one, each at least 0, or -1 for the fill."
                .formatted(brief(axis)));
      }
    }
  }

  /// Everything of an input of this shape, to be changed by [#axis].
  public static Select all(Shape input) {
    List<List<Integer>> cells = new ArrayList<>();
    for (int axis = 0; axis < input.rank(); axis++) {
      cells.add(IntStream.range(0, input.size(axis)).boxed().toList());
    }
    return new Select(cells, 0);
  }

  /// The same with other cells of one axis.
  public Select axis(int axis, List<Integer> taken) {
    List<List<Integer>> changed = new ArrayList<>(cells);
    changed.set(axis, taken);
    return new Select(changed, fill);
  }

  /// The same with another fill.
  public Select fill(double value) {
    return new Select(cells, value);
  }

  @Override
  public String kind() {
    return "select";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.requireCells(Layer.only(inputs));
    if (input.rank() != cells.size()) {
      throw new ShapeException(
          "input %s has %d axes; needed %d.".formatted(input, input.rank(), cells.size()));
    }
    for (int axis = 0; axis < cells.size(); axis++) {
      for (int cell : cells.get(axis)) {
        if (cell >= input.size(axis)) {
          throw new ShapeException(
              "cell %d is taken of axis %d, but input %s has %d there."
                  .formatted(cell, axis, input, input.size(axis)));
        }
      }
    }
    Shape output = Shape.of(cells.stream().mapToInt(List::size).toArray());
    output.arraySize();
    return output;
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return "cells " + cells.stream().map(Select::brief).collect(Collectors.joining(", "));
  }

  private static String brief(List<Integer> axis) {
    return axis.size() <= 3
        ? axis.toString()
        : "[%d, %d … %d]".formatted(axis.get(0), axis.get(1), axis.getLast());
  }
}
