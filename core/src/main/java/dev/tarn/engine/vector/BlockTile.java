package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.BITS;
import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// `c[r][j] = Σ a[r][k] · b[k][j]`, overwriting: `a` in blocks `[k / V][…][HEIGHT][V]`, `b` in
/// panels. The matrix kernel of Winograd convolution, whose transforms store whole vectors of
/// channels.
///
/// Each sum runs over `k` in order by fused multiply-add, starting from 0. A tile of fewer rows
/// reads what stands in the others and stores it over its last row, rows from the last to the
/// first, so what is left is right. The rows of a block are at constant distances, so that one
/// register points at all of them and one bounds check covers them: 90 to 97 % of the machine's
/// peak, where rows with addresses of their own reach 85 % ([StridedTile] 70 %).
///
/// Panels come from beyond the second-level cache, one after the other, and only the first tile
/// reads them from there: it would wait. So while a tile is computed, it loads a number from every
/// [Lanes#V] of half of the panel that comes next; Java has no other way to say "prefetch". Written
/// out row by row because the JIT keeps local variables in registers, but not the elements of an
/// array of vectors; tiles of one vector a row are [NarrowBlockTile]'s.
final class BlockTile {
  /// Rows of a tile. Fourteen leave three of AVX-512's registers for the operands, and divide the
  /// tiles of maps of 56, 28 and 14 cells, which twelve do not.
  static final int HEIGHT = BITS == 512 ? 14 : 6;

  private BlockTile() {}

