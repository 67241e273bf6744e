package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// `y[r][j] = start[j] + Σ x[kAt[k] + r·V] · w[k][j]`: positions in the rows, results in the lanes.
///
/// Each sum runs over `k` in order by fused multiply-add. `x` is a copy in blocks `[k /
/// V][ROWS][V]`, which whole vectors make, and whose rows are at constant distances, so that one
/// register points at all of them. Unlike [BlockTile] it begins with an addend, as sums in the
/// reference's order must. Written out row by row because the JIT keeps local variables in
/// registers, but not the elements of an array of vectors.
final class ConvPointwiseTile {
  private ConvPointwiseTile() {}

  /// Sets a tile of [Lanes#ROWS] rows.
  ///
  /// @param vectors of a row, 1 or 2; `w` has as many for every product
  /// @param startAt where in `w` the first addends of a row lie
  /// @param ldy distance of two rows of `y`
  static void set(
      int vectors,
      float[] x,
      int xAt,
      int[] kAt,
      float[] w,
      int wAt,
      int startAt,
      float[] y,
      int yAt,
      int ldy) {
    if (ROWS > 6) {
      if (vectors == 2) {
        tile12x2(x, xAt, kAt, w, wAt, startAt, y, yAt, ldy);
      } else {
        tile12x1(x, xAt, kAt, w, wAt, startAt, y, yAt, ldy);
      }
    } else if (vectors == 2) {
      tile6x2(x, xAt, kAt, w, wAt, startAt, y, yAt, ldy);
    } else {
      tile6x1(x, xAt, kAt, w, wAt, startAt, y, yAt, ldy);
    }
  }

  private static void tile12x2(
      float[] x, int xAt, int[] kAt, float[] w, int wAt, int startAt, float[] y, int yAt, int ldy) {
    var s0a = FloatVector.fromArray(F, w, startAt);
    var s0b = FloatVector.fromArray(F, w, startAt + V);
    var s1a = s0a;
    var s1b = s0b;
    var s2a = s0a;
    var s2b = s0b;
    var s3a = s0a;
    var s3b = s0b;
    var s4a = s0a;
    var s4b = s0b;
    var s5a = s0a;
    var s5b = s0b;
    var s6a = s0a;
    var s6b = s0b;
    var s7a = s0a;
    var s7b = s0b;
    var s8a = s0a;
    var s8b = s0b;
    var s9a = s0a;
    var s9b = s0b;
    var s10a = s0a;
    var s10b = s0b;
    var s11a = s0a;
    var s11b = s0b;
    for (int k = 0; k < kAt.length; k++) {
      int i = xAt + kAt[k];
      var b0 = FloatVector.fromArray(F, w, wAt + k * COLS);
      var b1 = FloatVector.fromArray(F, w, wAt + k * COLS + V);
      var a0 = FloatVector.broadcast(F, x[i]);
      s0a = a0.fma(b0, s0a);
      s0b = a0.fma(b1, s0b);
      var a1 = FloatVector.broadcast(F, x[i + V]);
      s1a = a1.fma(b0, s1a);
      s1b = a1.fma(b1, s1b);
      var a2 = FloatVector.broadcast(F, x[i + 2 * V]);
      s2a = a2.fma(b0, s2a);
      s2b = a2.fma(b1, s2b);
      var a3 = FloatVector.broadcast(F, x[i + 3 * V]);
      s3a = a3.fma(b0, s3a);
      s3b = a3.fma(b1, s3b);
      var a4 = FloatVector.broadcast(F, x[i + 4 * V]);
      s4a = a4.fma(b0, s4a);
      s4b = a4.fma(b1, s4b);
      var a5 = FloatVector.broadcast(F, x[i + 5 * V]);
      s5a = a5.fma(b0, s5a);
      s5b = a5.fma(b1, s5b);
      var a6 = FloatVector.broadcast(F, x[i + 6 * V]);
      s6a = a6.fma(b0, s6a);
      s6b = a6.fma(b1, s6b);
      var a7 = FloatVector.broadcast(F, x[i + 7 * V]);
      s7a = a7.fma(b0, s7a);
      s7b = a7.fma(b1, s7b);
      var a8 = FloatVector.broadcast(F, x[i + 8 * V]);
      s8a = a8.fma(b0, s8a);
      s8b = a8.fma(b1, s8b);
      var a9 = FloatVector.broadcast(F, x[i + 9 * V]);
      s9a = a9.fma(b0, s9a);
      s9b = a9.fma(b1, s9b);
      var a10 = FloatVector.broadcast(F, x[i + 10 * V]);
      s10a = a10.fma(b0, s10a);
      s10b = a10.fma(b1, s10b);
      var a11 = FloatVector.broadcast(F, x[i + 11 * V]);
      s11a = a11.fma(b0, s11a);
      s11b = a11.fma(b1, s11b);
    }
    s0a.intoArray(y, yAt);
    s0b.intoArray(y, yAt + V);
    s1a.intoArray(y, yAt + ldy);
    s1b.intoArray(y, yAt + ldy + V);
    s2a.intoArray(y, yAt + 2 * ldy);
    s2b.intoArray(y, yAt + 2 * ldy + V);
    s3a.intoArray(y, yAt + 3 * ldy);
    s3b.intoArray(y, yAt + 3 * ldy + V);
    s4a.intoArray(y, yAt + 4 * ldy);
    s4b.intoArray(y, yAt + 4 * ldy + V);
    s5a.intoArray(y, yAt + 5 * ldy);
    s5b.intoArray(y, yAt + 5 * ldy + V);
    s6a.intoArray(y, yAt + 6 * ldy);
    s6b.intoArray(y, yAt + 6 * ldy + V);
    s7a.intoArray(y, yAt + 7 * ldy);
    s7b.intoArray(y, yAt + 7 * ldy + V);
    s8a.intoArray(y, yAt + 8 * ldy);
    s8b.intoArray(y, yAt + 8 * ldy + V);
    s9a.intoArray(y, yAt + 9 * ldy);
    s9b.intoArray(y, yAt + 9 * ldy + V);
    s10a.intoArray(y, yAt + 10 * ldy);
    s10b.intoArray(y, yAt + 10 * ldy + V);
    s11a.intoArray(y, yAt + 11 * ldy);
    s11b.intoArray(y, yAt + 11 * ldy + V);
  }

