package dev.tarn.tensor;

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
