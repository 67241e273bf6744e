package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Reduces whole axes of a sample to one value each; they stay, with size 1 (ONNX `ReduceSum`,
/// `ReduceMean`, …, `ArgMax`, with `keepdims`, without the batch).
///
/// @param statistic what becomes of the values
/// @param axes which axes, 0 being channels; rising
public record Reduce(Statistic statistic, List<Integer> axes) implements Layer {
  public Reduce {
    axes = List.copyOf(axes);
    if (axes.isEmpty()
        || axes.getFirst() < 0
        || !axes.stream().distinct().sorted().toList().equals(axes)) {
      throw new ParameterException(
          "reduce: axes are %s; needed at least one, from 0 on, rising.".formatted(axes));
    }
  }

  public static Reduce of(Statistic statistic, int... axes) {
    return new Reduce(statistic, IntStream.of(axes).boxed().toList());
  }

  @Override
  public String kind() {
    return statistic.name().toLowerCase(Locale.ROOT).replace("_", "");
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.requireCells(Layer.only(inputs));
    if (axes.getLast() >= input.rank()) {
      throw new ShapeException(
          "input %s has %d axes; axes %s need %d."
              .formatted(input, input.rank(), axes, axes.getLast() + 1));
    }
    int[] sizes = input.toArray();
    axes.forEach(axis -> sizes[axis] = 1);
    return Shape.of(sizes);
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return Layer.only(inputs).elements();
  }

  @Override
  public String toString() {
    return "axes " + axes;
  }
}
