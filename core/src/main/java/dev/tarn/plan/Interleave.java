package dev.tarn.plan;

import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;

/// Copies samples between the logical order `C, spatial…` of the API and the channels-last order of
/// the engine.
final class Interleave {
  /// Rows and columns that are moved together: two cache lines each way, so that every line is
  /// fetched once, and written while it is near.
  private static final int TILE = 32;

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
      for (int row = 0; row < rows; row += TILE) {
        for (int column = 0; column < columns; column += TILE) {
          int source = at + n * size + row * columns + column;
          int target = toAt + n * size + column * rows + row;
          int high = Math.min(TILE, rows - row);
          int wide = Math.min(TILE, columns - column);
          tile(high, wide, from, source, columns, to, target, rows);
        }
      }
    }
  }

  /// `to[column][row] = from[row][column]`; lines lie `line` and `toLine` apart.
  private static void tile(
      int rows, int columns, float[] from, int at, int line, float[] to, int toAt, int toLine) {
    for (int column = 0; column < columns; column++) {
      int source = at + column;
      int target = toAt + column * toLine;
      for (int row = 0; row < rows; row++) {
        to[target + row] = from[source + row * line];
      }
    }
  }
}
