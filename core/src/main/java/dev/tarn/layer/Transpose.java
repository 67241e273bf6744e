package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;

/// Puts the axes of a sample in another order (ONNX `Transpose`, without the batch).
///
/// @param order which axis of the input each axis of the output is; 0 is channels
public record Transpose(List<Integer> order) implements Layer {
  public Transpose {
    order = List.copyOf(order);
    if (!order.stream()
        .sorted()
        .toList()
        .equals(IntStream.range(0, order.size()).boxed().toList())) {
      throw new ParameterException(
          "transpose: order is %s; needed every axis from 0 to %d once."
              .formatted(order, order.size() - 1));
    }
  }

  public static Transpose of(int... order) {
    return new Transpose(IntStream.of(order).boxed().toList());
  }

  @Override
  public String kind() {
    return "transpose";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.requireCells(Layer.only(inputs));
    if (input.rank() != order.size()) {
      throw new ShapeException(
          "input %s has %d axes; order %s needs %d."
              .formatted(input, input.rank(), order, order.size()));
    }
    return Shape.of(order.stream().mapToInt(input::size).toArray());
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return "order " + order;
  }
}