  private static void tile12x1(
      float[] x, int xAt, int[] kAt, float[] w, int wAt, int startAt, float[] y, int yAt, int ldy) {
    var s0a = FloatVector.fromArray(F, w, startAt);
    var s1a = s0a;
    var s2a = s0a;
    var s3a = s0a;
    var s4a = s0a;
    var s5a = s0a;
    var s6a = s0a;
    var s7a = s0a;
    var s8a = s0a;
    var s9a = s0a;
    var s10a = s0a;
    var s11a = s0a;
    for (int k = 0; k < kAt.length; k++) {
      int i = xAt + kAt[k];
      var b0 = FloatVector.fromArray(F, w, wAt + k * V);
      s0a = FloatVector.broadcast(F, x[i]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, x[i + V]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, x[i + 2 * V]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, x[i + 3 * V]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, x[i + 4 * V]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, x[i + 5 * V]).fma(b0, s5a);
      s6a = FloatVector.broadcast(F, x[i + 6 * V]).fma(b0, s6a);
      s7a = FloatVector.broadcast(F, x[i + 7 * V]).fma(b0, s7a);
      s8a = FloatVector.broadcast(F, x[i + 8 * V]).fma(b0, s8a);
      s9a = FloatVector.broadcast(F, x[i + 9 * V]).fma(b0, s9a);
      s10a = FloatVector.broadcast(F, x[i + 10 * V]).fma(b0, s10a);
      s11a = FloatVector.broadcast(F, x[i + 11 * V]).fma(b0, s11a);
    }
    s0a.intoArray(y, yAt);
    s1a.intoArray(y, yAt + ldy);
    s2a.intoArray(y, yAt + 2 * ldy);
    s3a.intoArray(y, yAt + 3 * ldy);
    s4a.intoArray(y, yAt + 4 * ldy);
    s5a.intoArray(y, yAt + 5 * ldy);
    s6a.intoArray(y, yAt + 6 * ldy);
    s7a.intoArray(y, yAt + 7 * ldy);
    s8a.intoArray(y, yAt + 8 * ldy);
    s9a.intoArray(y, yAt + 9 * ldy);
    s10a.intoArray(y, yAt + 10 * ldy);
    s11a.intoArray(y, yAt + 11 * ldy);
  }

