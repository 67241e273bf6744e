package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.BlockTile.HEIGHT;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms `Bᵀ·d·B` of [WinogradForm]'s tiles of cells, lanes over channels, into the blocks
/// that [BlockTile] reads.
///
/// A tile's cells stand at `a[at + y·line + x·cell + c]` for `n` channels, a multiple of [Lanes#V].
/// The transformed ones of the first vector go to `b[to + e·POINT]`, those of the next vector a
/// block further.
///
/// Of six rows one or two are transformed at a time, columns first, because all 36 numbers would
/// not stay in registers. Every method is one loop without calls: the JIT does not inline what it
/// has compiled already, and then puts each vector on the heap.
final class WinogradInput {
  /// From one point of a block to the next.
  static final int POINT = HEIGHT * V;

  /// From one block of 36 points to the next. The blocks of one point begin just behind each other
  /// in the sets of the first-level cache (every 4 KiB), so that they do not push each other out.
  static final int BLOCK_OF_SIX = block(36);

  /// From one block of 16 points to the next.
  static final int BLOCK_OF_FOUR = block(16);

  private WinogradInput() {}

  private static int block(int points) {
    return points * POINT + Math.floorMod(POINT - points * POINT, 1024);
  }

  /// Transforms a tile of 6×6 cells.
  static void six(float[] a, int at, int line, int cell, float[] b, int to, int n) {
    single(a, at, line, cell, b, to, n);
    pair(a, at + line, line, cell, 4f, 1f, b, to + 6 * POINT, n);
    pair(a, at + line, line, cell, 1f, 2f, b, to + 18 * POINT, n);
    single(a, at + line, line, cell, b, to + 30 * POINT, n);
  }

