package dev.tarn.plan;

import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;

/// Copies samples between the logical order `C, spatial…` of the API and the channels-last order of
/// the engine.
final class Interleave {
  private Interleave() {}

  static void channelsLast(Shape shape, int samples, float[] from, int at, float[] to, int toAt) {
    transpose(shape.channels(), shape.positions(), samples, from, at, to, toAt);
  }

  static void channelsFirst(Shape shape, int samples, float[] from, int at, float[] to, int toAt) {
    transpose(shape.positions(), shape.channels(), samples, from, at, to, toAt);
  }

  static void channelsLast(Shape shape, int samples, Tensor from, float[] to, int toAt) {
    if (from.layout() == Layout.NHWC) {
      System.arraycopy(from.array(), 0, to, toAt, from.array().length);
    } else {
      channelsLast(shape, samples, from.array(), 0, to, toAt);
    }
  }

  /// `to[n][column][row] = from[n][row][column]`.
  private static void transpose(
      int rows, int columns, int samples, float[] from, int at, float[] to, int toAt) {
    int size = rows * columns;
    if (rows == 1 || columns == 1) {
      System.arraycopy(from, at, to, toAt, samples * size);
      return;
    }
    for (int n = 0; n < samples; n++) {
      for (int row = 0; row < rows; row++) {
        int source = at + n * size + row * columns;
        int target = toAt + n * size + row;
        for (int column = 0; column < columns; column++) {
          to[target + column * rows] = from[source + column];
        }
      }
    }
  }
}
