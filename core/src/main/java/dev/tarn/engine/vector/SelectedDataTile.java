package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// Adds the rows of taps of the filters that selected a cell to the gradient under them: the tiles
/// of [SelectedData].
///
/// One method for each number of vectors, and of rows of seven, because the JIT keeps local
/// variables in registers, but not the elements of an array of vectors, and merges bounds checks
/// only of vectors at constant distances.
final class SelectedDataTile {
  private SelectedDataTile() {}

  /// Adds, for the filters that `bits` names, three rows of seven vectors, `next` behind each
  /// other, to three rows of the result. The last vector begins `last` behind the first, so that it
  /// ends with the row. All vectors of a row are read before any is written, so what two of them
  /// have in common is added once.
  static void sevenThrice(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      int next,
      float[] to,
      int at,
      int line) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var t0 = s0;
    var t1 = s0;
    var t2 = s0;
    var t3 = s0;
    var t4 = s0;
    var t5 = s0;
    var t6 = s0;
    var u0 = s0;
    var u1 = s0;
    var u2 = s0;
    var u3 = s0;
    var u4 = s0;
    var u5 = s0;
    var u6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
      int q = p + next;
      t0 = g.fma(FloatVector.fromArray(F, w, q), t0);
      t1 = g.fma(FloatVector.fromArray(F, w, q + V), t1);
      t2 = g.fma(FloatVector.fromArray(F, w, q + 2 * V), t2);
      t3 = g.fma(FloatVector.fromArray(F, w, q + 3 * V), t3);
      t4 = g.fma(FloatVector.fromArray(F, w, q + 4 * V), t4);
      t5 = g.fma(FloatVector.fromArray(F, w, q + 5 * V), t5);
      t6 = g.fma(FloatVector.fromArray(F, w, q + last), t6);
      int r = q + next;
      u0 = g.fma(FloatVector.fromArray(F, w, r), u0);
      u1 = g.fma(FloatVector.fromArray(F, w, r + V), u1);
      u2 = g.fma(FloatVector.fromArray(F, w, r + 2 * V), u2);
      u3 = g.fma(FloatVector.fromArray(F, w, r + 3 * V), u3);
      u4 = g.fma(FloatVector.fromArray(F, w, r + 4 * V), u4);
      u5 = g.fma(FloatVector.fromArray(F, w, r + 5 * V), u5);
      u6 = g.fma(FloatVector.fromArray(F, w, r + last), u6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
    int under = at + line;
    t0 = t0.add(FloatVector.fromArray(F, to, under));
    t1 = t1.add(FloatVector.fromArray(F, to, under + V));
    t2 = t2.add(FloatVector.fromArray(F, to, under + 2 * V));
    t3 = t3.add(FloatVector.fromArray(F, to, under + 3 * V));
    t4 = t4.add(FloatVector.fromArray(F, to, under + 4 * V));
    t5 = t5.add(FloatVector.fromArray(F, to, under + 5 * V));
    t6 = t6.add(FloatVector.fromArray(F, to, under + last));
    t0.intoArray(to, under);
    t1.intoArray(to, under + V);
    t2.intoArray(to, under + 2 * V);
    t3.intoArray(to, under + 3 * V);
    t4.intoArray(to, under + 4 * V);
    t5.intoArray(to, under + 5 * V);
    t6.intoArray(to, under + last);
    int below = under + line;
    u0 = u0.add(FloatVector.fromArray(F, to, below));
    u1 = u1.add(FloatVector.fromArray(F, to, below + V));
    u2 = u2.add(FloatVector.fromArray(F, to, below + 2 * V));
    u3 = u3.add(FloatVector.fromArray(F, to, below + 3 * V));
    u4 = u4.add(FloatVector.fromArray(F, to, below + 4 * V));
    u5 = u5.add(FloatVector.fromArray(F, to, below + 5 * V));
    u6 = u6.add(FloatVector.fromArray(F, to, below + last));
    u0.intoArray(to, below);
    u1.intoArray(to, below + V);
    u2.intoArray(to, below + 2 * V);
    u3.intoArray(to, below + 3 * V);
    u4.intoArray(to, below + 4 * V);
    u5.intoArray(to, below + 5 * V);
    u6.intoArray(to, below + last);
  }

  /// The same with two rows.
  static void sevenTwice(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      int next,
      float[] to,
      int at,
      int line) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var t0 = s0;
    var t1 = s0;
    var t2 = s0;
    var t3 = s0;
    var t4 = s0;
    var t5 = s0;
    var t6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
      int q = p + next;
      t0 = g.fma(FloatVector.fromArray(F, w, q), t0);
      t1 = g.fma(FloatVector.fromArray(F, w, q + V), t1);
      t2 = g.fma(FloatVector.fromArray(F, w, q + 2 * V), t2);
      t3 = g.fma(FloatVector.fromArray(F, w, q + 3 * V), t3);
      t4 = g.fma(FloatVector.fromArray(F, w, q + 4 * V), t4);
      t5 = g.fma(FloatVector.fromArray(F, w, q + 5 * V), t5);
      t6 = g.fma(FloatVector.fromArray(F, w, q + last), t6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
    int under = at + line;
    t0 = t0.add(FloatVector.fromArray(F, to, under));
    t1 = t1.add(FloatVector.fromArray(F, to, under + V));
    t2 = t2.add(FloatVector.fromArray(F, to, under + 2 * V));
    t3 = t3.add(FloatVector.fromArray(F, to, under + 3 * V));
    t4 = t4.add(FloatVector.fromArray(F, to, under + 4 * V));
    t5 = t5.add(FloatVector.fromArray(F, to, under + 5 * V));
    t6 = t6.add(FloatVector.fromArray(F, to, under + last));
    t0.intoArray(to, under);
    t1.intoArray(to, under + V);
    t2.intoArray(to, under + 2 * V);
    t3.intoArray(to, under + 3 * V);
    t4.intoArray(to, under + 4 * V);
    t5.intoArray(to, under + 5 * V);
    t6.intoArray(to, under + last);
  }

  /// The same with one row.
  static void seven(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
  }

  /// The same with six vectors.
  static void six(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + last), s5);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + last);
  }

  /// The same with five vectors.
  static void five(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + last), s4);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + last);
  }

  /// The same with four vectors or fewer, the last of which are the same.
  static void four(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    int o1 = Math.min(V, last);
    int o2 = Math.min(2 * V, last);
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + o1), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + o2), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + last), s3);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + o1));
    s2 = s2.add(FloatVector.fromArray(F, to, at + o2));
    s3 = s3.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + o1);
    s2.intoArray(to, at + o2);
    s3.intoArray(to, at + last);
  }
}
