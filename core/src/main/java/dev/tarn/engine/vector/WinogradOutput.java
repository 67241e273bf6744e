package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The transforms `Aᵀ·m·A` of [WinogradForm]'s products back to results, plus a bias, lanes over
/// channels.
///
/// Product `e` of a tile stands at `m[at + e·CHANNELS + c]` for `n` channels, a multiple of
/// [Lanes#V]; its results go to `b[to + y·line + x·cell + c]`. Results up to `limit` become 0: 0
/// makes that a ReLU, NaN leaves all as they are. Every method is one loop without calls for the
/// reason given in [WinogradInput].
final class WinogradOutput {
  /// Channels of the result that are multiplied and transformed back at once.
  static final int CHANNELS = 2 * COLS;

  private WinogradOutput() {}

  /// Four by four results of 36 products.
  static void fourOfSix(
      float[] m,
      int at,
      float[] bias,
      int biasAt,
      float limit,
      float[] b,
      int to,
      int line,
      int cell,
      int n) {
    var two = FloatVector.broadcast(F, 2f);
    var four = FloatVector.broadcast(F, 4f);
    var eight = FloatVector.broadcast(F, 8f);
    for (int c = 0; c < n; c += V) {
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var x1 = FloatVector.fromArray(F, m, at + 6 * CHANNELS + c);
      var x2 = FloatVector.fromArray(F, m, at + 12 * CHANNELS + c);
      var x3 = FloatVector.fromArray(F, m, at + 18 * CHANNELS + c);
      var x4 = FloatVector.fromArray(F, m, at + 24 * CHANNELS + c);
      var near = x1.add(x2);
      var far = x3.add(x4);
      var p0 = FloatVector.fromArray(F, m, at + c).add(near).add(far);
      var r0 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q0 = far.fma(two, near);
      var t0 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 30 * CHANNELS + c));
      x1 = FloatVector.fromArray(F, m, at + 7 * CHANNELS + c);
      x2 = FloatVector.fromArray(F, m, at + 13 * CHANNELS + c);
      x3 = FloatVector.fromArray(F, m, at + 19 * CHANNELS + c);
      x4 = FloatVector.fromArray(F, m, at + 25 * CHANNELS + c);
      near = x1.add(x2);
      far = x3.add(x4);
      var p1 = FloatVector.fromArray(F, m, at + CHANNELS + c).add(near).add(far);
      var r1 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q1 = far.fma(two, near);
      var t1 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 31 * CHANNELS + c));
      x1 = FloatVector.fromArray(F, m, at + 8 * CHANNELS + c);
      x2 = FloatVector.fromArray(F, m, at + 14 * CHANNELS + c);
      x3 = FloatVector.fromArray(F, m, at + 20 * CHANNELS + c);
      x4 = FloatVector.fromArray(F, m, at + 26 * CHANNELS + c);
      near = x1.add(x2);
      far = x3.add(x4);
      var p2 = FloatVector.fromArray(F, m, at + 2 * CHANNELS + c).add(near).add(far);
      var r2 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q2 = far.fma(two, near);
      var t2 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 32 * CHANNELS + c));
      x1 = FloatVector.fromArray(F, m, at + 9 * CHANNELS + c);
      x2 = FloatVector.fromArray(F, m, at + 15 * CHANNELS + c);
      x3 = FloatVector.fromArray(F, m, at + 21 * CHANNELS + c);
      x4 = FloatVector.fromArray(F, m, at + 27 * CHANNELS + c);
      near = x1.add(x2);
      far = x3.add(x4);
      var p3 = FloatVector.fromArray(F, m, at + 3 * CHANNELS + c).add(near).add(far);
      var r3 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q3 = far.fma(two, near);
      var t3 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 33 * CHANNELS + c));
      x1 = FloatVector.fromArray(F, m, at + 10 * CHANNELS + c);
      x2 = FloatVector.fromArray(F, m, at + 16 * CHANNELS + c);
      x3 = FloatVector.fromArray(F, m, at + 22 * CHANNELS + c);
      x4 = FloatVector.fromArray(F, m, at + 28 * CHANNELS + c);
      near = x1.add(x2);
      far = x3.add(x4);
      var p4 = FloatVector.fromArray(F, m, at + 4 * CHANNELS + c).add(near).add(far);
      var r4 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q4 = far.fma(two, near);
      var t4 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 34 * CHANNELS + c));
      x1 = FloatVector.fromArray(F, m, at + 11 * CHANNELS + c);
      x2 = FloatVector.fromArray(F, m, at + 17 * CHANNELS + c);
      x3 = FloatVector.fromArray(F, m, at + 23 * CHANNELS + c);
      x4 = FloatVector.fromArray(F, m, at + 29 * CHANNELS + c);
      near = x1.add(x2);
      far = x3.add(x4);
      var p5 = FloatVector.fromArray(F, m, at + 5 * CHANNELS + c).add(near).add(far);
      var r5 = far.fma(four, near);
      near = x1.sub(x2);
      far = x3.sub(x4);
      var q5 = far.fma(two, near);
      var t5 = far.fma(eight, near).add(FloatVector.fromArray(F, m, at + 35 * CHANNELS + c));
      FloatVector v;
      near = p1.add(p2);
      far = p3.add(p4);
      v = p0.add(near).add(far).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + c);
      v = far.fma(four, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 2 * cell + c);
      near = p1.sub(p2);
      far = p3.sub(p4);
      v = far.fma(two, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + cell + c);
      v = far.fma(eight, near).add(p5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 3 * cell + c);
      near = q1.add(q2);
      far = q3.add(q4);
      v = q0.add(near).add(far).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + c);
      v = far.fma(four, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + 2 * cell + c);
      near = q1.sub(q2);
      far = q3.sub(q4);
      v = far.fma(two, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + cell + c);
      v = far.fma(eight, near).add(q5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + 3 * cell + c);
      near = r1.add(r2);
      far = r3.add(r4);
      v = r0.add(near).add(far).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 2 * line + c);
      v = far.fma(four, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 2 * line + 2 * cell + c);
      near = r1.sub(r2);
      far = r3.sub(r4);
      v = far.fma(two, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 2 * line + cell + c);
      v = far.fma(eight, near).add(r5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 2 * line + 3 * cell + c);
      near = t1.add(t2);
      far = t3.add(t4);
      v = t0.add(near).add(far).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 3 * line + c);
      v = far.fma(four, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 3 * line + 2 * cell + c);
      near = t1.sub(t2);
      far = t3.sub(t4);
      v = far.fma(two, near).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 3 * line + cell + c);
      v = far.fma(eight, near).add(t5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + 3 * line + 3 * cell + c);
    }
  }

  /// Two by two results of 36 products.
  static void twoOfSix(
      float[] m,
      int at,
      float[] bias,
      int biasAt,
      float limit,
      float[] b,
      int to,
      int line,
      int cell,
      int n) {
    for (int c = 0; c < n; c += V) {
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var a0 = FloatVector.fromArray(F, m, at + 6 * CHANNELS + c);
      var b0 = FloatVector.fromArray(F, m, at + 12 * CHANNELS + c);
      var e0 = FloatVector.fromArray(F, m, at + 18 * CHANNELS + c);
      var f0 = FloatVector.fromArray(F, m, at + 24 * CHANNELS + c);
      var p0 = FloatVector.fromArray(F, m, at + c).add(a0.add(b0)).add(e0.add(f0));
      var q0 =
          a0.sub(b0)
              .add(e0.sub(f0).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 30 * CHANNELS + c));
      var a1 = FloatVector.fromArray(F, m, at + 7 * CHANNELS + c);
      var b1 = FloatVector.fromArray(F, m, at + 13 * CHANNELS + c);
      var e1 = FloatVector.fromArray(F, m, at + 19 * CHANNELS + c);
      var f1 = FloatVector.fromArray(F, m, at + 25 * CHANNELS + c);
      var p1 = FloatVector.fromArray(F, m, at + 1 * CHANNELS + c).add(a1.add(b1)).add(e1.add(f1));
      var q1 =
          a1.sub(b1)
              .add(e1.sub(f1).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 31 * CHANNELS + c));
      var a2 = FloatVector.fromArray(F, m, at + 8 * CHANNELS + c);
      var b2 = FloatVector.fromArray(F, m, at + 14 * CHANNELS + c);
      var e2 = FloatVector.fromArray(F, m, at + 20 * CHANNELS + c);
      var f2 = FloatVector.fromArray(F, m, at + 26 * CHANNELS + c);
      var p2 = FloatVector.fromArray(F, m, at + 2 * CHANNELS + c).add(a2.add(b2)).add(e2.add(f2));
      var q2 =
          a2.sub(b2)
              .add(e2.sub(f2).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 32 * CHANNELS + c));
      var a3 = FloatVector.fromArray(F, m, at + 9 * CHANNELS + c);
      var b3 = FloatVector.fromArray(F, m, at + 15 * CHANNELS + c);
      var e3 = FloatVector.fromArray(F, m, at + 21 * CHANNELS + c);
      var f3 = FloatVector.fromArray(F, m, at + 27 * CHANNELS + c);
      var p3 = FloatVector.fromArray(F, m, at + 3 * CHANNELS + c).add(a3.add(b3)).add(e3.add(f3));
      var q3 =
          a3.sub(b3)
              .add(e3.sub(f3).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 33 * CHANNELS + c));
      var a4 = FloatVector.fromArray(F, m, at + 10 * CHANNELS + c);
      var b4 = FloatVector.fromArray(F, m, at + 16 * CHANNELS + c);
      var e4 = FloatVector.fromArray(F, m, at + 22 * CHANNELS + c);
      var f4 = FloatVector.fromArray(F, m, at + 28 * CHANNELS + c);
      var p4 = FloatVector.fromArray(F, m, at + 4 * CHANNELS + c).add(a4.add(b4)).add(e4.add(f4));
      var q4 =
          a4.sub(b4)
              .add(e4.sub(f4).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 34 * CHANNELS + c));
      var a5 = FloatVector.fromArray(F, m, at + 11 * CHANNELS + c);
      var b5 = FloatVector.fromArray(F, m, at + 17 * CHANNELS + c);
      var e5 = FloatVector.fromArray(F, m, at + 23 * CHANNELS + c);
      var f5 = FloatVector.fromArray(F, m, at + 29 * CHANNELS + c);
      var p5 = FloatVector.fromArray(F, m, at + 5 * CHANNELS + c).add(a5.add(b5)).add(e5.add(f5));
      var q5 =
          a5.sub(b5)
              .add(e5.sub(f5).mul(2f))
              .add(FloatVector.fromArray(F, m, at + 35 * CHANNELS + c));
      FloatVector v;
      v = p0.add(p1.add(p2)).add(p3.add(p4)).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + c);
      v = p1.sub(p2).add(p3.sub(p4).mul(2f)).add(p5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + cell + c);
      v = q0.add(q1.add(q2)).add(q3.add(q4)).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + c);
      v = q1.sub(q2).add(q3.sub(q4).mul(2f)).add(q5).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + cell + c);
    }
  }

  /// Two by two results of 16 products.
  static void twoOfFour(
      float[] m,
      int at,
      float[] bias,
      int biasAt,
      float limit,
      float[] b,
      int to,
      int line,
      int cell,
      int n) {
    for (int c = 0; c < n; c += V) {
      var start = FloatVector.fromArray(F, bias, biasAt + c);
      var a0 = FloatVector.fromArray(F, m, at + 4 * CHANNELS + c);
      var b0 = FloatVector.fromArray(F, m, at + 8 * CHANNELS + c);
      var p0 = FloatVector.fromArray(F, m, at + c).add(a0).add(b0);
      var q0 = a0.sub(b0).sub(FloatVector.fromArray(F, m, at + 12 * CHANNELS + c));
      var a1 = FloatVector.fromArray(F, m, at + 5 * CHANNELS + c);
      var b1 = FloatVector.fromArray(F, m, at + 9 * CHANNELS + c);
      var p1 = FloatVector.fromArray(F, m, at + 1 * CHANNELS + c).add(a1).add(b1);
      var q1 = a1.sub(b1).sub(FloatVector.fromArray(F, m, at + 13 * CHANNELS + c));
      var a2 = FloatVector.fromArray(F, m, at + 6 * CHANNELS + c);
      var b2 = FloatVector.fromArray(F, m, at + 10 * CHANNELS + c);
      var p2 = FloatVector.fromArray(F, m, at + 2 * CHANNELS + c).add(a2).add(b2);
      var q2 = a2.sub(b2).sub(FloatVector.fromArray(F, m, at + 14 * CHANNELS + c));
      var a3 = FloatVector.fromArray(F, m, at + 7 * CHANNELS + c);
      var b3 = FloatVector.fromArray(F, m, at + 11 * CHANNELS + c);
      var p3 = FloatVector.fromArray(F, m, at + 3 * CHANNELS + c).add(a3).add(b3);
      var q3 = a3.sub(b3).sub(FloatVector.fromArray(F, m, at + 15 * CHANNELS + c));
      FloatVector v;
      v = p0.add(p1).add(p2).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + c);
      v = p1.sub(p2).sub(p3).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + cell + c);
      v = q0.add(q1).add(q2).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + c);
      v = q1.sub(q2).sub(q3).add(start);
      v.blend(0f, v.compare(VectorOperators.LE, limit)).intoArray(b, to + line + cell + c);
    }
  }
}
