package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;

/// The transforms of [WinogradForm]'s filters, `G·g`, and of its products, `Aᵀ·m`, in one
/// dimension, lanes over channels. Each is applied to columns, then to rows.
///
/// `n` is a multiple of [Lanes#V].
final class WinogradTaps {
  private WinogradTaps() {}

  /// Three taps to six, from `a[oᵢ + c]` to `b[at + i·step + c]`.
  static void threeToSix(float[] a, int o0, int o1, int o2, float[] b, int at, int step, int n) {
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
  static void threeToFour(float[] a, int o0, int o1, int o2, float[] b, int at, int step, int n) {
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
  static void fiveToSix(
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
}
