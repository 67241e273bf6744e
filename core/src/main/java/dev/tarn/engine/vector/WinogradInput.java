package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms `Bᵀ·d` of [WinogradForm]'s tiles of cells, in one dimension, lanes over channels.
/// Each is applied to the columns of a tile and then to its rows.
///
/// `n` is a multiple of [Lanes#V]. Columns come from anywhere (a cell outside of the source from
/// zeros) and go to rows of channels; rows go to the blocks that [BlockTile] reads. Both are
/// written out, for the JIT takes bounds checks out of a loop only where distances are constants.
final class WinogradInput {
  private WinogradInput() {}

  /// Six cells to six, from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void columns6(
      float[] a,
      int o0,
      int o1,
      int o2,
      int o3,
      int o4,
      int o5,
      float[] b,
      int at,
      int step,
      int n) {
    for (int c = 0; c < n; c += V) {
      var d0 = FloatVector.fromArray(F, a, o0 + c);
      var d1 = FloatVector.fromArray(F, a, o1 + c);
      var d2 = FloatVector.fromArray(F, a, o2 + c);
      var d3 = FloatVector.fromArray(F, a, o3 + c);
      var d4 = FloatVector.fromArray(F, a, o4 + c);
      var d5 = FloatVector.fromArray(F, a, o5 + c);
      var even = d4.sub(d2.mul(4f));
      var odd = d3.sub(d1.mul(4f));
      var near = d4.sub(d2);
      var twice = d3.sub(d1).mul(2f);
      d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(b, at + c);
      even.add(odd).intoArray(b, at + step + c);
      even.sub(odd).intoArray(b, at + 2 * step + c);
      near.add(twice).intoArray(b, at + 3 * step + c);
      near.sub(twice).intoArray(b, at + 4 * step + c);
      d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(b, at + 5 * step + c);
    }
  }

  /// The same, to `b[at + i·step]` and on in blocks.
  static void rows6(
      float[] a,
      int o0,
      int o1,
      int o2,
      int o3,
      int o4,
      int o5,
      float[] b,
      int at,
      int step,
      int n) {
    for (int c = 0; c < n; c += V) {
      var d0 = FloatVector.fromArray(F, a, o0 + c);
      var d1 = FloatVector.fromArray(F, a, o1 + c);
      var d2 = FloatVector.fromArray(F, a, o2 + c);
      var d3 = FloatVector.fromArray(F, a, o3 + c);
      var d4 = FloatVector.fromArray(F, a, o4 + c);
      var d5 = FloatVector.fromArray(F, a, o5 + c);
      var even = d4.sub(d2.mul(4f));
      var odd = d3.sub(d1.mul(4f));
      var near = d4.sub(d2);
      var twice = d3.sub(d1).mul(2f);
      d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(b, at + c * ROWS);
      even.add(odd).intoArray(b, at + step + c * ROWS);
      even.sub(odd).intoArray(b, at + 2 * step + c * ROWS);
      near.add(twice).intoArray(b, at + 3 * step + c * ROWS);
      near.sub(twice).intoArray(b, at + 4 * step + c * ROWS);
      d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(b, at + 5 * step + c * ROWS);
    }
  }

  /// Four cells to four, from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void columns4(
      float[] a, int o0, int o1, int o2, int o3, float[] b, int at, int step, int n) {
    for (int c = 0; c < n; c += V) {
      var d0 = FloatVector.fromArray(F, a, o0 + c);
      var d1 = FloatVector.fromArray(F, a, o1 + c);
      var d2 = FloatVector.fromArray(F, a, o2 + c);
      var d3 = FloatVector.fromArray(F, a, o3 + c);
      d0.sub(d2).intoArray(b, at + c);
      d1.add(d2).intoArray(b, at + step + c);
      d2.sub(d1).intoArray(b, at + 2 * step + c);
      d1.sub(d3).intoArray(b, at + 3 * step + c);
    }
  }

  /// The same, to `b[at + i·step]` and on in blocks.
  static void rows4(float[] a, int o0, int o1, int o2, int o3, float[] b, int at, int step, int n) {
    for (int c = 0; c < n; c += V) {
      var d0 = FloatVector.fromArray(F, a, o0 + c);
      var d1 = FloatVector.fromArray(F, a, o1 + c);
      var d2 = FloatVector.fromArray(F, a, o2 + c);
      var d3 = FloatVector.fromArray(F, a, o3 + c);
      d0.sub(d2).intoArray(b, at + c * ROWS);
      d1.add(d2).intoArray(b, at + step + c * ROWS);
      d2.sub(d1).intoArray(b, at + 2 * step + c * ROWS);
      d1.sub(d3).intoArray(b, at + 3 * step + c * ROWS);
    }
  }
}
