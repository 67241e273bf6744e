package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.BITS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Products of rows with rows, `s[n][r][i % 16] += w[r][i] · x[n][i]`: the matrix kernel of fully
/// connected layers, lanes along the sum.
///
/// Both operands are read as they lie, in as many streams as the tile has rows, which is what
/// memory is read fastest by: with one sample the weight passes at the speed of memory (15 GB/s a
/// thread where one stream reaches 12), with many the tile's sums fill the registers. Each of the
/// [#SUMS] sums runs over `i` in order by fused multiply-add, starting from what `s` holds.
///
/// A tile of fewer rows or samples repeats its last: what is stored twice is the same. Written out
/// sum by sum because the JIT keeps local variables in registers, but not the elements of an array
/// of vectors; and without masks, with which the first compiler (C1) gives up on a method of this
/// size.
final class DotTile {
  /// Sums of one product, whatever the width of vectors.
  static final int SUMS = 16;

  /// Samples of a tile, if there are several.
  static final int SAMPLES = 4;

  /// Rows of such a tile: its sums and a vector of each sample or row fit in the 32 registers of
  /// AVX-512, or in the 16 that older machines have.
  private static final int ROWS = BITS == 512 ? 6 : 3;

  /// Rows of a tile for one sample.
  private static final int STREAMS = 8;

  private DotTile() {}

  /// Rows of a tile for this many samples.
  static int rows(int samples) {
    return samples == 1 ? STREAMS : ROWS;
  }

  /// Adds the products of at most [#rows] rows with at most [#SAMPLES] samples.
  ///
  /// @param w rows `ld` apart, of which `k` numbers are multiplied
  /// @param x samples `ld` apart
  /// @param s sums `[samples][…][SUMS]`
  /// @param sample from one sample's sums to the next's
  static void add(
      float[] w,
      int wAt,
      int ld,
      int rows,
      float[] x,
      int xAt,
      int samples,
      int k,
      float[] s,
      int sAt,
      int sample) {
    int whole = k - k % SUMS;
    for (int j = 0; j < SUMS && whole > 0; j += V) { // once where a vector has 16 lanes
      if (samples == 1) {
        tile8x1(w, wAt + j, ld, rows, x, xAt + j, whole, s, sAt + j);
      } else if (BITS == 512) {
        tile6x4(w, wAt + j, ld, rows, x, xAt + j, samples, whole, s, sAt + j, sample);
      } else {
        tile3x4(w, wAt + j, ld, rows, x, xAt + j, samples, whole, s, sAt + j, sample);
      }
    }
    if (whole < k) {
      for (int n = 0; n < samples; n++) {
        int from = xAt + n * ld + whole;
        end(w, wAt + whole, ld, rows, x, from, k - whole, s, sAt + n * sample);
      }
    }
  }

  /// The products that do not fill all sums.
  private static void end(
      float[] w, int wAt, int ld, int rows, float[] x, int xAt, int k, float[] s, int sAt) {
    for (int j = 0; j < k; j += V) {
      var m = F.indexInRange(j, k);
      var v = FloatVector.fromArray(F, x, xAt + j, m);
      for (int r = 0; r < rows; r++) {
        int at = sAt + r * SUMS + j;
        FloatVector.fromArray(F, w, wAt + r * ld + j, m)
            .lanewise(VectorOperators.FMA, v, FloatVector.fromArray(F, s, at, m))
            .intoArray(s, at, m);
      }
    }
  }

