package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.BITS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// Products of rows with rows, `s[n][r][i % 16] += w[r][i] · x[n][i]`: the matrix kernel of fully
/// connected layers, lanes along the sum.
///
/// Both operands are read as they lie, in as many streams as the tile has rows, which is what
/// memory is read fastest by: with one sample the weight passes at the speed of memory (15 GB/s a
/// thread where one stream reaches 12), with many the tile's sums fill the registers. Each of the
/// [#SUMS] sums runs over `i` in order by fused multiply-add.
///
/// A tile of fewer rows or samples repeats its last: what is stored twice is the same. Written out
/// sum by sum because the JIT keeps local variables in registers, but not the elements of an array
/// of vectors; and without masks, with which the first compiler (C1) gives up on a method of this
/// size.
final class DotTile {
  /// Sums of one product, whatever the width of vectors.
  static final int SUMS = 16;

  /// Samples of a tile, if there are several: its sums and operands fit in the 32 registers of
  /// AVX-512, or in the 16 that older machines have.
  static final int SAMPLES = BITS == 512 ? 8 : 4;

  /// Rows of such a tile. Few rows and many samples, so that a batch of eight still reads the
  /// weight but once.
  private static final int ROWS = 3;

  /// Rows of a tile for one sample.
  private static final int STREAMS = 8;

  /// What the first products are added to. Filling the sums with zeros first would be slower: the
  /// processor cannot hand on what was just stored to a load that begins elsewhere.
  private static final float[] ZEROS = new float[V];

  private DotTile() {}

  /// Rows of a tile for this many samples.
  static int rows(int samples) {
    return samples == 1 ? STREAMS : ROWS;
  }

