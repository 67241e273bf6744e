package dev.tarn.engine.vector;

import static dev.tarn.engine.Exponential.LEAST;
import static dev.tarn.engine.Exponential.LINEAR;
import static dev.tarn.engine.Exponential.LN2_HIGH;
import static dev.tarn.engine.Exponential.LN2_LOW;
import static dev.tarn.engine.Exponential.LOG2_E;
import static dev.tarn.engine.Exponential.MOST;
import static dev.tarn.engine.Exponential.ROUNDER;
import static dev.tarn.engine.vector.Lanes.D;

import dev.tarn.engine.Exponential;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;

/// [Exponential] in every lane, with its bits.
///
/// The terms are constants of the class, which the JIT writes into the code: it cannot do so with
/// the elements of an array.
final class ExponentialLanes {
  private static final long ROUNDER_BITS = Double.doubleToRawLongBits(ROUNDER);
  private static final double T0 = Exponential.term(0);
  private static final double T1 = Exponential.term(1);
  private static final double T2 = Exponential.term(2);
  private static final double T3 = Exponential.term(3);
  private static final double T4 = Exponential.term(4);
  private static final double T5 = Exponential.term(5);
  private static final double T6 = Exponential.term(6);
  private static final double T7 = Exponential.term(7);
  private static final double T8 = Exponential.term(8);
  private static final double T9 = Exponential.term(9);
  private static final double T10 = Exponential.term(10);
  private static final double T11 = Exponential.term(11);
  private static final double T12 = Exponential.term(12);
  private static final double T13 = Exponential.term(13);

  private ExponentialLanes() {}

  static DoubleVector exp(DoubleVector x) {
    // Its lowest bits are the whole number nearest to x / ln 2.
    var rounded = x.fma(all(LOG2_E), all(ROUNDER));
    var minus = rounded.sub(ROUNDER).neg();
    var r = minus.fma(all(LN2_LOW), minus.fma(all(LN2_HIGH), x));
    var y = scale(series(r), rounded);
    var low = y.blend(0, x.compare(VectorOperators.LT, LEAST));
    return low.blend(Double.POSITIVE_INFINITY, x.compare(VectorOperators.GT, MOST));
  }

  private static DoubleVector series(DoubleVector r) {
    var high = all(T13).fma(r, all(T12)).fma(r, all(T11)).fma(r, all(T10)).fma(r, all(T9));
    var middle = high.fma(r, all(T8)).fma(r, all(T7)).fma(r, all(T6)).fma(r, all(T5));
    var low = middle.fma(r, all(T4)).fma(r, all(T3)).fma(r, all(T2));
    return low.fma(r, all(T1)).fma(r, all(T0));
  }

  private static DoubleVector all(double value) {
    return DoubleVector.broadcast(D, value);
  }

  /// `sum · 2ᵏ` in two parts.
  private static DoubleVector scale(DoubleVector sum, DoubleVector rounded) {
    var k = rounded.reinterpretAsLongs().sub(ROUNDER_BITS);
    var half = k.lanewise(VectorOperators.ASHR, 1);
    var first = half.add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
    var rest = k.sub(half).add(1023).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles();
    return sum.mul(first).mul(rest);
  }

  static DoubleVector sigmoid(DoubleVector x) {
    return all(1).div(exp(x.neg()).add(1));
  }

  static DoubleVector tanh(DoubleVector x) {
    var size = x.abs();
    var e = exp(size.mul(-2));
    var t = all(1).sub(e).div(e.add(1));
    var signed = t.blend(t.neg(), x.compare(VectorOperators.LT, 0));
    return signed.blend(x, size.compare(VectorOperators.LT, LINEAR));
  }
}