  private static void tile8x1(
      float[] w, int wAt, int ld, int rows, float[] x, int xAt, int k, float[] s, int sAt) {
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int w3 = wAt + Math.min(3, last) * ld;
    int w4 = wAt + Math.min(4, last) * ld;
    int w5 = wAt + Math.min(5, last) * ld;
    int w6 = wAt + Math.min(6, last) * ld;
    int w7 = wAt + Math.min(7, last) * ld;
    var s0 = FloatVector.fromArray(F, s, sAt);
    var s1 = FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS);
    var s2 = FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS);
    var s3 = FloatVector.fromArray(F, s, sAt + Math.min(3, last) * SUMS);
    var s4 = FloatVector.fromArray(F, s, sAt + Math.min(4, last) * SUMS);
    var s5 = FloatVector.fromArray(F, s, sAt + Math.min(5, last) * SUMS);
    var s6 = FloatVector.fromArray(F, s, sAt + Math.min(6, last) * SUMS);
    var s7 = FloatVector.fromArray(F, s, sAt + Math.min(7, last) * SUMS);
    for (int i = 0; i < k; i += SUMS) {
      var v = FloatVector.fromArray(F, x, xAt + i);
      s0 = FloatVector.fromArray(F, w, w0 + i).fma(v, s0);
      s1 = FloatVector.fromArray(F, w, w1 + i).fma(v, s1);
      s2 = FloatVector.fromArray(F, w, w2 + i).fma(v, s2);
      s3 = FloatVector.fromArray(F, w, w3 + i).fma(v, s3);
      s4 = FloatVector.fromArray(F, w, w4 + i).fma(v, s4);
      s5 = FloatVector.fromArray(F, w, w5 + i).fma(v, s5);
      s6 = FloatVector.fromArray(F, w, w6 + i).fma(v, s6);
      s7 = FloatVector.fromArray(F, w, w7 + i).fma(v, s7);
    }
    s0.intoArray(s, sAt);
    s1.intoArray(s, sAt + Math.min(1, last) * SUMS);
    s2.intoArray(s, sAt + Math.min(2, last) * SUMS);
    s3.intoArray(s, sAt + Math.min(3, last) * SUMS);
    s4.intoArray(s, sAt + Math.min(4, last) * SUMS);
    s5.intoArray(s, sAt + Math.min(5, last) * SUMS);
    s6.intoArray(s, sAt + Math.min(6, last) * SUMS);
    s7.intoArray(s, sAt + Math.min(7, last) * SUMS);
  }

  private static void tile6x4(
      float[] w,
      int wAt,
      int ld,
      int rows,
      float[] x,
      int xAt,
      int samples,
      int k,
      float[] s,
      int sAt,
      int sample) {
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int w3 = wAt + Math.min(3, last) * ld;
    int w4 = wAt + Math.min(4, last) * ld;
    int w5 = wAt + Math.min(5, last) * ld;
    int end = samples - 1;
    int x0 = xAt;
    int x1 = xAt + Math.min(1, end) * ld;
    int x2 = xAt + Math.min(2, end) * ld;
    int x3 = xAt + Math.min(3, end) * ld;
    var s0a = FloatVector.fromArray(F, s, sAt);
    var s0b = FloatVector.fromArray(F, s, sAt + Math.min(1, end) * sample);
    var s0c = FloatVector.fromArray(F, s, sAt + Math.min(2, end) * sample);
    var s0d = FloatVector.fromArray(F, s, sAt + Math.min(3, end) * sample);
    var s1a = FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS);
    var s1b =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(1, end) * sample);
    var s1c =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(2, end) * sample);
    var s1d =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(3, end) * sample);
    var s2a = FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS);
    var s2b =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(1, end) * sample);
    var s2c =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(2, end) * sample);
    var s2d =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(3, end) * sample);
    var s3a = FloatVector.fromArray(F, s, sAt + Math.min(3, last) * SUMS);
    var s3b =
        FloatVector.fromArray(F, s, sAt + Math.min(3, last) * SUMS + Math.min(1, end) * sample);
    var s3c =
        FloatVector.fromArray(F, s, sAt + Math.min(3, last) * SUMS + Math.min(2, end) * sample);
    var s3d =
        FloatVector.fromArray(F, s, sAt + Math.min(3, last) * SUMS + Math.min(3, end) * sample);
    var s4a = FloatVector.fromArray(F, s, sAt + Math.min(4, last) * SUMS);
    var s4b =
        FloatVector.fromArray(F, s, sAt + Math.min(4, last) * SUMS + Math.min(1, end) * sample);
    var s4c =
        FloatVector.fromArray(F, s, sAt + Math.min(4, last) * SUMS + Math.min(2, end) * sample);
    var s4d =
        FloatVector.fromArray(F, s, sAt + Math.min(4, last) * SUMS + Math.min(3, end) * sample);
    var s5a = FloatVector.fromArray(F, s, sAt + Math.min(5, last) * SUMS);
    var s5b =
        FloatVector.fromArray(F, s, sAt + Math.min(5, last) * SUMS + Math.min(1, end) * sample);
    var s5c =
        FloatVector.fromArray(F, s, sAt + Math.min(5, last) * SUMS + Math.min(2, end) * sample);
    var s5d =
        FloatVector.fromArray(F, s, sAt + Math.min(5, last) * SUMS + Math.min(3, end) * sample);
    for (int i = 0; i < k; i += SUMS) {
      var va = FloatVector.fromArray(F, x, x0 + i);
      var vb = FloatVector.fromArray(F, x, x1 + i);
      var vc = FloatVector.fromArray(F, x, x2 + i);
      var vd = FloatVector.fromArray(F, x, x3 + i);
      var u0 = FloatVector.fromArray(F, w, w0 + i);
      s0a = u0.fma(va, s0a);
      s0b = u0.fma(vb, s0b);
      s0c = u0.fma(vc, s0c);
      s0d = u0.fma(vd, s0d);
      var u1 = FloatVector.fromArray(F, w, w1 + i);
      s1a = u1.fma(va, s1a);
      s1b = u1.fma(vb, s1b);
      s1c = u1.fma(vc, s1c);
      s1d = u1.fma(vd, s1d);
      var u2 = FloatVector.fromArray(F, w, w2 + i);
      s2a = u2.fma(va, s2a);
      s2b = u2.fma(vb, s2b);
      s2c = u2.fma(vc, s2c);
      s2d = u2.fma(vd, s2d);
      var u3 = FloatVector.fromArray(F, w, w3 + i);
      s3a = u3.fma(va, s3a);
      s3b = u3.fma(vb, s3b);
      s3c = u3.fma(vc, s3c);
      s3d = u3.fma(vd, s3d);
      var u4 = FloatVector.fromArray(F, w, w4 + i);
      s4a = u4.fma(va, s4a);
      s4b = u4.fma(vb, s4b);
      s4c = u4.fma(vc, s4c);
      s4d = u4.fma(vd, s4d);
      var u5 = FloatVector.fromArray(F, w, w5 + i);
      s5a = u5.fma(va, s5a);
      s5b = u5.fma(vb, s5b);
      s5c = u5.fma(vc, s5c);
      s5d = u5.fma(vd, s5d);
    }
    s0a.intoArray(s, sAt);
    s0b.intoArray(s, sAt + Math.min(1, end) * sample);
    s0c.intoArray(s, sAt + Math.min(2, end) * sample);
    s0d.intoArray(s, sAt + Math.min(3, end) * sample);
    s1a.intoArray(s, sAt + Math.min(1, last) * SUMS);
    s1b.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(1, end) * sample);
    s1c.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(2, end) * sample);
    s1d.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(3, end) * sample);
    s2a.intoArray(s, sAt + Math.min(2, last) * SUMS);
    s2b.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(1, end) * sample);
    s2c.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(2, end) * sample);
    s2d.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(3, end) * sample);
    s3a.intoArray(s, sAt + Math.min(3, last) * SUMS);
    s3b.intoArray(s, sAt + Math.min(3, last) * SUMS + Math.min(1, end) * sample);
    s3c.intoArray(s, sAt + Math.min(3, last) * SUMS + Math.min(2, end) * sample);
    s3d.intoArray(s, sAt + Math.min(3, last) * SUMS + Math.min(3, end) * sample);
    s4a.intoArray(s, sAt + Math.min(4, last) * SUMS);
    s4b.intoArray(s, sAt + Math.min(4, last) * SUMS + Math.min(1, end) * sample);
    s4c.intoArray(s, sAt + Math.min(4, last) * SUMS + Math.min(2, end) * sample);
    s4d.intoArray(s, sAt + Math.min(4, last) * SUMS + Math.min(3, end) * sample);
    s5a.intoArray(s, sAt + Math.min(5, last) * SUMS);
    s5b.intoArray(s, sAt + Math.min(5, last) * SUMS + Math.min(1, end) * sample);
    s5c.intoArray(s, sAt + Math.min(5, last) * SUMS + Math.min(2, end) * sample);
    s5d.intoArray(s, sAt + Math.min(5, last) * SUMS + Math.min(3, end) * sample);
  }

  private static void tile3x4(
      float[] w,
      int wAt,
      int ld,
      int rows,
      float[] x,
      int xAt,
      int samples,
      int k,
      float[] s,
      int sAt,
      int sample) {
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int end = samples - 1;
    int x0 = xAt;
    int x1 = xAt + Math.min(1, end) * ld;
    int x2 = xAt + Math.min(2, end) * ld;
    int x3 = xAt + Math.min(3, end) * ld;
    var s0a = FloatVector.fromArray(F, s, sAt);
    var s0b = FloatVector.fromArray(F, s, sAt + Math.min(1, end) * sample);
    var s0c = FloatVector.fromArray(F, s, sAt + Math.min(2, end) * sample);
    var s0d = FloatVector.fromArray(F, s, sAt + Math.min(3, end) * sample);
    var s1a = FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS);
    var s1b =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(1, end) * sample);
    var s1c =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(2, end) * sample);
    var s1d =
        FloatVector.fromArray(F, s, sAt + Math.min(1, last) * SUMS + Math.min(3, end) * sample);
    var s2a = FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS);
    var s2b =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(1, end) * sample);
    var s2c =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(2, end) * sample);
    var s2d =
        FloatVector.fromArray(F, s, sAt + Math.min(2, last) * SUMS + Math.min(3, end) * sample);
    for (int i = 0; i < k; i += SUMS) {
      var va = FloatVector.fromArray(F, x, x0 + i);
      var vb = FloatVector.fromArray(F, x, x1 + i);
      var vc = FloatVector.fromArray(F, x, x2 + i);
      var vd = FloatVector.fromArray(F, x, x3 + i);
      var u0 = FloatVector.fromArray(F, w, w0 + i);
      s0a = u0.fma(va, s0a);
      s0b = u0.fma(vb, s0b);
      s0c = u0.fma(vc, s0c);
      s0d = u0.fma(vd, s0d);
      var u1 = FloatVector.fromArray(F, w, w1 + i);
      s1a = u1.fma(va, s1a);
      s1b = u1.fma(vb, s1b);
      s1c = u1.fma(vc, s1c);
      s1d = u1.fma(vd, s1d);
      var u2 = FloatVector.fromArray(F, w, w2 + i);
      s2a = u2.fma(va, s2a);
      s2b = u2.fma(vb, s2b);
      s2c = u2.fma(vc, s2c);
      s2d = u2.fma(vd, s2d);
    }
    s0a.intoArray(s, sAt);
    s0b.intoArray(s, sAt + Math.min(1, end) * sample);
    s0c.intoArray(s, sAt + Math.min(2, end) * sample);
    s0d.intoArray(s, sAt + Math.min(3, end) * sample);
    s1a.intoArray(s, sAt + Math.min(1, last) * SUMS);
    s1b.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(1, end) * sample);
    s1c.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(2, end) * sample);
    s1d.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(3, end) * sample);
    s2a.intoArray(s, sAt + Math.min(2, last) * SUMS);
    s2b.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(1, end) * sample);
    s2c.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(2, end) * sample);
    s2d.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(3, end) * sample);
  }
}
