package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// `y[r][j] = start[r] + Σ w[k][r] · x[tapAt[k] + j]`: filters in the rows, neighbouring results in
/// the lanes, so that results leave channels first. Otherwise as [ConvFirstTile].
final class ConvFirstPlaneTile {
  private ConvFirstPlaneTile() {}

  /// Sets a tile.
  ///
  /// @param rows 12 (with 512 bits only), 6 or 4; `w` has as many numbers for every product
  /// @param vectors of a row, 1 or 2
  /// @param startAt where in `w` the first addends of the rows lie
  /// @param x the source, the first result's cell under the first tap at `xAt`
  /// @param ldy distance of two rows of `y`
  static void set(
      int rows,
      int vectors,
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    if (vectors == 2) {
      switch (rows) {
        case 12 -> tile12x2(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
        case 6 -> tile6x2(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
        default -> tile4x2(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
      }
    } else {
      switch (rows) {
        case 12 -> tile12x1(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
        case 6 -> tile6x1(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
        default -> tile4x1(w, wAt, startAt, x, xAt, tapAt, y, yAt, ldy);
      }
    }
  }

  private static void tile12x2(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s0b = s0a;
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s1b = s1a;
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s2b = s2a;
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    var s3b = s3a;
    var s4a = FloatVector.broadcast(F, w[startAt + 4]);
    var s4b = s4a;
    var s5a = FloatVector.broadcast(F, w[startAt + 5]);
    var s5b = s5a;
    var s6a = FloatVector.broadcast(F, w[startAt + 6]);
    var s6b = s6a;
    var s7a = FloatVector.broadcast(F, w[startAt + 7]);
    var s7b = s7a;
    var s8a = FloatVector.broadcast(F, w[startAt + 8]);
    var s8b = s8a;
    var s9a = FloatVector.broadcast(F, w[startAt + 9]);
    var s9b = s9a;
    var s10a = FloatVector.broadcast(F, w[startAt + 10]);
    var s10b = s10a;
    var s11a = FloatVector.broadcast(F, w[startAt + 11]);
    var s11b = s11a;
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      var b1 = FloatVector.fromArray(F, x, j + V);
      var a0 = FloatVector.broadcast(F, w[wAt + k * 12]);
      s0a = a0.fma(b0, s0a);
      s0b = a0.fma(b1, s0b);
      var a1 = FloatVector.broadcast(F, w[wAt + k * 12 + 1]);
      s1a = a1.fma(b0, s1a);
      s1b = a1.fma(b1, s1b);
      var a2 = FloatVector.broadcast(F, w[wAt + k * 12 + 2]);
      s2a = a2.fma(b0, s2a);
      s2b = a2.fma(b1, s2b);
      var a3 = FloatVector.broadcast(F, w[wAt + k * 12 + 3]);
      s3a = a3.fma(b0, s3a);
      s3b = a3.fma(b1, s3b);
      var a4 = FloatVector.broadcast(F, w[wAt + k * 12 + 4]);
      s4a = a4.fma(b0, s4a);
      s4b = a4.fma(b1, s4b);
      var a5 = FloatVector.broadcast(F, w[wAt + k * 12 + 5]);
      s5a = a5.fma(b0, s5a);
      s5b = a5.fma(b1, s5b);
      var a6 = FloatVector.broadcast(F, w[wAt + k * 12 + 6]);
      s6a = a6.fma(b0, s6a);
      s6b = a6.fma(b1, s6b);
      var a7 = FloatVector.broadcast(F, w[wAt + k * 12 + 7]);
      s7a = a7.fma(b0, s7a);
      s7b = a7.fma(b1, s7b);
      var a8 = FloatVector.broadcast(F, w[wAt + k * 12 + 8]);
      s8a = a8.fma(b0, s8a);
      s8b = a8.fma(b1, s8b);
      var a9 = FloatVector.broadcast(F, w[wAt + k * 12 + 9]);
      s9a = a9.fma(b0, s9a);
      s9b = a9.fma(b1, s9b);
      var a10 = FloatVector.broadcast(F, w[wAt + k * 12 + 10]);
      s10a = a10.fma(b0, s10a);
      s10b = a10.fma(b1, s10b);
      var a11 = FloatVector.broadcast(F, w[wAt + k * 12 + 11]);
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

  private static void tile6x2(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s0b = s0a;
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s1b = s1a;
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s2b = s2a;
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    var s3b = s3a;
    var s4a = FloatVector.broadcast(F, w[startAt + 4]);
    var s4b = s4a;
    var s5a = FloatVector.broadcast(F, w[startAt + 5]);
    var s5b = s5a;
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      var b1 = FloatVector.fromArray(F, x, j + V);
      var a0 = FloatVector.broadcast(F, w[wAt + k * 6]);
      s0a = a0.fma(b0, s0a);
      s0b = a0.fma(b1, s0b);
      var a1 = FloatVector.broadcast(F, w[wAt + k * 6 + 1]);
      s1a = a1.fma(b0, s1a);
      s1b = a1.fma(b1, s1b);
      var a2 = FloatVector.broadcast(F, w[wAt + k * 6 + 2]);
      s2a = a2.fma(b0, s2a);
      s2b = a2.fma(b1, s2b);
      var a3 = FloatVector.broadcast(F, w[wAt + k * 6 + 3]);
      s3a = a3.fma(b0, s3a);
      s3b = a3.fma(b1, s3b);
      var a4 = FloatVector.broadcast(F, w[wAt + k * 6 + 4]);
      s4a = a4.fma(b0, s4a);
      s4b = a4.fma(b1, s4b);
      var a5 = FloatVector.broadcast(F, w[wAt + k * 6 + 5]);
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

  private static void tile4x2(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s0b = s0a;
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s1b = s1a;
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s2b = s2a;
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    var s3b = s3a;
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      var b1 = FloatVector.fromArray(F, x, j + V);
      var a0 = FloatVector.broadcast(F, w[wAt + k * 4]);
      s0a = a0.fma(b0, s0a);
      s0b = a0.fma(b1, s0b);
      var a1 = FloatVector.broadcast(F, w[wAt + k * 4 + 1]);
      s1a = a1.fma(b0, s1a);
      s1b = a1.fma(b1, s1b);
      var a2 = FloatVector.broadcast(F, w[wAt + k * 4 + 2]);
      s2a = a2.fma(b0, s2a);
      s2b = a2.fma(b1, s2b);
      var a3 = FloatVector.broadcast(F, w[wAt + k * 4 + 3]);
      s3a = a3.fma(b0, s3a);
      s3b = a3.fma(b1, s3b);
    }
    s0a.intoArray(y, yAt);
    s0b.intoArray(y, yAt + V);
    s1a.intoArray(y, yAt + ldy);
    s1b.intoArray(y, yAt + ldy + V);
    s2a.intoArray(y, yAt + 2 * ldy);
    s2b.intoArray(y, yAt + 2 * ldy + V);
    s3a.intoArray(y, yAt + 3 * ldy);
    s3b.intoArray(y, yAt + 3 * ldy + V);
  }

  private static void tile12x1(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    var s4a = FloatVector.broadcast(F, w[startAt + 4]);
    var s5a = FloatVector.broadcast(F, w[startAt + 5]);
    var s6a = FloatVector.broadcast(F, w[startAt + 6]);
    var s7a = FloatVector.broadcast(F, w[startAt + 7]);
    var s8a = FloatVector.broadcast(F, w[startAt + 8]);
    var s9a = FloatVector.broadcast(F, w[startAt + 9]);
    var s10a = FloatVector.broadcast(F, w[startAt + 10]);
    var s11a = FloatVector.broadcast(F, w[startAt + 11]);
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      s0a = FloatVector.broadcast(F, w[wAt + k * 12]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, w[wAt + k * 12 + 1]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, w[wAt + k * 12 + 2]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, w[wAt + k * 12 + 3]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, w[wAt + k * 12 + 4]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, w[wAt + k * 12 + 5]).fma(b0, s5a);
      s6a = FloatVector.broadcast(F, w[wAt + k * 12 + 6]).fma(b0, s6a);
      s7a = FloatVector.broadcast(F, w[wAt + k * 12 + 7]).fma(b0, s7a);
      s8a = FloatVector.broadcast(F, w[wAt + k * 12 + 8]).fma(b0, s8a);
      s9a = FloatVector.broadcast(F, w[wAt + k * 12 + 9]).fma(b0, s9a);
      s10a = FloatVector.broadcast(F, w[wAt + k * 12 + 10]).fma(b0, s10a);
      s11a = FloatVector.broadcast(F, w[wAt + k * 12 + 11]).fma(b0, s11a);
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

  private static void tile6x1(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    var s4a = FloatVector.broadcast(F, w[startAt + 4]);
    var s5a = FloatVector.broadcast(F, w[startAt + 5]);
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      s0a = FloatVector.broadcast(F, w[wAt + k * 6]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, w[wAt + k * 6 + 1]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, w[wAt + k * 6 + 2]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, w[wAt + k * 6 + 3]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, w[wAt + k * 6 + 4]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, w[wAt + k * 6 + 5]).fma(b0, s5a);
    }
    s0a.intoArray(y, yAt);
    s1a.intoArray(y, yAt + ldy);
    s2a.intoArray(y, yAt + 2 * ldy);
    s3a.intoArray(y, yAt + 3 * ldy);
    s4a.intoArray(y, yAt + 4 * ldy);
    s5a.intoArray(y, yAt + 5 * ldy);
  }

  private static void tile4x1(
      float[] w,
      int wAt,
      int startAt,
      float[] x,
      int xAt,
      int[] tapAt,
      float[] y,
      int yAt,
      int ldy) {
    var s0a = FloatVector.broadcast(F, w[startAt]);
    var s1a = FloatVector.broadcast(F, w[startAt + 1]);
    var s2a = FloatVector.broadcast(F, w[startAt + 2]);
    var s3a = FloatVector.broadcast(F, w[startAt + 3]);
    for (int k = 0; k < tapAt.length; k++) {
      int j = xAt + tapAt[k];
      var b0 = FloatVector.fromArray(F, x, j);
      s0a = FloatVector.broadcast(F, w[wAt + k * 4]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, w[wAt + k * 4 + 1]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, w[wAt + k * 4 + 2]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, w[wAt + k * 4 + 3]).fma(b0, s3a);
    }
    s0a.intoArray(y, yAt);
    s1a.intoArray(y, yAt + ldy);
    s2a.intoArray(y, yAt + 2 * ldy);
    s3a.intoArray(y, yAt + 3 * ldy);
  }
}
