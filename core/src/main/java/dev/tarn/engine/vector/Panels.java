package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Copies matrices into the order in which [PanelTile] reads them.
///
/// The right-hand matrix of `k` rows and `n` columns becomes panels of [Lanes#COLS] columns; the
/// last is a single vector wide where that suffices, and filled with zeros.
final class Panels {
  private Panels() {}

  /// Panels of a matrix with `n` columns.
  static int count(int n) {
    return (n + COLS - 1) / COLS;
  }

  /// Floats that all panels take.
  static long size(int k, int n) {
    int rest = n % COLS;
    return (long) k * (n - rest + (rest == 0 ? 0 : rest > V ? COLS : V));
  }

  /// Columns of one panel, of `n`.
  static int columns(int panel, int n) {
    return Math.min(COLS, n - panel * COLS);
  }

  /// Floats in each row of a panel with this many columns.
  static int width(int columns) {
    return columns > V ? COLS : V;
  }

  /// Packs one panel from `n` rows of `k` numbers, `ld` apart: its transpose.
  static void transposed(
      float[] src, int srcAt, int ld, int k, int n, int panel, float[] dst, int dstAt) {
    int columns = columns(panel, n);
    int width = width(columns);
    int to = dstAt + panel * COLS * k;
    int from = srcAt + panel * COLS * ld;
    if (columns < width) {
      Arrays.fill(dst, to, to + k * width, 0f);
    }
    // Blocks of k keep the lines that are being written in the first-level cache.
    for (int k0 = 0; k0 < k; k0 += 64) {
      int k1 = Math.min(k, k0 + 64);
      for (int j = 0; j < columns; j++) {
        int row = from + j * ld;
        int d = to + j;
        for (int i = k0; i < k1; i++) {
          dst[d + i * width] = src[row + i];
        }
      }
    }
  }

  /// Packs the taps of `columns` filters that lie one after the other: rows are taps.
  static void filters(
      float[] src, int srcAt, int taps, int columns, float[] dst, int dstAt, int width) {
    for (int t = 0; t < taps; t++) {
      int d = dstAt + t * width;
      for (int j = 0; j < columns; j++) {
        dst[d + j] = src[srcAt + j * taps + t];
      }
      Arrays.fill(dst, d + columns, d + width, 0f);
    }
  }

  /// Packs `rows` rows of `columns` numbers, `ld` apart, as they stand.
  static void rows(float[] src, int srcAt, int ld, int rows, int columns, float[] dst, int dstAt) {
    int width = width(columns);
    if (columns > V) {
      var m = F.indexInRange(0, columns - V);
      for (int i = 0; i < rows; i++) {
        int s = srcAt + i * ld;
        int d = dstAt + i * width;
        FloatVector.fromArray(F, src, s).intoArray(dst, d);
        FloatVector.fromArray(F, src, s + V, m).intoArray(dst, d + V);
      }
    } else {
      var m = F.indexInRange(0, columns);
      for (int i = 0; i < rows; i++) {
        FloatVector.fromArray(F, src, srcAt + i * ld, m).intoArray(dst, dstAt + i * width);
      }
    }
  }

  /// Copies a block of `rows` × `columns` between matrices whose rows are `ld` apart: tiles store
  /// whole vectors, so where a matrix ends in the middle of one, they work on a copy.
  static void copy(
      float[] src, int srcAt, int srcLd, float[] dst, int dstAt, int dstLd, int rows, int columns) {
    for (int j = 0; j < columns; j += V) {
      var m = F.indexInRange(j, columns);
      for (int r = 0; r < rows; r++) {
        FloatVector.fromArray(F, src, srcAt + r * srcLd + j, m)
            .intoArray(dst, dstAt + r * dstLd + j, m);
      }
    }
  }

  /// Packs a left-hand tile: `dst[k][r] = src[srcAt + kAt[k] + rAt[r]]` for `k0 ≤ k < k1` and
  /// `rows` rows from `r0`. Neighbouring rows that are neighbours in memory are copied together.
  static void tile(
      float[] src,
      int srcAt,
      int[] kAt,
      int k0,
      int k1,
      int[] rAt,
      int r0,
      int rows,
      float[] dst,
      int dstAt) {
    int r = 0;
    while (r < rows) {
      int at = rAt[r0 + r];
      int length = 1;
      while (r + length < rows && length < V && rAt[r0 + r + length] == at + length) {
        length++;
      }
      if (length == 1) {
        column(src, srcAt + at, kAt, k0, k1, dst, dstAt + r);
      } else {
        run(src, srcAt + at, kAt, k0, k1, dst, dstAt + r, length);
      }
      r += length;
    }
  }

  private static void column(
      float[] src, int srcAt, int[] kAt, int k0, int k1, float[] dst, int dstAt) {
    for (int k = k0; k < k1; k++) {
      dst[dstAt + (k - k0) * ROWS] = src[srcAt + kAt[k]];
    }
  }

  private static void run(
      float[] src, int srcAt, int[] kAt, int k0, int k1, float[] dst, int dstAt, int length) {
    var m = F.indexInRange(0, length);
    for (int k = k0; k < k1; k++) {
      FloatVector.fromArray(F, src, srcAt + kAt[k], m).intoArray(dst, dstAt + (k - k0) * ROWS, m);
    }
  }
}