  /// Adds the products of at most [#rows] rows with at most [#SAMPLES] samples.
  ///
  /// @param w rows `ld` apart, of which `k` numbers are multiplied
  /// @param x samples `ld` apart
  /// @param first whether the sums begin here, whatever stands in `s`
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
      boolean first,
      float[] s,
      int sAt,
      int sample) {
    int whole = k - k % SUMS;
    for (int j = 0; j < SUMS; j += V) { // once where a vector has 16 lanes
      if (samples == 1) {
        tile8x1(w, wAt + j, ld, rows, x, xAt + j, whole, first, s, sAt + j);
      } else if (BITS == 512) {
        tile3x8(w, wAt + j, ld, rows, x, xAt + j, samples, whole, first, s, sAt + j, sample);
      } else {
        tile3x4(w, wAt + j, ld, rows, x, xAt + j, samples, whole, first, s, sAt + j, sample);
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
        var sum = FloatVector.fromArray(F, s, at);
        sum.blend(FloatVector.fromArray(F, w, wAt + r * ld + j, m).fma(v, sum), m).intoArray(s, at);
      }
    }
  }

  private static void tile8x1(
      float[] w,
      int wAt,
      int ld,
      int rows,
      float[] x,
      int xAt,
      int k,
      boolean first,
      float[] s,
      int sAt) {
    float[] z = first ? ZEROS : s;
    int zAt = first ? 0 : sAt;
    int row = first ? 0 : SUMS;
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int w3 = wAt + Math.min(3, last) * ld;
    int w4 = wAt + Math.min(4, last) * ld;
    int w5 = wAt + Math.min(5, last) * ld;
    int w6 = wAt + Math.min(6, last) * ld;
    int w7 = wAt + Math.min(7, last) * ld;
    var s0 = FloatVector.fromArray(F, z, zAt);
    var s1 = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row);
    var s2 = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row);
    var s3 = FloatVector.fromArray(F, z, zAt + Math.min(3, last) * row);
    var s4 = FloatVector.fromArray(F, z, zAt + Math.min(4, last) * row);
    var s5 = FloatVector.fromArray(F, z, zAt + Math.min(5, last) * row);
    var s6 = FloatVector.fromArray(F, z, zAt + Math.min(6, last) * row);
    var s7 = FloatVector.fromArray(F, z, zAt + Math.min(7, last) * row);
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

  private static void tile3x8(
      float[] w,
      int wAt,
      int ld,
      int rows,
      float[] x,
      int xAt,
      int samples,
      int k,
      boolean first,
      float[] s,
      int sAt,
      int sample) {
    float[] z = first ? ZEROS : s;
    int zAt = first ? 0 : sAt;
    int row = first ? 0 : SUMS;
    int column = first ? 0 : sample;
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int end = samples - 1;
    int x0 = xAt;
    int x1 = xAt + Math.min(1, end) * ld;
    int x2 = xAt + Math.min(2, end) * ld;
    int x3 = xAt + Math.min(3, end) * ld;
    int x4 = xAt + Math.min(4, end) * ld;
    int x5 = xAt + Math.min(5, end) * ld;
    int x6 = xAt + Math.min(6, end) * ld;
    int x7 = xAt + Math.min(7, end) * ld;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s0b = FloatVector.fromArray(F, z, zAt + Math.min(1, end) * column);
    var s0c = FloatVector.fromArray(F, z, zAt + Math.min(2, end) * column);
    var s0d = FloatVector.fromArray(F, z, zAt + Math.min(3, end) * column);
    var s0e = FloatVector.fromArray(F, z, zAt + Math.min(4, end) * column);
    var s0f = FloatVector.fromArray(F, z, zAt + Math.min(5, end) * column);
    var s0g = FloatVector.fromArray(F, z, zAt + Math.min(6, end) * column);
    var s0h = FloatVector.fromArray(F, z, zAt + Math.min(7, end) * column);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row);
    var s1b =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(1, end) * column);
    var s1c =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(2, end) * column);
    var s1d =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(3, end) * column);
    var s1e =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(4, end) * column);
    var s1f =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(5, end) * column);
    var s1g =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(6, end) * column);
    var s1h =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(7, end) * column);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row);
    var s2b =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(1, end) * column);
    var s2c =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(2, end) * column);
    var s2d =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(3, end) * column);
    var s2e =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(4, end) * column);
    var s2f =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(5, end) * column);
    var s2g =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(6, end) * column);
    var s2h =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(7, end) * column);
    for (int i = 0; i < k; i += SUMS) {
      var u0 = FloatVector.fromArray(F, w, w0 + i);
      var u1 = FloatVector.fromArray(F, w, w1 + i);
      var u2 = FloatVector.fromArray(F, w, w2 + i);
      var va = FloatVector.fromArray(F, x, x0 + i);
      s0a = u0.fma(va, s0a);
      s1a = u1.fma(va, s1a);
      s2a = u2.fma(va, s2a);
      var vb = FloatVector.fromArray(F, x, x1 + i);
      s0b = u0.fma(vb, s0b);
      s1b = u1.fma(vb, s1b);
      s2b = u2.fma(vb, s2b);
      var vc = FloatVector.fromArray(F, x, x2 + i);
      s0c = u0.fma(vc, s0c);
      s1c = u1.fma(vc, s1c);
      s2c = u2.fma(vc, s2c);
      var vd = FloatVector.fromArray(F, x, x3 + i);
      s0d = u0.fma(vd, s0d);
      s1d = u1.fma(vd, s1d);
      s2d = u2.fma(vd, s2d);
      var ve = FloatVector.fromArray(F, x, x4 + i);
      s0e = u0.fma(ve, s0e);
      s1e = u1.fma(ve, s1e);
      s2e = u2.fma(ve, s2e);
      var vf = FloatVector.fromArray(F, x, x5 + i);
      s0f = u0.fma(vf, s0f);
      s1f = u1.fma(vf, s1f);
      s2f = u2.fma(vf, s2f);
      var vg = FloatVector.fromArray(F, x, x6 + i);
      s0g = u0.fma(vg, s0g);
      s1g = u1.fma(vg, s1g);
      s2g = u2.fma(vg, s2g);
      var vh = FloatVector.fromArray(F, x, x7 + i);
      s0h = u0.fma(vh, s0h);
      s1h = u1.fma(vh, s1h);
      s2h = u2.fma(vh, s2h);
    }
    s0a.intoArray(s, sAt);
    s0b.intoArray(s, sAt + Math.min(1, end) * sample);
    s0c.intoArray(s, sAt + Math.min(2, end) * sample);
    s0d.intoArray(s, sAt + Math.min(3, end) * sample);
    s0e.intoArray(s, sAt + Math.min(4, end) * sample);
    s0f.intoArray(s, sAt + Math.min(5, end) * sample);
    s0g.intoArray(s, sAt + Math.min(6, end) * sample);
    s0h.intoArray(s, sAt + Math.min(7, end) * sample);
    s1a.intoArray(s, sAt + Math.min(1, last) * SUMS);
    s1b.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(1, end) * sample);
    s1c.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(2, end) * sample);
    s1d.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(3, end) * sample);
    s1e.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(4, end) * sample);
    s1f.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(5, end) * sample);
    s1g.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(6, end) * sample);
    s1h.intoArray(s, sAt + Math.min(1, last) * SUMS + Math.min(7, end) * sample);
    s2a.intoArray(s, sAt + Math.min(2, last) * SUMS);
    s2b.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(1, end) * sample);
    s2c.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(2, end) * sample);
    s2d.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(3, end) * sample);
    s2e.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(4, end) * sample);
    s2f.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(5, end) * sample);
    s2g.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(6, end) * sample);
    s2h.intoArray(s, sAt + Math.min(2, last) * SUMS + Math.min(7, end) * sample);
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
      boolean first,
      float[] s,
      int sAt,
      int sample) {
    float[] z = first ? ZEROS : s;
    int zAt = first ? 0 : sAt;
    int row = first ? 0 : SUMS;
    int column = first ? 0 : sample;
    int last = rows - 1;
    int w0 = wAt;
    int w1 = wAt + Math.min(1, last) * ld;
    int w2 = wAt + Math.min(2, last) * ld;
    int end = samples - 1;
    int x0 = xAt;
    int x1 = xAt + Math.min(1, end) * ld;
    int x2 = xAt + Math.min(2, end) * ld;
    int x3 = xAt + Math.min(3, end) * ld;
    var s0a = FloatVector.fromArray(F, z, zAt);
    var s0b = FloatVector.fromArray(F, z, zAt + Math.min(1, end) * column);
    var s0c = FloatVector.fromArray(F, z, zAt + Math.min(2, end) * column);
    var s0d = FloatVector.fromArray(F, z, zAt + Math.min(3, end) * column);
    var s1a = FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row);
    var s1b =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(1, end) * column);
    var s1c =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(2, end) * column);
    var s1d =
        FloatVector.fromArray(F, z, zAt + Math.min(1, last) * row + Math.min(3, end) * column);
    var s2a = FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row);
    var s2b =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(1, end) * column);
    var s2c =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(2, end) * column);
    var s2d =
        FloatVector.fromArray(F, z, zAt + Math.min(2, last) * row + Math.min(3, end) * column);
    for (int i = 0; i < k; i += SUMS) {
      var u0 = FloatVector.fromArray(F, w, w0 + i);
      var u1 = FloatVector.fromArray(F, w, w1 + i);
      var u2 = FloatVector.fromArray(F, w, w2 + i);
      var va = FloatVector.fromArray(F, x, x0 + i);
      s0a = u0.fma(va, s0a);
      s1a = u1.fma(va, s1a);
      s2a = u2.fma(va, s2a);
      var vb = FloatVector.fromArray(F, x, x1 + i);
      s0b = u0.fma(vb, s0b);
      s1b = u1.fma(vb, s1b);
      s2b = u2.fma(vb, s2b);
      var vc = FloatVector.fromArray(F, x, x2 + i);
      s0c = u0.fma(vc, s0c);
      s1c = u1.fma(vc, s1c);
      s2c = u2.fma(vc, s2c);
      var vd = FloatVector.fromArray(F, x, x3 + i);
      s0d = u0.fma(vd, s0d);
      s1d = u1.fma(vd, s1d);
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
