package dev.tarn.tensor;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import java.util.Arrays;

/// Whole numbers with a shape `N, C, spatial…` in logical order: where max pooling found its
/// maxima.
///
/// Each number is flat inside one `(n, c)` plane: `(z·H + y)·W + x`.
///
/// @param shape one number per pooled value
/// @param array the live storage, in logical order
@SuppressWarnings("ArrayRecordComponent") // equals and hashCode look at the contents below
public record Indices(Shape shape, int[] array) {
  public Indices {
    if (shape.arraySize() != array.length) {
      throw new ShapeException(
          "indices: %d numbers for shape %s; needed %d."
              .formatted(array.length, shape, shape.elements()));
    }
  }

  /// Indices from numbers as another framework counts them.
  ///
  /// @param output `[N, C, spatial…]`, one number for each of its elements
  /// @param input `[N, C, spatial…]`, the shape of what was pooled
  /// @throws ParameterException at the first number that names no cell of its sample and channel
  public static Indices of(IndexOrder order, Shape output, Shape input, int... numbers) {
    requirePooled(output, input);
    int[] cells = new Indices(output, numbers.clone()).array;
    int outputs = output.elements() == 0 ? 1 : output.sample().positions();
    for (int i = 0; i < cells.length; i++) {
      int plane = i / outputs;
      int cell = order.cell(input, plane / input.size(1), plane % input.size(1), cells[i]);
      if (cell < 0) {
        throw new ParameterException(
            "indices: number %d, at place %d of %s, names no cell of its plane of %s, counted as %s. Check the order, or the numbers."
                .formatted(cells[i], i, output, input, order));
      }
      cells[i] = cell;
    }
    return new Indices(output, cells);
  }

  /// The numbers another framework would give.
  ///
  /// @param input `[N, C, spatial…]`, the shape of what was pooled
  public int[] to(IndexOrder order, Shape input) {
    requirePooled(shape, input);
    int outputs = shape.elements() == 0 ? 1 : shape.sample().positions();
    int[] numbers = new int[array.length];
    for (int i = 0; i < numbers.length; i++) {
      int plane = i / outputs;
      numbers[i] = order.number(input, plane / input.size(1), plane % input.size(1), array[i]);
    }
    return numbers;
  }

  private static void requirePooled(Shape output, Shape input) {
    boolean fits =
        input.rank() >= 3
            && input.rank() == output.rank()
            && input.size(0) == output.size(0)
            && input.size(1) == output.size(1);
    if (!fits) {
      throw new ShapeException(
          "indices: shape %s cannot come from pooling %s; needed [N, C, spatial…] with the same N and C."
              .formatted(output, input));
    }
    input.arraySize();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Indices i && shape.equals(i.shape) && Arrays.equals(array, i.array);
  }

  @Override
  public int hashCode() {
    return 31 * shape.hashCode() + Arrays.hashCode(array);
  }

  @Override
  public String toString() {
    return "Indices%s %s".formatted(shape, Arrays.toString(array));
  }
}
