package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Offsets;
import dev.tarn.engine.ReduceProblem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Select;
import dev.tarn.layer.Transpose;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;

/// Where the values of a sample lie, which is channels last, for layers that speak of axes in
/// logical order.
final class Rearranging {
  private Rearranging() {}

  static MoveProblem.Rearrange constant(Node node, Values values) {
    Shape shape = node.shape();
    int[] logical = logical(shape);
    Offsets from = places(shape, index -> dot(index, logical));
    Buffer value = values.parameter(node, "value", Space.PARAMETERS);
    return new MoveProblem.Rearrange(from, 0, 0, value, values.newValue(node));
  }

  static MoveProblem.Rearrange transpose(Node node, Transpose layer, Buffer x, Buffer y) {
    Shape input = node.inputs().getFirst().shape();
    int[] strides = channelsLast(input);
    int[] turned = new int[strides.length];
    for (int axis = 0; axis < turned.length; axis++) {
      turned[axis] = strides[layer.order().get(axis)];
    }
    Offsets from = places(node.shape(), index -> dot(index, turned));
    return new MoveProblem.Rearrange(from, input.arraySize(), 0, x, y);
  }

  static MoveProblem.Rearrange select(Node node, Select layer, Buffer x, Buffer y) {
    Shape input = node.inputs().getFirst().shape();
    int[] strides = channelsLast(input);
    int[][] taken = new int[strides.length][];
    for (int axis = 0; axis < taken.length; axis++) {
      taken[axis] = layer.cells().get(axis).stream().mapToInt(cell -> cell).toArray();
    }
    Offsets from =
        places(
            node.shape(),
            index -> {
              int at = 0;
              for (int axis = 0; axis < index.length; axis++) {
                int cell = taken[axis][index[axis]];
                if (cell == Select.NONE) {
                  return Offsets.NONE;
                }
                at += cell * strides[axis];
              }
              return at;
            });
    return new MoveProblem.Rearrange(from, input.arraySize(), layer.fill(), x, y);
  }

  static ReduceProblem.Forward reduce(Node node, Reduce layer, Buffer x, Buffer y) {
    Shape input = node.inputs().getFirst().shape();
    int[] strides = channelsLast(input);
    int[] kept = strides.clone();
    int[] sizes = new int[layer.axes().size()];
    int[] along = new int[sizes.length];
    for (int i = 0; i < sizes.length; i++) {
      int axis = layer.axes().get(i);
      kept[axis] = 0;
      sizes[i] = input.size(axis);
      along[i] = strides[axis];
    }
    Shape reduced = Shape.of(sizes);
    int[] logical = logical(reduced);
    int[] index = new int[sizes.length];
    Offsets run =
        Offsets.of(
            reduced.arraySize(),
            i -> {
              for (int axis = 0; axis < index.length; axis++) {
                index[axis] = i / logical[axis] % sizes[axis];
              }
              return dot(index, along);
            });
    Offsets base = places(node.shape(), place -> dot(place, kept));
    return new ReduceProblem.Forward(layer.statistic(), input.arraySize(), base, run, x, y);
  }

  /// An offset for a logical index.
  private interface Place {
    int of(int... index);
  }

  /// One offset per element of a sample of this shape, in the order of memory.
  private static Offsets places(Shape shape, Place place) {
    int[] strides = channelsLast(shape);
    int[] index = new int[shape.rank()];
    return Offsets.of(
        shape.arraySize(),
        i -> {
          for (int axis = 0; axis < index.length; axis++) {
            index[axis] = i / strides[axis] % shape.size(axis);
          }
          return place.of(index);
        });
  }

  private static int dot(int[] index, int[] strides) {
    int sum = 0;
    for (int axis = 0; axis < index.length; axis++) {
      sum += index[axis] * strides[axis];
    }
    return sum;
  }

  /// Distance from one cell to the next on each axis, in logical order.
  private static int[] logical(Shape shape) {
    int[] strides = new int[shape.rank()];
    for (int axis = strides.length - 1, step = 1; axis >= 0; axis--) {
      strides[axis] = step;
      step *= shape.size(axis);
    }
    return strides;
  }

  /// The same where channels, the first axis, lie last.
  private static int[] channelsLast(Shape shape) {
    int[] strides = new int[shape.rank()];
    strides[0] = 1;
    for (int axis = strides.length - 1, step = shape.channels(); axis >= 1; axis--) {
      strides[axis] = step;
      step *= shape.size(axis);
    }
    return strides;
  }
}