  /// The product of a tile of at most [#HEIGHT] rows.
  ///
  /// Returns the sum of what was loaded from `nextAt` on, to be kept so that the JIT loads it.
  ///
  /// @param aStep from one block to the next
  /// @param nextAt the first of `k · V` numbers in `b` to be loaded for the next tiles
  /// @param width columns: [Lanes#COLS] or, for narrow panels, [Lanes#V]
  static float multiply(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int nextAt,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows,
      int width) {
    if (HEIGHT > 7 && rows > 7) {
      if (width > V) {
        return tile14(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
      } else {
        return NarrowBlockTile.tile14(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
      }
    } else if (HEIGHT > 6) {
      if (width > V) {
        return tile7(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
      } else {
        return NarrowBlockTile.tile7(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
      }
    } else if (width > V) {
      return tile6(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
    } else {
      return NarrowBlockTile.tile6(a, aAt, aStep, b, bAt, nextAt, k, c, cAt, ldc, rows);
    }
  }

  private static float tile14(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int nextAt,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    var s0a = FloatVector.zero(F);
    var s0b = FloatVector.zero(F);
    var s1a = FloatVector.zero(F);
    var s1b = FloatVector.zero(F);
    var s2a = FloatVector.zero(F);
    var s2b = FloatVector.zero(F);
    var s3a = FloatVector.zero(F);
    var s3b = FloatVector.zero(F);
    var s4a = FloatVector.zero(F);
    var s4b = FloatVector.zero(F);
    var s5a = FloatVector.zero(F);
    var s5b = FloatVector.zero(F);
    var s6a = FloatVector.zero(F);
    var s6b = FloatVector.zero(F);
    var s7a = FloatVector.zero(F);
    var s7b = FloatVector.zero(F);
    var s8a = FloatVector.zero(F);
    var s8b = FloatVector.zero(F);
    var s9a = FloatVector.zero(F);
    var s9b = FloatVector.zero(F);
    var s10a = FloatVector.zero(F);
    var s10b = FloatVector.zero(F);
    var s11a = FloatVector.zero(F);
    var s11b = FloatVector.zero(F);
    var s12a = FloatVector.zero(F);
    var s12b = FloatVector.zero(F);
    var s13a = FloatVector.zero(F);
    var s13b = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * COLS);
      var b1 = FloatVector.fromArray(F, b, bAt + i * COLS + V);
      var x0 = FloatVector.broadcast(F, a[o]);
      s0a = x0.fma(b0, s0a);
      s0b = x0.fma(b1, s0b);
      var x1 = FloatVector.broadcast(F, a[o + V]);
      s1a = x1.fma(b0, s1a);
      s1b = x1.fma(b1, s1b);
      var x2 = FloatVector.broadcast(F, a[o + 2 * V]);
      s2a = x2.fma(b0, s2a);
      s2b = x2.fma(b1, s2b);
      var x3 = FloatVector.broadcast(F, a[o + 3 * V]);
      s3a = x3.fma(b0, s3a);
      s3b = x3.fma(b1, s3b);
      var x4 = FloatVector.broadcast(F, a[o + 4 * V]);
      s4a = x4.fma(b0, s4a);
      s4b = x4.fma(b1, s4b);
      var x5 = FloatVector.broadcast(F, a[o + 5 * V]);
      s5a = x5.fma(b0, s5a);
      s5b = x5.fma(b1, s5b);
      var x6 = FloatVector.broadcast(F, a[o + 6 * V]);
      s6a = x6.fma(b0, s6a);
      s6b = x6.fma(b1, s6b);
      var x7 = FloatVector.broadcast(F, a[o + 7 * V]);
      s7a = x7.fma(b0, s7a);
      s7b = x7.fma(b1, s7b);
      var x8 = FloatVector.broadcast(F, a[o + 8 * V]);
      s8a = x8.fma(b0, s8a);
      s8b = x8.fma(b1, s8b);
      var x9 = FloatVector.broadcast(F, a[o + 9 * V]);
      s9a = x9.fma(b0, s9a);
      s9b = x9.fma(b1, s9b);
      var x10 = FloatVector.broadcast(F, a[o + 10 * V]);
      s10a = x10.fma(b0, s10a);
      s10b = x10.fma(b1, s10b);
      var x11 = FloatVector.broadcast(F, a[o + 11 * V]);
      s11a = x11.fma(b0, s11a);
      s11b = x11.fma(b1, s11b);
      var x12 = FloatVector.broadcast(F, a[o + 12 * V]);
      s12a = x12.fma(b0, s12a);
      s12b = x12.fma(b1, s12b);
      var x13 = FloatVector.broadcast(F, a[o + 13 * V]);
      s13a = x13.fma(b0, s13a);
      s13b = x13.fma(b1, s13b);
    }
    int last = rows - 1;
    int c13 = cAt + Math.min(13, last) * ldc;
    s13a.intoArray(c, c13);
    s13b.intoArray(c, c13 + V);
    int c12 = cAt + Math.min(12, last) * ldc;
    s12a.intoArray(c, c12);
    s12b.intoArray(c, c12 + V);
    int c11 = cAt + Math.min(11, last) * ldc;
    s11a.intoArray(c, c11);
    s11b.intoArray(c, c11 + V);
    int c10 = cAt + Math.min(10, last) * ldc;
    s10a.intoArray(c, c10);
    s10b.intoArray(c, c10 + V);
    int c9 = cAt + Math.min(9, last) * ldc;
    s9a.intoArray(c, c9);
    s9b.intoArray(c, c9 + V);
    int c8 = cAt + Math.min(8, last) * ldc;
    s8a.intoArray(c, c8);
    s8b.intoArray(c, c8 + V);
    int c7 = cAt + Math.min(7, last) * ldc;
    s7a.intoArray(c, c7);
    s7b.intoArray(c, c7 + V);
    int c6 = cAt + Math.min(6, last) * ldc;
    s6a.intoArray(c, c6);
    s6b.intoArray(c, c6 + V);
    int c5 = cAt + Math.min(5, last) * ldc;
    s5a.intoArray(c, c5);
    s5b.intoArray(c, c5 + V);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4a.intoArray(c, c4);
    s4b.intoArray(c, c4 + V);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3a.intoArray(c, c3);
    s3b.intoArray(c, c3 + V);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2a.intoArray(c, c2);
    s2b.intoArray(c, c2 + V);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1a.intoArray(c, c1);
    s1b.intoArray(c, c1 + V);
    s0a.intoArray(c, cAt);
    s0b.intoArray(c, cAt + V);
    return touched;
  }

  private static float tile7(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int nextAt,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    var s0a = FloatVector.zero(F);
    var s0b = FloatVector.zero(F);
    var s1a = FloatVector.zero(F);
    var s1b = FloatVector.zero(F);
    var s2a = FloatVector.zero(F);
    var s2b = FloatVector.zero(F);
    var s3a = FloatVector.zero(F);
    var s3b = FloatVector.zero(F);
    var s4a = FloatVector.zero(F);
    var s4b = FloatVector.zero(F);
    var s5a = FloatVector.zero(F);
    var s5b = FloatVector.zero(F);
    var s6a = FloatVector.zero(F);
    var s6b = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * COLS);
      var b1 = FloatVector.fromArray(F, b, bAt + i * COLS + V);
      var x0 = FloatVector.broadcast(F, a[o]);
      s0a = x0.fma(b0, s0a);
      s0b = x0.fma(b1, s0b);
      var x1 = FloatVector.broadcast(F, a[o + V]);
      s1a = x1.fma(b0, s1a);
      s1b = x1.fma(b1, s1b);
      var x2 = FloatVector.broadcast(F, a[o + 2 * V]);
      s2a = x2.fma(b0, s2a);
      s2b = x2.fma(b1, s2b);
      var x3 = FloatVector.broadcast(F, a[o + 3 * V]);
      s3a = x3.fma(b0, s3a);
      s3b = x3.fma(b1, s3b);
      var x4 = FloatVector.broadcast(F, a[o + 4 * V]);
      s4a = x4.fma(b0, s4a);
      s4b = x4.fma(b1, s4b);
      var x5 = FloatVector.broadcast(F, a[o + 5 * V]);
      s5a = x5.fma(b0, s5a);
      s5b = x5.fma(b1, s5b);
      var x6 = FloatVector.broadcast(F, a[o + 6 * V]);
      s6a = x6.fma(b0, s6a);
      s6b = x6.fma(b1, s6b);
    }
    int last = rows - 1;
    int c6 = cAt + Math.min(6, last) * ldc;
    s6a.intoArray(c, c6);
    s6b.intoArray(c, c6 + V);
    int c5 = cAt + Math.min(5, last) * ldc;
    s5a.intoArray(c, c5);
    s5b.intoArray(c, c5 + V);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4a.intoArray(c, c4);
    s4b.intoArray(c, c4 + V);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3a.intoArray(c, c3);
    s3b.intoArray(c, c3 + V);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2a.intoArray(c, c2);
    s2b.intoArray(c, c2 + V);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1a.intoArray(c, c1);
    s1b.intoArray(c, c1 + V);
    s0a.intoArray(c, cAt);
    s0b.intoArray(c, cAt + V);
    return touched;
  }

  private static float tile6(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int nextAt,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    var s0a = FloatVector.zero(F);
    var s0b = FloatVector.zero(F);
    var s1a = FloatVector.zero(F);
    var s1b = FloatVector.zero(F);
    var s2a = FloatVector.zero(F);
    var s2b = FloatVector.zero(F);
    var s3a = FloatVector.zero(F);
    var s3b = FloatVector.zero(F);
    var s4a = FloatVector.zero(F);
    var s4b = FloatVector.zero(F);
    var s5a = FloatVector.zero(F);
    var s5b = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * COLS);
      var b1 = FloatVector.fromArray(F, b, bAt + i * COLS + V);
      var x0 = FloatVector.broadcast(F, a[o]);
      s0a = x0.fma(b0, s0a);
      s0b = x0.fma(b1, s0b);
      var x1 = FloatVector.broadcast(F, a[o + V]);
      s1a = x1.fma(b0, s1a);
      s1b = x1.fma(b1, s1b);
      var x2 = FloatVector.broadcast(F, a[o + 2 * V]);
      s2a = x2.fma(b0, s2a);
      s2b = x2.fma(b1, s2b);
      var x3 = FloatVector.broadcast(F, a[o + 3 * V]);
      s3a = x3.fma(b0, s3a);
      s3b = x3.fma(b1, s3b);
      var x4 = FloatVector.broadcast(F, a[o + 4 * V]);
      s4a = x4.fma(b0, s4a);
      s4b = x4.fma(b1, s4b);
      var x5 = FloatVector.broadcast(F, a[o + 5 * V]);
      s5a = x5.fma(b0, s5a);
      s5b = x5.fma(b1, s5b);
    }
    int last = rows - 1;
    int c5 = cAt + Math.min(5, last) * ldc;
    s5a.intoArray(c, c5);
    s5b.intoArray(c, c5 + V);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4a.intoArray(c, c4);
    s4b.intoArray(c, c4 + V);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3a.intoArray(c, c3);
    s3b.intoArray(c, c3 + V);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2a.intoArray(c, c2);
    s2b.intoArray(c, c2 + V);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1a.intoArray(c, c1);
    s1b.intoArray(c, c1 + V);
    s0a.intoArray(c, cAt);
    s0b.intoArray(c, cAt + V);
    return touched;
  }
}
