package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.BlockTile.HEIGHT;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms `Bᵀ·d·B` of [WinogradForm]'s tiles of cells, lanes over channels, into the blocks
/// that [BlockTile] reads.
///
/// A tile's cells stand at `a[at + y·line + x·cell + c]` for `n` channels, a multiple of [Lanes#V].
/// The transformed ones of the first vector go to `b[to + e·step]`, those of the next vector
/// [#POINT] further: what [BlockTile] reads for one point lies in one piece.
///
/// Of six rows one or four are transformed at a time, columns first, because all 36 numbers would
/// not stay in registers; four are 24 numbers, and the 32 registers of AVX-512 leave room for the
/// factors. Every method is one loop without calls: the JIT does not inline what it has compiled
/// already, and then puts each vector on the heap.
final class WinogradInput {
  /// From one vector of channels to the next.
  static final int POINT = HEIGHT * V;

  /// Floats of a cache line.
  private static final int LINE = 16;

  private WinogradInput() {}

  /// From one point to the next where a tile has so many channels: an odd number of cache lines, so
  /// that the points of a tile do not push each other out of the first-level cache.
  static int step(int channels) {
    int size = (channels + V - 1) / V * POINT;
    return ((size + LINE - 1) / LINE | 1) * LINE;
  }

  /// Transforms a tile of 6×6 cells.
  static void six(float[] a, int at, int line, int cell, float[] b, int to, int step, int n) {
    outer(a, at, line, cell, b, to, step, n);
    inner(a, at + line, line, cell, b, to + 6 * step, step, n);
    outer(a, at + line, line, cell, b, to + 30 * step, step, n);
  }