  /// The first row of transformed cells, or from a line further the last.
  private static void single(float[] a, int at, int line, int cell, float[] b, int first, int n) {
    int to = first;
    for (int c = 0; c < n; c += V) {
      var d0 =
          FloatVector.fromArray(F, a, at + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + c));
      var d1 =
          FloatVector.fromArray(F, a, at + cell + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + cell + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + cell + c));
      var d2 =
          FloatVector.fromArray(F, a, at + 2 * cell + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + 2 * cell + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + 2 * cell + c));
      var d3 =
          FloatVector.fromArray(F, a, at + 3 * cell + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + 3 * cell + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + 3 * cell + c));
      var d4 =
          FloatVector.fromArray(F, a, at + 4 * cell + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + 4 * cell + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + 4 * cell + c));
      var d5 =
          FloatVector.fromArray(F, a, at + 5 * cell + c)
              .mul(4f)
              .sub(FloatVector.fromArray(F, a, at + 2 * line + 5 * cell + c).mul(5f))
              .add(FloatVector.fromArray(F, a, at + 4 * line + 5 * cell + c));
      var even = d4.sub(d2.mul(4f));
      var odd = d3.sub(d1.mul(4f));
      var near = d4.sub(d2);
      var twice = d3.sub(d1).mul(2f);
      d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(b, to);
      even.add(odd).intoArray(b, to + 1 * POINT);
      even.sub(odd).intoArray(b, to + 2 * POINT);
      near.add(twice).intoArray(b, to + 3 * POINT);
      near.sub(twice).intoArray(b, to + 4 * POINT);
      d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(b, to + 5 * POINT);
      to += BLOCK_OF_SIX;
    }
  }

  /// The second and third row, or with other factors the fourth and fifth.
  private static void pair(
      float[] a,
      int at,
      int line,
      int cell,
      float factor,
      float scale,
      float[] b,
      int first,
      int n) {
    int to = first;
    for (int c = 0; c < n; c += V) {
      var e0 =
          FloatVector.fromArray(F, a, at + 3 * line + c)
              .sub(FloatVector.fromArray(F, a, at + line + c).mul(factor));
      var o0 =
          FloatVector.fromArray(F, a, at + 2 * line + c)
              .sub(FloatVector.fromArray(F, a, at + c).mul(factor))
              .mul(scale);
      var e1 =
          FloatVector.fromArray(F, a, at + 3 * line + cell + c)
              .sub(FloatVector.fromArray(F, a, at + line + cell + c).mul(factor));
      var o1 =
          FloatVector.fromArray(F, a, at + 2 * line + cell + c)
              .sub(FloatVector.fromArray(F, a, at + cell + c).mul(factor))
              .mul(scale);
      var e2 =
          FloatVector.fromArray(F, a, at + 3 * line + 2 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + line + 2 * cell + c).mul(factor));
      var o2 =
          FloatVector.fromArray(F, a, at + 2 * line + 2 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + 2 * cell + c).mul(factor))
              .mul(scale);
      var e3 =
          FloatVector.fromArray(F, a, at + 3 * line + 3 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + line + 3 * cell + c).mul(factor));
      var o3 =
          FloatVector.fromArray(F, a, at + 2 * line + 3 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + 3 * cell + c).mul(factor))
              .mul(scale);
      var e4 =
          FloatVector.fromArray(F, a, at + 3 * line + 4 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + line + 4 * cell + c).mul(factor));
      var o4 =
          FloatVector.fromArray(F, a, at + 2 * line + 4 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + 4 * cell + c).mul(factor))
              .mul(scale);
      var e5 =
          FloatVector.fromArray(F, a, at + 3 * line + 5 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + line + 5 * cell + c).mul(factor));
      var o5 =
          FloatVector.fromArray(F, a, at + 2 * line + 5 * cell + c)
              .sub(FloatVector.fromArray(F, a, at + 5 * cell + c).mul(factor))
              .mul(scale);
      var p0 = e0.add(o0);
      var p1 = e1.add(o1);
      var p2 = e2.add(o2);
      var p3 = e3.add(o3);
      var p4 = e4.add(o4);
      var p5 = e5.add(o5);
      var even = p4.sub(p2.mul(4f));
      var odd = p3.sub(p1.mul(4f));
      var near = p4.sub(p2);
      var twice = p3.sub(p1).mul(2f);
      p0.mul(4f).sub(p2.mul(5f)).add(p4).intoArray(b, to);
      even.add(odd).intoArray(b, to + 1 * POINT);
      even.sub(odd).intoArray(b, to + 2 * POINT);
      near.add(twice).intoArray(b, to + 3 * POINT);
      near.sub(twice).intoArray(b, to + 4 * POINT);
      p1.mul(4f).sub(p3.mul(5f)).add(p5).intoArray(b, to + 5 * POINT);
      var m0 = e0.sub(o0);
      var m1 = e1.sub(o1);
      var m2 = e2.sub(o2);
      var m3 = e3.sub(o3);
      var m4 = e4.sub(o4);
      var m5 = e5.sub(o5);
      even = m4.sub(m2.mul(4f));
      odd = m3.sub(m1.mul(4f));
      near = m4.sub(m2);
      twice = m3.sub(m1).mul(2f);
      m0.mul(4f).sub(m2.mul(5f)).add(m4).intoArray(b, to + 6 * POINT);
      even.add(odd).intoArray(b, to + 7 * POINT);
      even.sub(odd).intoArray(b, to + 8 * POINT);
      near.add(twice).intoArray(b, to + 9 * POINT);
      near.sub(twice).intoArray(b, to + 10 * POINT);
      m1.mul(4f).sub(m3.mul(5f)).add(m5).intoArray(b, to + 11 * POINT);
      to += BLOCK_OF_SIX;
    }
  }

  /// Transforms a tile of 4×4 cells.
  static void four(float[] a, int at, int line, int cell, float[] b, int first, int n) {
    int to = first;
    for (int c = 0; c < n; c += V) {
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
      t10.add(t20).intoArray(b, to + 1 * POINT);
      t20.sub(t10).intoArray(b, to + 2 * POINT);
      t10.sub(t30).intoArray(b, to + 3 * POINT);
      var t01 = d10.add(d20);
      var t11 = d11.add(d21);
      var t21 = d12.add(d22);
      var t31 = d13.add(d23);
      t01.sub(t21).intoArray(b, to + 4 * POINT);
      t11.add(t21).intoArray(b, to + 5 * POINT);
      t21.sub(t11).intoArray(b, to + 6 * POINT);
      t11.sub(t31).intoArray(b, to + 7 * POINT);
      var t02 = d20.sub(d10);
      var t12 = d21.sub(d11);
      var t22 = d22.sub(d12);
      var t32 = d23.sub(d13);
      t02.sub(t22).intoArray(b, to + 8 * POINT);
      t12.add(t22).intoArray(b, to + 9 * POINT);
      t22.sub(t12).intoArray(b, to + 10 * POINT);
      t12.sub(t32).intoArray(b, to + 11 * POINT);
      var t03 = d10.sub(d30);
      var t13 = d11.sub(d31);
      var t23 = d12.sub(d32);
      var t33 = d13.sub(d33);
      t03.sub(t23).intoArray(b, to + 12 * POINT);
      t13.add(t23).intoArray(b, to + 13 * POINT);
      t23.sub(t13).intoArray(b, to + 14 * POINT);
      t13.sub(t33).intoArray(b, to + 15 * POINT);
      to += BLOCK_OF_FOUR;
    }
  }
}
