package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Adds two or more inputs value by value: the join of a residual block. Axes of size 1 are
/// repeated to fit.
public record Add() implements Layer {
  @Override
  public String kind() {
    return "add";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return broadcast(inputs);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return (inputs.size() - 1) * output.elements();
  }

  @Override
  public String toString() {
    return "";
  }

  /// The common shape of inputs whose axes agree or are 1. `[features]` counts as `[C]` without
  /// positions.
  static Shape broadcast(List<Shape> inputs) {
    if (inputs.size() < 2) {
      throw new ShapeException("has %d inputs; needed at least 2.".formatted(inputs.size()));
    }
    int rank = inputs.stream().mapToInt(Shape::rank).max().orElseThrow();
    int[] sizes = new int[rank];
    requireWholePlanes(inputs);
    for (int axis = 0; axis < rank; axis++) {
      sizes[axis] = 1;
      for (Shape input : inputs) {
        int size = axis < Layer.requireCells(input).rank() ? input.size(axis) : 1;
        if (size != 1 && sizes[axis] != 1 && size != sizes[axis]) {
          throw new ShapeException(
              "inputs %s do not fit: axis %d has sizes %d and %d; needed equal sizes, or 1."
                  .formatted(inputs, axis, sizes[axis], size));
        }
        sizes[axis] = Math.max(sizes[axis], size);
      }
    }
    return Shape.of(sizes);
  }

  /// An input is repeated over all positions or over none: what kernels that run along channels can
  /// do.
  private static void requireWholePlanes(List<Shape> inputs) {
    int most = inputs.stream().mapToInt(Shape::positions).max().orElseThrow();
    for (Shape input : inputs) {
      if (input.positions() != most && input.positions() != 1) {
        throw new ShapeException(
            "inputs %s do not fit: %s has %d positions; needed %d, or 1."
                .formatted(inputs, input, input.positions(), most));
      }
    }
  }
}
