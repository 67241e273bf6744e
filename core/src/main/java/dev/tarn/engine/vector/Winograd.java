package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The three transforms of F(4×4, 3×3) in one dimension (Lavin & Gray 2015, "Fast algorithms for
/// convolutional neural networks"), lanes over channels. Each is applied to columns, then to rows.
///
/// `n` is a multiple of [Lanes#V].
final class Winograd {
  private Winograd() {}

  /// Six cells to six transformed ones, `Bᵀ·d`: from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void input(
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

  /// Three taps to six, `G·g`: from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void weight(float[] a, int o0, int o1, int o2, float[] b, int at, int step, int n) {
    for (int c = 0; c < n; c += V) {
      var g0 = FloatVector.fromArray(F, a, o0 + c);
      var g1 = FloatVector.fromArray(F, a, o1 + c);
      var g2 = FloatVector.fromArray(F, a, o2 + c);
      var sum = g0.add(g2).mul(-1f / 6f);
      var middle = g1.mul(1f / 6f);
      var far = g0.mul(1f / 24f).add(g2.mul(1f / 6f));
      var half = g1.mul(1f / 12f);
      g0.mul(0.25f).intoArray(b, at + c);
      sum.sub(middle).intoArray(b, at + step + c);
      sum.add(middle).intoArray(b, at + 2 * step + c);
      far.add(half).intoArray(b, at + 3 * step + c);
      far.sub(half).intoArray(b, at + 4 * step + c);
      g2.intoArray(b, at + 5 * step + c);
    }
  }

  /// Six transformed products to four results, `Aᵀ·m`, plus a bias: from `a[at + i·step + c]` to
  /// `b[oᵢ + c]`.
  static void output(
      float[] a,
      int at,
      int step,
      float[] bias,
      int biasAt,
      float[] b,
      int o0,
      int o1,
      int o2,
      int o3,
      int n) {
    for (int c = 0; c < n; c += V) {
      var m1 = FloatVector.fromArray(F, a, at + step + c);
      var m2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var m3 = FloatVector.fromArray(F, a, at + 3 * step + c);
      var m4 = FloatVector.fromArray(F, a, at + 4 * step + c);
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var near = m1.add(m2);
      var nearOdd = m1.sub(m2);
      var far = m3.add(m4);
      var farOdd = m3.sub(m4);
      var first = FloatVector.fromArray(F, a, at + c).add(near).add(far);
      first.add(start).intoArray(b, o0 + c);
      nearOdd.add(farOdd.mul(2f)).add(start).intoArray(b, o1 + c);
      near.add(far.mul(4f)).add(start).intoArray(b, o2 + c);
      var last = FloatVector.fromArray(F, a, at + 5 * step + c);
      nearOdd.add(farOdd.mul(8f)).add(last).add(start).intoArray(b, o3 + c);
    }
  }
}
