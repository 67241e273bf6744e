package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms of F(2×2, 5×5) that gradients need, lanes over channels: with `y = Aᵀ[(G g) ⊙ (Bᵀ
/// d)]` they are `Bᵀ`, `A`, `Gᵀ` and `B`, at the points 0, ±1, ±2, ∞.
///
/// `n`, a multiple of [Lanes#V], is the number of channels. Those in one dimension read numbers
/// that stand `step` apart from `a[at]` on, and write to `b[to]`, `toStep` apart. Every method is
/// one loop without calls, so that the JIT keeps all in registers.
final class WinogradAdjoint {
  private WinogradAdjoint() {}

  /// One row of `Bᵀ d B`, from row `i` of `Bᵀ` and all of `B`: six points of every tile of a
  /// sample, of one vector of channels. A row at a time, because all 36 points of some tiles take
  /// more than the first-level cache; all tiles in one loop, because the JIT makes short loops
  /// dear.
  ///
  /// @param tileAt where the tiles of 6×6 cells begin
  /// @param line from one row of cells to the next
  /// @param n from one cell to the next, and from one tile's point to the next tile's
  static void cells(
      float[] a, int at, int[] tileAt, int line, int i, float[] b, int to, int step, int n) {
    boolean ends = i % 5 == 0;
    int p0 = at + line * (ends ? i / 5 : 1);
    int q0 = at + line * (ends ? 2 + i / 5 : 2);
    int r0 = at + line * (ends ? 4 + i / 5 : 3);
    int s0 = ends ? r0 : at + line * 4;
    float fp = ends ? 4f : i == 1 ? -4f : i == 2 ? 4f : i == 3 ? -2f : 2f;
    float fq = ends ? -5f : i < 3 ? -4f : -1f;
    float fr = ends ? 0f : i == 1 ? 1f : i == 2 ? -1f : i == 3 ? 2f : -2f;
    float fs = 1f;
    for (int k = 0; k < tileAt.length; k++) {
      int p = p0 + tileAt[k];
      int q = q0 + tileAt[k];
      int r = r0 + tileAt[k];
      int s = s0 + tileAt[k];
      int c = to + k * n;
      var d0 =
          FloatVector.fromArray(F, a, p)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q).mul(fq))
              .add(FloatVector.fromArray(F, a, r).mul(fr))
              .add(FloatVector.fromArray(F, a, s).mul(fs));
      var d1 =
          FloatVector.fromArray(F, a, p + n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q + n).mul(fq))
              .add(FloatVector.fromArray(F, a, r + n).mul(fr))
              .add(FloatVector.fromArray(F, a, s + n).mul(fs));
      var d2 =
          FloatVector.fromArray(F, a, p + 2 * n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q + 2 * n).mul(fq))
              .add(FloatVector.fromArray(F, a, r + 2 * n).mul(fr))
              .add(FloatVector.fromArray(F, a, s + 2 * n).mul(fs));
      var d3 =
          FloatVector.fromArray(F, a, p + 3 * n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q + 3 * n).mul(fq))
              .add(FloatVector.fromArray(F, a, r + 3 * n).mul(fr))
              .add(FloatVector.fromArray(F, a, s + 3 * n).mul(fs));
      var d4 =
          FloatVector.fromArray(F, a, p + 4 * n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q + 4 * n).mul(fq))
              .add(FloatVector.fromArray(F, a, r + 4 * n).mul(fr))
              .add(FloatVector.fromArray(F, a, s + 4 * n).mul(fs));
      var d5 =
          FloatVector.fromArray(F, a, p + 5 * n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, q + 5 * n).mul(fq))
              .add(FloatVector.fromArray(F, a, r + 5 * n).mul(fr))
              .add(FloatVector.fromArray(F, a, s + 5 * n).mul(fs));
      var even = d4.sub(d2.mul(4f));
      var odd = d3.sub(d1.mul(4f));
      var near = d4.sub(d2);
      var twice = d3.sub(d1).mul(2f);
      d0.mul(4f).sub(d2.mul(5f)).add(d4).intoArray(b, c);
      even.add(odd).intoArray(b, c + step);
      even.sub(odd).intoArray(b, c + 2 * step);
      near.add(twice).intoArray(b, c + 3 * step);
      near.sub(twice).intoArray(b, c + 4 * step);
      d1.mul(4f).sub(d3.mul(5f)).add(d5).intoArray(b, c + 5 * step);
    }
  }

  /// One row of `A y Aᵀ`: six points of a tile of 2×2 results likewise.
  static void results(
      float[] a, int at, int[] tileAt, int line, int i, float[] b, int to, int step, int n) {
    float fp = i == 5 ? 0f : 1f;
    float fq = i == 0 ? 0f : i == 1 || i == 5 ? 1f : i == 2 ? -1f : i == 3 ? 2f : -2f;
    for (int k = 0; k < tileAt.length; k++) {
      int y = at + tileAt[k];
      int c = to + k * n;
      var y0 =
          FloatVector.fromArray(F, a, y).mul(fp).add(FloatVector.fromArray(F, a, y + line).mul(fq));
      var y1 =
          FloatVector.fromArray(F, a, y + n)
              .mul(fp)
              .add(FloatVector.fromArray(F, a, y + line + n).mul(fq));
      var twice = y1.mul(2f);
      y0.intoArray(b, c);
      y0.add(y1).intoArray(b, c + step);
      y0.sub(y1).intoArray(b, c + 2 * step);
      y0.add(twice).intoArray(b, c + 3 * step);
      y0.sub(twice).intoArray(b, c + 4 * step);
      y1.intoArray(b, c + 5 * step);
    }
  }

  /// `G`: five taps to six points.
  static void taps(float[] a, int at, int step, float[] b, int to, int toStep, int n) {
    for (int c = 0; c < n; c += V) {
      var g0 = FloatVector.fromArray(F, a, at + c);
      var g1 = FloatVector.fromArray(F, a, at + step + c);
      var g2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var g3 = FloatVector.fromArray(F, a, at + 3 * step + c);
      var g4 = FloatVector.fromArray(F, a, at + 4 * step + c);
      var sum = g0.add(g2).add(g4).mul(-1f / 6f);
      var middle = g1.add(g3).mul(1f / 6f);
      var far = g0.mul(1f / 24f).add(g2.mul(1f / 6f)).add(g4.mul(2f / 3f));
      var half = g1.mul(1f / 12f).add(g3.mul(1f / 3f));
      g0.mul(0.25f).intoArray(b, to + c);
      sum.sub(middle).intoArray(b, to + toStep + c);
      sum.add(middle).intoArray(b, to + 2 * toStep + c);
      far.add(half).intoArray(b, to + 3 * toStep + c);
      far.sub(half).intoArray(b, to + 4 * toStep + c);
      g4.intoArray(b, to + 5 * toStep + c);
    }
  }

  /// `Gᵀ`: the gradients of six points to those of five taps.
  static void gradTaps(float[] a, int at, int step, float[] b, int to, int toStep, int n) {
    for (int c = 0; c < n; c += V) {
      var u0 = FloatVector.fromArray(F, a, at + c);
      var u1 = FloatVector.fromArray(F, a, at + step + c);
      var u2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var u3 = FloatVector.fromArray(F, a, at + 3 * step + c);
      var u4 = FloatVector.fromArray(F, a, at + 4 * step + c);
      var u5 = FloatVector.fromArray(F, a, at + 5 * step + c);
      var near = u1.add(u2).mul(1f / 6f);
      var nearOdd = u2.sub(u1).mul(1f / 6f);
      var far = u3.add(u4);
      var farOdd = u3.sub(u4);
      u0.mul(0.25f).sub(near).add(far.mul(1f / 24f)).intoArray(b, to + c);
      nearOdd.add(farOdd.mul(1f / 12f)).intoArray(b, to + toStep + c);
      far.mul(1f / 6f).sub(near).intoArray(b, to + 2 * toStep + c);
      nearOdd.add(farOdd.mul(1f / 3f)).intoArray(b, to + 3 * toStep + c);
      far.mul(2f / 3f).sub(near).add(u5).intoArray(b, to + 4 * toStep + c);
    }
  }

  /// `B`: the gradients of six points to those of six cells.
  static void gradCells(float[] a, int at, int step, float[] b, int to, int toStep, int n) {
    for (int c = 0; c < n; c += V) {
      var v0 = FloatVector.fromArray(F, a, at + c);
      var v1 = FloatVector.fromArray(F, a, at + step + c);
      var v2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var v3 = FloatVector.fromArray(F, a, at + 3 * step + c);
      var v4 = FloatVector.fromArray(F, a, at + 4 * step + c);
      var v5 = FloatVector.fromArray(F, a, at + 5 * step + c);
      var near = v1.add(v2);
      var nearOdd = v1.sub(v2);
      var far = v3.add(v4);
      var farOdd = v3.sub(v4).mul(2f);
      v0.mul(4f).intoArray(b, to + c);
      v5.sub(nearOdd).mul(4f).sub(farOdd).intoArray(b, to + toStep + c);
      v0.mul(-5f).sub(near.mul(4f)).sub(far).intoArray(b, to + 2 * toStep + c);
      nearOdd.add(farOdd).sub(v5.mul(5f)).intoArray(b, to + 3 * toStep + c);
      v0.add(near).add(far).intoArray(b, to + 4 * toStep + c);
      v5.intoArray(b, to + 5 * toStep + c);
    }
  }

  /// `b += a`, `n` numbers.
  static void add(float[] a, int at, float[] b, int to, int n) {
    for (int c = 0; c < n; c += V) {
      FloatVector.fromArray(F, b, to + c)
          .add(FloatVector.fromArray(F, a, at + c))
          .intoArray(b, to + c);
    }
  }
}