  private static void tile6x2(
      float[] x, int xAt, int[] kAt, float[] w, int wAt, int startAt, float[] y, int yAt, int ldy) {
    var s0a = FloatVector.fromArray(F, w, startAt);
    var s0b = FloatVector.fromArray(F, w, startAt + V);
    var s1a = s0a;
    var s1b = s0b;
    var s2a = s0a;
    var s2b = s0b;
    var s3a = s0a;
    var s3b = s0b;
    var s4a = s0a;
    var s4b = s0b;
    var s5a = s0a;
    var s5b = s0b;
    for (int k = 0; k < kAt.length; k++) {
      int i = xAt + kAt[k];
      var b0 = FloatVector.fromArray(F, w, wAt + k * COLS);
      var b1 = FloatVector.fromArray(F, w, wAt + k * COLS + V);
      var a0 = FloatVector.broadcast(F, x[i]);
      s0a = a0.fma(b0, s0a);
      s0b = a0.fma(b1, s0b);
      var a1 = FloatVector.broadcast(F, x[i + V]);
      s1a = a1.fma(b0, s1a);
      s1b = a1.fma(b1, s1b);
      var a2 = FloatVector.broadcast(F, x[i + 2 * V]);
      s2a = a2.fma(b0, s2a);
      s2b = a2.fma(b1, s2b);
      var a3 = FloatVector.broadcast(F, x[i + 3 * V]);
      s3a = a3.fma(b0, s3a);
      s3b = a3.fma(b1, s3b);
      var a4 = FloatVector.broadcast(F, x[i + 4 * V]);
      s4a = a4.fma(b0, s4a);
      s4b = a4.fma(b1, s4b);
      var a5 = FloatVector.broadcast(F, x[i + 5 * V]);
      s5a = a5.fma(b0, s5a);
      s5b = a5.fma(b1, s5b);
    }
    s0a.intoArray(y, yAt);
    s0b.intoArray(y, yAt + V);
    s1a.intoArray(y, yAt + ldy);
    s1b.intoArray(y, yAt + ldy + V);
    s2a.intoArray(y, yAt + 2 * ldy);
    s2b.intoArray(y, yAt + 2 * ldy + V);
    s3a.intoArray(y, yAt + 3 * ldy);
    s3b.intoArray(y, yAt + 3 * ldy + V);
    s4a.intoArray(y, yAt + 4 * ldy);
    s4b.intoArray(y, yAt + 4 * ldy + V);
    s5a.intoArray(y, yAt + 5 * ldy);
    s5b.intoArray(y, yAt + 5 * ldy + V);
  }

  private static void tile6x1(
      float[] x, int xAt, int[] kAt, float[] w, int wAt, int startAt, float[] y, int yAt, int ldy) {
    var s0a = FloatVector.fromArray(F, w, startAt);
    var s1a = s0a;
    var s2a = s0a;
    var s3a = s0a;
    var s4a = s0a;
    var s5a = s0a;
    for (int k = 0; k < kAt.length; k++) {
      int i = xAt + kAt[k];
      var b0 = FloatVector.fromArray(F, w, wAt + k * V);
      s0a = FloatVector.broadcast(F, x[i]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, x[i + V]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, x[i + 2 * V]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, x[i + 3 * V]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, x[i + 4 * V]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, x[i + 5 * V]).fma(b0, s5a);
    }
    s0a.intoArray(y, yAt);
    s1a.intoArray(y, yAt + ldy);
    s2a.intoArray(y, yAt + 2 * ldy);
    s3a.intoArray(y, yAt + 3 * ldy);
    s4a.intoArray(y, yAt + 4 * ldy);
    s5a.intoArray(y, yAt + 5 * ldy);
  }
}
