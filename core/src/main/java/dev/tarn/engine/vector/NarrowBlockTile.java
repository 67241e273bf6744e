package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The tiles of [BlockTile] that are one vector wide, for panels of few columns.
final class NarrowBlockTile {
  private NarrowBlockTile() {}

  static float tile14(
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
    var s0 = FloatVector.zero(F);
    var s1 = FloatVector.zero(F);
    var s2 = FloatVector.zero(F);
    var s3 = FloatVector.zero(F);
    var s4 = FloatVector.zero(F);
    var s5 = FloatVector.zero(F);
    var s6 = FloatVector.zero(F);
    var s7 = FloatVector.zero(F);
    var s8 = FloatVector.zero(F);
    var s9 = FloatVector.zero(F);
    var s10 = FloatVector.zero(F);
    var s11 = FloatVector.zero(F);
    var s12 = FloatVector.zero(F);
    var s13 = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * V);
      s0 = FloatVector.broadcast(F, a[o]).fma(b0, s0);
      s1 = FloatVector.broadcast(F, a[o + V]).fma(b0, s1);
      s2 = FloatVector.broadcast(F, a[o + 2 * V]).fma(b0, s2);
      s3 = FloatVector.broadcast(F, a[o + 3 * V]).fma(b0, s3);
      s4 = FloatVector.broadcast(F, a[o + 4 * V]).fma(b0, s4);
      s5 = FloatVector.broadcast(F, a[o + 5 * V]).fma(b0, s5);
      s6 = FloatVector.broadcast(F, a[o + 6 * V]).fma(b0, s6);
      s7 = FloatVector.broadcast(F, a[o + 7 * V]).fma(b0, s7);
      s8 = FloatVector.broadcast(F, a[o + 8 * V]).fma(b0, s8);
      s9 = FloatVector.broadcast(F, a[o + 9 * V]).fma(b0, s9);
      s10 = FloatVector.broadcast(F, a[o + 10 * V]).fma(b0, s10);
      s11 = FloatVector.broadcast(F, a[o + 11 * V]).fma(b0, s11);
      s12 = FloatVector.broadcast(F, a[o + 12 * V]).fma(b0, s12);
      s13 = FloatVector.broadcast(F, a[o + 13 * V]).fma(b0, s13);
    }
    int last = rows - 1;
    int c13 = cAt + Math.min(13, last) * ldc;
    s13.intoArray(c, c13);
    int c12 = cAt + Math.min(12, last) * ldc;
    s12.intoArray(c, c12);
    int c11 = cAt + Math.min(11, last) * ldc;
    s11.intoArray(c, c11);
    int c10 = cAt + Math.min(10, last) * ldc;
    s10.intoArray(c, c10);
    int c9 = cAt + Math.min(9, last) * ldc;
    s9.intoArray(c, c9);
    int c8 = cAt + Math.min(8, last) * ldc;
    s8.intoArray(c, c8);
    int c7 = cAt + Math.min(7, last) * ldc;
    s7.intoArray(c, c7);
    int c6 = cAt + Math.min(6, last) * ldc;
    s6.intoArray(c, c6);
    int c5 = cAt + Math.min(5, last) * ldc;
    s5.intoArray(c, c5);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4.intoArray(c, c4);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3.intoArray(c, c3);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2.intoArray(c, c2);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1.intoArray(c, c1);
    s0.intoArray(c, cAt);
    return touched;
  }

  static float tile7(
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
    var s0 = FloatVector.zero(F);
    var s1 = FloatVector.zero(F);
    var s2 = FloatVector.zero(F);
    var s3 = FloatVector.zero(F);
    var s4 = FloatVector.zero(F);
    var s5 = FloatVector.zero(F);
    var s6 = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * V);
      s0 = FloatVector.broadcast(F, a[o]).fma(b0, s0);
      s1 = FloatVector.broadcast(F, a[o + V]).fma(b0, s1);
      s2 = FloatVector.broadcast(F, a[o + 2 * V]).fma(b0, s2);
      s3 = FloatVector.broadcast(F, a[o + 3 * V]).fma(b0, s3);
      s4 = FloatVector.broadcast(F, a[o + 4 * V]).fma(b0, s4);
      s5 = FloatVector.broadcast(F, a[o + 5 * V]).fma(b0, s5);
      s6 = FloatVector.broadcast(F, a[o + 6 * V]).fma(b0, s6);
    }
    int last = rows - 1;
    int c6 = cAt + Math.min(6, last) * ldc;
    s6.intoArray(c, c6);
    int c5 = cAt + Math.min(5, last) * ldc;
    s5.intoArray(c, c5);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4.intoArray(c, c4);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3.intoArray(c, c3);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2.intoArray(c, c2);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1.intoArray(c, c1);
    s0.intoArray(c, cAt);
    return touched;
  }

  static float tile6(
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
    var s0 = FloatVector.zero(F);
    var s1 = FloatVector.zero(F);
    var s2 = FloatVector.zero(F);
    var s3 = FloatVector.zero(F);
    var s4 = FloatVector.zero(F);
    var s5 = FloatVector.zero(F);
    float touched = 0f;
    for (int i = 0; i < k; i++) {
      touched += b[nextAt + i * V];
      int o = aAt + i % V + i / V * aStep;
      var b0 = FloatVector.fromArray(F, b, bAt + i * V);
      s0 = FloatVector.broadcast(F, a[o]).fma(b0, s0);
      s1 = FloatVector.broadcast(F, a[o + V]).fma(b0, s1);
      s2 = FloatVector.broadcast(F, a[o + 2 * V]).fma(b0, s2);
      s3 = FloatVector.broadcast(F, a[o + 3 * V]).fma(b0, s3);
      s4 = FloatVector.broadcast(F, a[o + 4 * V]).fma(b0, s4);
      s5 = FloatVector.broadcast(F, a[o + 5 * V]).fma(b0, s5);
    }
    int last = rows - 1;
    int c5 = cAt + Math.min(5, last) * ldc;
    s5.intoArray(c, c5);
    int c4 = cAt + Math.min(4, last) * ldc;
    s4.intoArray(c, c4);
    int c3 = cAt + Math.min(3, last) * ldc;
    s3.intoArray(c, c3);
    int c2 = cAt + Math.min(2, last) * ldc;
    s2.intoArray(c, c2);
    int c1 = cAt + Math.min(1, last) * ldc;
    s1.intoArray(c, c1);
    s0.intoArray(c, cAt);
    return touched;
  }
}
