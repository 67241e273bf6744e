package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// [Engine#sumOfSquares]: sixteen partial sums are two, four or eight vectors of doubles. Squares
/// of floats are exact in double, so a fused multiply-add gives the bits of the separate ones.
final class Squares {
  private static final int SUMS = 16;

  private Squares() {}

  static double sum(float[] values, int from, int to) {
    int whole = from + (to - from) / SUMS * SUMS;
    double[] sums = new double[SUMS];
    for (int lane = 0; lane < SUMS; lane += V) {
      lanes(values, from + lane, whole, sums, lane);
    }
    for (int i = whole; i < to; i++) {
      double value = values[i];
      sums[i - whole] += value * value;
    }
    for (int d = SUMS / 2; d > 0; d /= 2) {
      for (int i = 0; i < d; i++) {
        sums[i] += sums[i + d];
      }
    }
    return sums[0];
  }

  /// The partial sums of `V` neighbours of every sixteen.
  private static void lanes(float[] values, int from, int to, double[] sums, int at) {
    var low = DoubleVector.zero(D);
    var high = DoubleVector.zero(D);
    for (int i = from; i < to; i += SUMS) {
      var v = FloatVector.fromArray(F, values, i);
      var a = Pools.half(v, 0);
      var b = Pools.half(v, 1);
      low = a.fma(a, low);
      high = b.fma(b, high);
    }
    low.intoArray(sums, at);
    high.intoArray(sums, at + V / 2);
  }
}