  /// The first row of transformed cells, or from a line further the last.
  private static void outer(
      float[] a, int at, int line, int cell, float[] b, int first, int step, int n) {
    var two = FloatVector.broadcast(F, 2f);
    var minusTwo = FloatVector.broadcast(F, -2f);
    var four = FloatVector.broadcast(F, 4f);
    var minusFour = FloatVector.broadcast(F, -4f);
    for (int c = 0; c < n; c += V) {
      int to = first + HEIGHT * c;
      var s0 = FloatVector.fromArray(F, a, at + 2 * line + c);
      var d0 =
          FloatVector.fromArray(F, a, at + c)
              .sub(s0)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + c).sub(s0));
      var s1 = FloatVector.fromArray(F, a, at + 2 * line + cell + c);
      var d1 =
          FloatVector.fromArray(F, a, at + cell + c)
              .sub(s1)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + cell + c).sub(s1));
      var s2 = FloatVector.fromArray(F, a, at + 2 * line + 2 * cell + c);
      var d2 =
          FloatVector.fromArray(F, a, at + 2 * cell + c)
              .sub(s2)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + 2 * cell + c).sub(s2));
      var s3 = FloatVector.fromArray(F, a, at + 2 * line + 3 * cell + c);
      var d3 =
          FloatVector.fromArray(F, a, at + 3 * cell + c)
              .sub(s3)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + 3 * cell + c).sub(s3));
      var s4 = FloatVector.fromArray(F, a, at + 2 * line + 4 * cell + c);
      var d4 =
          FloatVector.fromArray(F, a, at + 4 * cell + c)
              .sub(s4)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + 4 * cell + c).sub(s4));
      var s5 = FloatVector.fromArray(F, a, at + 2 * line + 5 * cell + c);
      var d5 =
          FloatVector.fromArray(F, a, at + 5 * cell + c)
              .sub(s5)
              .fma(four, FloatVector.fromArray(F, a, at + 4 * line + 5 * cell + c).sub(s5));
      var near = d4.sub(d2);
      var odd = d3.sub(d1);
      d0.sub(d2).fma(four, near).intoArray(b, to);
      odd.fma(two, near).intoArray(b, to + 3 * step);
      odd.fma(minusTwo, near).intoArray(b, to + 4 * step);
      odd.fma(minusFour, d5.sub(d3)).intoArray(b, to + 5 * step);
      near = d2.fma(minusFour, d4);
      odd = d1.fma(minusFour, d3);
      near.add(odd).intoArray(b, to + step);
      near.sub(odd).intoArray(b, to + 2 * step);
    }
  }

  /// The four rows between.
  private static void inner(
      float[] a, int at, int line, int cell, float[] b, int first, int step, int n) {
    var two = FloatVector.broadcast(F, 2f);
    var minusTwo = FloatVector.broadcast(F, -2f);
    var four = FloatVector.broadcast(F, 4f);
    var minusFour = FloatVector.broadcast(F, -4f);
    for (int c = 0; c < n; c += V) {
      int to = first + HEIGHT * c;
      var x0 = FloatVector.fromArray(F, a, at + c);
      var x1 = FloatVector.fromArray(F, a, at + line + c);
      var x2 = FloatVector.fromArray(F, a, at + 2 * line + c);
      var x3 = FloatVector.fromArray(F, a, at + 3 * line + c);
      var even = x1.fma(minusFour, x3);
      var far = x0.fma(minusFour, x2);
      var p0 = even.add(far);
      var q0 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r0 = far.fma(two, even);
      var t0 = far.fma(minusTwo, even);
      x0 = FloatVector.fromArray(F, a, at + cell + c);
      x1 = FloatVector.fromArray(F, a, at + line + cell + c);
      x2 = FloatVector.fromArray(F, a, at + 2 * line + cell + c);
      x3 = FloatVector.fromArray(F, a, at + 3 * line + cell + c);
      even = x1.fma(minusFour, x3);
      far = x0.fma(minusFour, x2);
      var p1 = even.add(far);
      var q1 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r1 = far.fma(two, even);
      var t1 = far.fma(minusTwo, even);
      x0 = FloatVector.fromArray(F, a, at + 2 * cell + c);
      x1 = FloatVector.fromArray(F, a, at + line + 2 * cell + c);
      x2 = FloatVector.fromArray(F, a, at + 2 * line + 2 * cell + c);
      x3 = FloatVector.fromArray(F, a, at + 3 * line + 2 * cell + c);
      even = x1.fma(minusFour, x3);
      far = x0.fma(minusFour, x2);
      var p2 = even.add(far);
      var q2 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r2 = far.fma(two, even);
      var t2 = far.fma(minusTwo, even);
      x0 = FloatVector.fromArray(F, a, at + 3 * cell + c);
      x1 = FloatVector.fromArray(F, a, at + line + 3 * cell + c);
      x2 = FloatVector.fromArray(F, a, at + 2 * line + 3 * cell + c);
      x3 = FloatVector.fromArray(F, a, at + 3 * line + 3 * cell + c);
      even = x1.fma(minusFour, x3);
      far = x0.fma(minusFour, x2);
      var p3 = even.add(far);
      var q3 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r3 = far.fma(two, even);
      var t3 = far.fma(minusTwo, even);
      x0 = FloatVector.fromArray(F, a, at + 4 * cell + c);
      x1 = FloatVector.fromArray(F, a, at + line + 4 * cell + c);
      x2 = FloatVector.fromArray(F, a, at + 2 * line + 4 * cell + c);
      x3 = FloatVector.fromArray(F, a, at + 3 * line + 4 * cell + c);
      even = x1.fma(minusFour, x3);
      far = x0.fma(minusFour, x2);
      var p4 = even.add(far);
      var q4 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r4 = far.fma(two, even);
      var t4 = far.fma(minusTwo, even);
      x0 = FloatVector.fromArray(F, a, at + 5 * cell + c);
      x1 = FloatVector.fromArray(F, a, at + line + 5 * cell + c);
      x2 = FloatVector.fromArray(F, a, at + 2 * line + 5 * cell + c);
      x3 = FloatVector.fromArray(F, a, at + 3 * line + 5 * cell + c);
      even = x1.fma(minusFour, x3);
      far = x0.fma(minusFour, x2);
      var p5 = even.add(far);
      var q5 = even.sub(far);
      even = x3.sub(x1);
      far = x2.sub(x0);
      var r5 = far.fma(two, even);
      var t5 = far.fma(minusTwo, even);
      var near = p4.sub(p2);
      var odd = p3.sub(p1);
      p0.sub(p2).fma(four, near).intoArray(b, to);
      odd.fma(two, near).intoArray(b, to + 3 * step);
      odd.fma(minusTwo, near).intoArray(b, to + 4 * step);
      odd.fma(minusFour, p5.sub(p3)).intoArray(b, to + 5 * step);
      near = p2.fma(minusFour, p4);
      odd = p1.fma(minusFour, p3);
      near.add(odd).intoArray(b, to + step);
      near.sub(odd).intoArray(b, to + 2 * step);
      near = q4.sub(q2);
      odd = q3.sub(q1);
      q0.sub(q2).fma(four, near).intoArray(b, to + 6 * step);
      odd.fma(two, near).intoArray(b, to + 9 * step);
      odd.fma(minusTwo, near).intoArray(b, to + 10 * step);
      odd.fma(minusFour, q5.sub(q3)).intoArray(b, to + 11 * step);
      near = q2.fma(minusFour, q4);
      odd = q1.fma(minusFour, q3);
      near.add(odd).intoArray(b, to + 7 * step);
      near.sub(odd).intoArray(b, to + 8 * step);
      near = r4.sub(r2);
      odd = r3.sub(r1);
      r0.sub(r2).fma(four, near).intoArray(b, to + 12 * step);
      odd.fma(two, near).intoArray(b, to + 15 * step);
      odd.fma(minusTwo, near).intoArray(b, to + 16 * step);
      odd.fma(minusFour, r5.sub(r3)).intoArray(b, to + 17 * step);
      near = r2.fma(minusFour, r4);
      odd = r1.fma(minusFour, r3);
      near.add(odd).intoArray(b, to + 13 * step);
      near.sub(odd).intoArray(b, to + 14 * step);
      near = t4.sub(t2);
      odd = t3.sub(t1);
      t0.sub(t2).fma(four, near).intoArray(b, to + 18 * step);
      odd.fma(two, near).intoArray(b, to + 21 * step);
      odd.fma(minusTwo, near).intoArray(b, to + 22 * step);
      odd.fma(minusFour, t5.sub(t3)).intoArray(b, to + 23 * step);
      near = t2.fma(minusFour, t4);
      odd = t1.fma(minusFour, t3);
      near.add(odd).intoArray(b, to + 19 * step);
      near.sub(odd).intoArray(b, to + 20 * step);
    }
  }

  /// Transforms a tile of 4×4 cells.
  static void four(float[] a, int at, int line, int cell, float[] b, int first, int step, int n) {
    for (int c = 0; c < n; c += V) {
      int to = first + HEIGHT * c;
      var d00 = FloatVector.fromArray(F, a, at + c);
      var d10 = FloatVector.fromArray(F, a, at + line + c);
      var d20 = FloatVector.fromArray(F, a, at + 2 * line + c);
      var d30 = FloatVector.fromArray(F, a, at + 3 * line + c);
      var d01 = FloatVector.fromArray(F, a, at + cell + c);
      var d11 = FloatVector.fromArray(F, a, at + line + cell + c);
      var d21 = FloatVector.fromArray(F, a, at + 2 * line + cell + c);
      var d31 = FloatVector.fromArray(F, a, at + 3 * line + cell + c);
      var d02 = FloatVector.fromArray(F, a, at + 2 * cell + c);
      var d12 = FloatVector.fromArray(F, a, at + line + 2 * cell + c);
      var d22 = FloatVector.fromArray(F, a, at + 2 * line + 2 * cell + c);
      var d32 = FloatVector.fromArray(F, a, at + 3 * line + 2 * cell + c);
      var d03 = FloatVector.fromArray(F, a, at + 3 * cell + c);
      var d13 = FloatVector.fromArray(F, a, at + line + 3 * cell + c);
      var d23 = FloatVector.fromArray(F, a, at + 2 * line + 3 * cell + c);
      var d33 = FloatVector.fromArray(F, a, at + 3 * line + 3 * cell + c);
      var t00 = d00.sub(d20);
      var t10 = d01.sub(d21);
      var t20 = d02.sub(d22);
      var t30 = d03.sub(d23);
      t00.sub(t20).intoArray(b, to);
      t10.add(t20).intoArray(b, to + step);
      t20.sub(t10).intoArray(b, to + 2 * step);
      t10.sub(t30).intoArray(b, to + 3 * step);
      var t01 = d10.add(d20);
      var t11 = d11.add(d21);
      var t21 = d12.add(d22);
      var t31 = d13.add(d23);
      t01.sub(t21).intoArray(b, to + 4 * step);
      t11.add(t21).intoArray(b, to + 5 * step);
      t21.sub(t11).intoArray(b, to + 6 * step);
      t11.sub(t31).intoArray(b, to + 7 * step);
      var t02 = d20.sub(d10);
      var t12 = d21.sub(d11);
      var t22 = d22.sub(d12);
      var t32 = d23.sub(d13);
      t02.sub(t22).intoArray(b, to + 8 * step);
      t12.add(t22).intoArray(b, to + 9 * step);
      t22.sub(t12).intoArray(b, to + 10 * step);
      t12.sub(t32).intoArray(b, to + 11 * step);
      var t03 = d10.sub(d30);
      var t13 = d11.sub(d31);
      var t23 = d12.sub(d32);
      var t33 = d13.sub(d33);
      t03.sub(t23).intoArray(b, to + 12 * step);
      t13.add(t23).intoArray(b, to + 13 * step);
      t23.sub(t13).intoArray(b, to + 14 * step);
      t13.sub(t33).intoArray(b, to + 15 * step);
    }
  }
}
