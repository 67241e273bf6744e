package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// `c[r][j] += Σ a[k·aK + r·aR] · b[k·ldb + j]` on operands as they lie in memory. A fifth slower
/// than [PanelTile], for its rows have addresses of their own, but it spares the packing: the
/// kernel of fully connected layers, which use each weight but a few times.
///
/// Each sum runs over `k` in order by fused multiply-add, starting from what `c` holds. A tile of
/// fewer rows repeats its last row: rows are stored from the last to the first, so what is left is
/// right whatever stood in the panel. Written out row by row because the JIT keeps local variables
/// in registers, but not the elements of an array of vectors; and without masks, with which the
/// first compiler (C1) gives up on a method of this size, and may never hand it on to the second.
final class StridedTile {
  private static final float[] ZEROS = new float[COLS];

  private StridedTile() {}

  /// Adds the product of a tile of at most [Lanes#ROWS] rows.
  ///
  /// @param width columns: [Lanes#COLS] or, for narrow matrices, [Lanes#V]
  static void add(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows,
      int width) {
    tile(a, aAt, aK, aR, b, bAt, ldb, k, c, cAt, ldc, c, cAt, ldc, rows, width);
  }

  /// The same, but overwrites. Filling `c` with zeros first would be slower: the processor cannot
  /// hand on what was just stored to a load that begins elsewhere.
  static void set(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] c,
      int cAt,
      int ldc,
      int rows,
      int width) {
    tile(a, aAt, aK, aR, b, bAt, ldb, k, ZEROS, 0, 0, c, cAt, ldc, rows, width);
  }

  /// Adds to what stands in `z`, rows `ldz` apart, and stores to `c`.
  private static void tile(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] z,
      int zAt,
      int ldz,
      float[] c,
      int cAt,
      int ldc,
      int rows,
      int width) {
    if (ROWS > 6 && rows > 6) {
      if (width > V) {
        tile12x2(a, aAt, aK, aR, b, bAt, ldb, k, z, zAt, ldz, c, cAt, ldc, rows);
      } else {
        tile12x1(a, aAt, aK, aR, b, bAt, ldb, k, z, zAt, ldz, c, cAt, ldc, rows);
      }
    } else if (width > V) {
      tile6x2(a, aAt, aK, aR, b, bAt, ldb, k, z, zAt, ldz, c, cAt, ldc, rows);
    } else {
      tile6x1(a, aAt, aK, aR, b, bAt, ldb, k, z, zAt, ldz, c, cAt, ldc, rows);
    }
  }

  private static void tile12x2(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] z,
      int zAt,
      int ldz,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    int last = rows - 1;
    int c0 = cAt;
    int c1 = cAt + Math.min(1, last) * ldc;
    int c2 = cAt + Math.min(2, last) * ldc;
    int c3 = cAt + Math.min(3, last) * ldc;
    int c4 = cAt + Math.min(4, last) * ldc;
    int c5 = cAt + Math.min(5, last) * ldc;
    int c6 = cAt + Math.min(6, last) * ldc;
    int c7 = cAt + Math.min(7, last) * ldc;
    int c8 = cAt + Math.min(8, last) * ldc;
    int c9 = cAt + Math.min(9, last) * ldc;
    int c10 = cAt + Math.min(10, last) * ldc;
    int c11 = cAt + Math.min(11, last) * ldc;
    int a0 = aAt;
    int a1 = aAt + Math.min(1, last) * aR;
    int a2 = aAt + Math.min(2, last) * aR;
    int a3 = aAt + Math.min(3, last) * aR;
    int a4 = aAt + Math.min(4, last) * aR;
    int a5 = aAt + Math.min(5, last) * aR;
    int a6 = aAt + Math.min(6, last) * aR;
    int a7 = aAt + Math.min(7, last) * aR;
    int a8 = aAt + Math.min(8, last) * aR;
    int a9 = aAt + Math.min(9, last) * aR;
    int a10 = aAt + Math.min(10, last) * aR;
    int a11 = aAt + Math.min(11, last) * aR;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s0b = FloatVector.fromArray(F, z, zAt + V);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz);
    var s1b = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz + V);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz);
    var s2b = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz + V);
    var s3a = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz);
    var s3b = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz + V);
    var s4a = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz);
    var s4b = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz + V);
    var s5a = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz);
    var s5b = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz + V);
    var s6a = FloatVector.fromArray(F, z, zAt + Math.min(6, last) * ldz);
    var s6b = FloatVector.fromArray(F, z, zAt + Math.min(6, last) * ldz + V);
    var s7a = FloatVector.fromArray(F, z, zAt + Math.min(7, last) * ldz);
    var s7b = FloatVector.fromArray(F, z, zAt + Math.min(7, last) * ldz + V);
    var s8a = FloatVector.fromArray(F, z, zAt + Math.min(8, last) * ldz);
    var s8b = FloatVector.fromArray(F, z, zAt + Math.min(8, last) * ldz + V);
    var s9a = FloatVector.fromArray(F, z, zAt + Math.min(9, last) * ldz);
    var s9b = FloatVector.fromArray(F, z, zAt + Math.min(9, last) * ldz + V);
    var s10a = FloatVector.fromArray(F, z, zAt + Math.min(10, last) * ldz);
    var s10b = FloatVector.fromArray(F, z, zAt + Math.min(10, last) * ldz + V);
    var s11a = FloatVector.fromArray(F, z, zAt + Math.min(11, last) * ldz);
    var s11b = FloatVector.fromArray(F, z, zAt + Math.min(11, last) * ldz + V);
    for (int i = 0; i < k; i++) {
      var b0 = FloatVector.fromArray(F, b, bAt + i * ldb);
      var b1 = FloatVector.fromArray(F, b, bAt + i * ldb + V);
      var x0 = FloatVector.broadcast(F, a[a0 + i * aK]);
      s0a = x0.fma(b0, s0a);
      s0b = x0.fma(b1, s0b);
      var x1 = FloatVector.broadcast(F, a[a1 + i * aK]);
      s1a = x1.fma(b0, s1a);
      s1b = x1.fma(b1, s1b);
      var x2 = FloatVector.broadcast(F, a[a2 + i * aK]);
      s2a = x2.fma(b0, s2a);
      s2b = x2.fma(b1, s2b);
      var x3 = FloatVector.broadcast(F, a[a3 + i * aK]);
      s3a = x3.fma(b0, s3a);
      s3b = x3.fma(b1, s3b);
      var x4 = FloatVector.broadcast(F, a[a4 + i * aK]);
      s4a = x4.fma(b0, s4a);
      s4b = x4.fma(b1, s4b);
      var x5 = FloatVector.broadcast(F, a[a5 + i * aK]);
      s5a = x5.fma(b0, s5a);
      s5b = x5.fma(b1, s5b);
      var x6 = FloatVector.broadcast(F, a[a6 + i * aK]);
      s6a = x6.fma(b0, s6a);
      s6b = x6.fma(b1, s6b);
      var x7 = FloatVector.broadcast(F, a[a7 + i * aK]);
      s7a = x7.fma(b0, s7a);
      s7b = x7.fma(b1, s7b);
      var x8 = FloatVector.broadcast(F, a[a8 + i * aK]);
      s8a = x8.fma(b0, s8a);
      s8b = x8.fma(b1, s8b);
      var x9 = FloatVector.broadcast(F, a[a9 + i * aK]);
      s9a = x9.fma(b0, s9a);
      s9b = x9.fma(b1, s9b);
      var x10 = FloatVector.broadcast(F, a[a10 + i * aK]);
      s10a = x10.fma(b0, s10a);
      s10b = x10.fma(b1, s10b);
      var x11 = FloatVector.broadcast(F, a[a11 + i * aK]);
      s11a = x11.fma(b0, s11a);
      s11b = x11.fma(b1, s11b);
    }
    s11a.intoArray(c, c11);
    s11b.intoArray(c, c11 + V);
    s10a.intoArray(c, c10);
    s10b.intoArray(c, c10 + V);
    s9a.intoArray(c, c9);
    s9b.intoArray(c, c9 + V);
    s8a.intoArray(c, c8);
    s8b.intoArray(c, c8 + V);
    s7a.intoArray(c, c7);
    s7b.intoArray(c, c7 + V);
    s6a.intoArray(c, c6);
    s6b.intoArray(c, c6 + V);
    s5a.intoArray(c, c5);
    s5b.intoArray(c, c5 + V);
    s4a.intoArray(c, c4);
    s4b.intoArray(c, c4 + V);
    s3a.intoArray(c, c3);
    s3b.intoArray(c, c3 + V);
    s2a.intoArray(c, c2);
    s2b.intoArray(c, c2 + V);
    s1a.intoArray(c, c1);
    s1b.intoArray(c, c1 + V);
    s0a.intoArray(c, c0);
    s0b.intoArray(c, c0 + V);
  }

  private static void tile12x1(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] z,
      int zAt,
      int ldz,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    int last = rows - 1;
    int c0 = cAt;
    int c1 = cAt + Math.min(1, last) * ldc;
    int c2 = cAt + Math.min(2, last) * ldc;
    int c3 = cAt + Math.min(3, last) * ldc;
    int c4 = cAt + Math.min(4, last) * ldc;
    int c5 = cAt + Math.min(5, last) * ldc;
    int c6 = cAt + Math.min(6, last) * ldc;
    int c7 = cAt + Math.min(7, last) * ldc;
    int c8 = cAt + Math.min(8, last) * ldc;
    int c9 = cAt + Math.min(9, last) * ldc;
    int c10 = cAt + Math.min(10, last) * ldc;
    int c11 = cAt + Math.min(11, last) * ldc;
    int a0 = aAt;
    int a1 = aAt + Math.min(1, last) * aR;
    int a2 = aAt + Math.min(2, last) * aR;
    int a3 = aAt + Math.min(3, last) * aR;
    int a4 = aAt + Math.min(4, last) * aR;
    int a5 = aAt + Math.min(5, last) * aR;
    int a6 = aAt + Math.min(6, last) * aR;
    int a7 = aAt + Math.min(7, last) * aR;
    int a8 = aAt + Math.min(8, last) * aR;
    int a9 = aAt + Math.min(9, last) * aR;
    int a10 = aAt + Math.min(10, last) * aR;
    int a11 = aAt + Math.min(11, last) * aR;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz);
    var s3a = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz);
    var s4a = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz);
    var s5a = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz);
    var s6a = FloatVector.fromArray(F, z, zAt + Math.min(6, last) * ldz);
    var s7a = FloatVector.fromArray(F, z, zAt + Math.min(7, last) * ldz);
    var s8a = FloatVector.fromArray(F, z, zAt + Math.min(8, last) * ldz);
    var s9a = FloatVector.fromArray(F, z, zAt + Math.min(9, last) * ldz);
    var s10a = FloatVector.fromArray(F, z, zAt + Math.min(10, last) * ldz);
    var s11a = FloatVector.fromArray(F, z, zAt + Math.min(11, last) * ldz);
    for (int i = 0; i < k; i++) {
      var b0 = FloatVector.fromArray(F, b, bAt + i * ldb);
      s0a = FloatVector.broadcast(F, a[a0 + i * aK]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, a[a1 + i * aK]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, a[a2 + i * aK]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, a[a3 + i * aK]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, a[a4 + i * aK]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, a[a5 + i * aK]).fma(b0, s5a);
      s6a = FloatVector.broadcast(F, a[a6 + i * aK]).fma(b0, s6a);
      s7a = FloatVector.broadcast(F, a[a7 + i * aK]).fma(b0, s7a);
      s8a = FloatVector.broadcast(F, a[a8 + i * aK]).fma(b0, s8a);
      s9a = FloatVector.broadcast(F, a[a9 + i * aK]).fma(b0, s9a);
      s10a = FloatVector.broadcast(F, a[a10 + i * aK]).fma(b0, s10a);
      s11a = FloatVector.broadcast(F, a[a11 + i * aK]).fma(b0, s11a);
    }
    s11a.intoArray(c, c11);
    s10a.intoArray(c, c10);
    s9a.intoArray(c, c9);
    s8a.intoArray(c, c8);
    s7a.intoArray(c, c7);
    s6a.intoArray(c, c6);
    s5a.intoArray(c, c5);
    s4a.intoArray(c, c4);
    s3a.intoArray(c, c3);
    s2a.intoArray(c, c2);
    s1a.intoArray(c, c1);
    s0a.intoArray(c, c0);
  }

  private static void tile6x2(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] z,
      int zAt,
      int ldz,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    int last = rows - 1;
    int c0 = cAt;
    int c1 = cAt + Math.min(1, last) * ldc;
    int c2 = cAt + Math.min(2, last) * ldc;
    int c3 = cAt + Math.min(3, last) * ldc;
    int c4 = cAt + Math.min(4, last) * ldc;
    int c5 = cAt + Math.min(5, last) * ldc;
    int a0 = aAt;
    int a1 = aAt + Math.min(1, last) * aR;
    int a2 = aAt + Math.min(2, last) * aR;
    int a3 = aAt + Math.min(3, last) * aR;
    int a4 = aAt + Math.min(4, last) * aR;
    int a5 = aAt + Math.min(5, last) * aR;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s0b = FloatVector.fromArray(F, z, zAt + V);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz);
    var s1b = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz + V);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz);
    var s2b = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz + V);
    var s3a = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz);
    var s3b = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz + V);
    var s4a = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz);
    var s4b = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz + V);
    var s5a = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz);
    var s5b = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz + V);
    for (int i = 0; i < k; i++) {
      var b0 = FloatVector.fromArray(F, b, bAt + i * ldb);
      var b1 = FloatVector.fromArray(F, b, bAt + i * ldb + V);
      var x0 = FloatVector.broadcast(F, a[a0 + i * aK]);
      s0a = x0.fma(b0, s0a);
      s0b = x0.fma(b1, s0b);
      var x1 = FloatVector.broadcast(F, a[a1 + i * aK]);
      s1a = x1.fma(b0, s1a);
      s1b = x1.fma(b1, s1b);
      var x2 = FloatVector.broadcast(F, a[a2 + i * aK]);
      s2a = x2.fma(b0, s2a);
      s2b = x2.fma(b1, s2b);
      var x3 = FloatVector.broadcast(F, a[a3 + i * aK]);
      s3a = x3.fma(b0, s3a);
      s3b = x3.fma(b1, s3b);
      var x4 = FloatVector.broadcast(F, a[a4 + i * aK]);
      s4a = x4.fma(b0, s4a);
      s4b = x4.fma(b1, s4b);
      var x5 = FloatVector.broadcast(F, a[a5 + i * aK]);
      s5a = x5.fma(b0, s5a);
      s5b = x5.fma(b1, s5b);
    }
    s5a.intoArray(c, c5);
    s5b.intoArray(c, c5 + V);
    s4a.intoArray(c, c4);
    s4b.intoArray(c, c4 + V);
    s3a.intoArray(c, c3);
    s3b.intoArray(c, c3 + V);
    s2a.intoArray(c, c2);
    s2b.intoArray(c, c2 + V);
    s1a.intoArray(c, c1);
    s1b.intoArray(c, c1 + V);
    s0a.intoArray(c, c0);
    s0b.intoArray(c, c0 + V);
  }

  private static void tile6x1(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int ldb,
      int k,
      float[] z,
      int zAt,
      int ldz,
      float[] c,
      int cAt,
      int ldc,
      int rows) {
    int last = rows - 1;
    int c0 = cAt;
    int c1 = cAt + Math.min(1, last) * ldc;
    int c2 = cAt + Math.min(2, last) * ldc;
    int c3 = cAt + Math.min(3, last) * ldc;
    int c4 = cAt + Math.min(4, last) * ldc;
    int c5 = cAt + Math.min(5, last) * ldc;
    int a0 = aAt;
    int a1 = aAt + Math.min(1, last) * aR;
    int a2 = aAt + Math.min(2, last) * aR;
    int a3 = aAt + Math.min(3, last) * aR;
    int a4 = aAt + Math.min(4, last) * aR;
    int a5 = aAt + Math.min(5, last) * aR;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * ldz);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * ldz);
    var s3a = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * ldz);
    var s4a = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * ldz);
    var s5a = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * ldz);
    for (int i = 0; i < k; i++) {
      var b0 = FloatVector.fromArray(F, b, bAt + i * ldb);
      s0a = FloatVector.broadcast(F, a[a0 + i * aK]).fma(b0, s0a);
      s1a = FloatVector.broadcast(F, a[a1 + i * aK]).fma(b0, s1a);
      s2a = FloatVector.broadcast(F, a[a2 + i * aK]).fma(b0, s2a);
      s3a = FloatVector.broadcast(F, a[a3 + i * aK]).fma(b0, s3a);
      s4a = FloatVector.broadcast(F, a[a4 + i * aK]).fma(b0, s4a);
      s5a = FloatVector.broadcast(F, a[a5 + i * aK]).fma(b0, s5a);
    }
    s5a.intoArray(c, c5);
    s4a.intoArray(c, c4);
    s3a.intoArray(c, c3);
    s2a.intoArray(c, c2);
    s1a.intoArray(c, c1);
    s0a.intoArray(c, c0);
  }
}
