package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms of [WinogradForm]'s filters, `G·g`, and of its products, `Aᵀ·m`, in one
/// dimension, lanes over channels. Each is applied to columns, then to rows.
///
/// `n` is a multiple of [Lanes#V].
final class Winograd {
  private Winograd() {}

  /// Three taps to six, from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void weight3to6(float[] a, int o0, int o1, int o2, float[] b, int at, int step, int n) {
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

  /// Three taps to four.
  static void weight3to4(float[] a, int o0, int o1, int o2, float[] b, int at, int step, int n) {
    for (int c = 0; c < n; c += V) {
      var g0 = FloatVector.fromArray(F, a, o0 + c);
      var g2 = FloatVector.fromArray(F, a, o2 + c);
      var sum = g0.add(g2).mul(0.5f);
      var middle = FloatVector.fromArray(F, a, o1 + c).mul(0.5f);
      g0.intoArray(b, at + c);
      sum.add(middle).intoArray(b, at + step + c);
      sum.sub(middle).intoArray(b, at + 2 * step + c);
      g2.intoArray(b, at + 3 * step + c);
    }
  }

  /// Five taps to six.
  static void weight5to6(
      float[] a, int o0, int o1, int o2, int o3, int o4, float[] b, int at, int step, int n) {
    for (int c = 0; c < n; c += V) {
      var g0 = FloatVector.fromArray(F, a, o0 + c);
      var g1 = FloatVector.fromArray(F, a, o1 + c);
      var g2 = FloatVector.fromArray(F, a, o2 + c);
      var g3 = FloatVector.fromArray(F, a, o3 + c);
      var g4 = FloatVector.fromArray(F, a, o4 + c);
      var sum = g0.add(g2).add(g4).mul(-1f / 6f);
      var middle = g1.add(g3).mul(1f / 6f);
      var far = g0.mul(1f / 24f).add(g2.mul(1f / 6f)).add(g4.mul(2f / 3f));
      var half = g1.mul(1f / 12f).add(g3.mul(1f / 3f));
      g0.mul(0.25f).intoArray(b, at + c);
      sum.sub(middle).intoArray(b, at + step + c);
      sum.add(middle).intoArray(b, at + 2 * step + c);
      far.add(half).intoArray(b, at + 3 * step + c);
      far.sub(half).intoArray(b, at + 4 * step + c);
      g4.intoArray(b, at + 5 * step + c);
    }
  }

  /// Six products to four results, plus a bias: from `a[at + i·step + c]` to `b[oᵢ + c]`.
  static void output6to4(
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

  /// Six products to two results.
  static void output6to2(
      float[] a, int at, int step, float[] bias, int biasAt, float[] b, int o0, int o1, int n) {
    for (int c = 0; c < n; c += V) {
      var m1 = FloatVector.fromArray(F, a, at + step + c);
      var m2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var m3 = FloatVector.fromArray(F, a, at + 3 * step + c);
      var m4 = FloatVector.fromArray(F, a, at + 4 * step + c);
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var first = FloatVector.fromArray(F, a, at + c).add(m1.add(m2)).add(m3.add(m4));
      first.add(start).intoArray(b, o0 + c);
      var last = FloatVector.fromArray(F, a, at + 5 * step + c);
      m1.sub(m2).add(m3.sub(m4).mul(2f)).add(last).add(start).intoArray(b, o1 + c);
    }
  }

  /// Four products to two results.
  static void output4to2(
      float[] a, int at, int step, float[] bias, int biasAt, float[] b, int o0, int o1, int n) {
    for (int c = 0; c < n; c += V) {
      var m1 = FloatVector.fromArray(F, a, at + step + c);
      var m2 = FloatVector.fromArray(F, a, at + 2 * step + c);
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var first = FloatVector.fromArray(F, a, at + c).add(m1).add(m2);
      first.add(start).intoArray(b, o0 + c);
      var last = FloatVector.fromArray(F, a, at + 3 * step + c);
      m1.sub(m2).sub(last).add(start).intoArray(b, o1 + c);
    }
  }
}
