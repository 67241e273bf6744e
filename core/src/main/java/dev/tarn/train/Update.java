package dev.tarn.train;

import dev.tarn.train.Optimizer.Adagrad;
import dev.tarn.train.Optimizer.Adam;
import dev.tarn.train.Optimizer.AdamW;
import dev.tarn.train.Optimizer.Momentum;
import dev.tarn.train.Optimizer.RmsProp;
import dev.tarn.train.Optimizer.Sgd;

/// The optimizers' arithmetic on a range of one flat array.
///
/// Constants are taken in double and rounded to float once; each element is then plain float
/// arithmetic without fused operations. The JIT makes vector code of a loop, with the same bits,
/// only if it writes one array; so every array has a loop of its own, over parts that stay in the
/// first cache between them.
///
/// A mean whose gradients have become 0, as those behind a ReLU that never fires, would shrink to
/// subnormal numbers and stay there, with which processors are up to a hundred times as slow. It is
/// rounded to multiples of 2⁻⁹⁹ instead (2⁻¹²³ for means of squares), by adding and subtracting a
/// small number: what is above 2⁻⁷⁶ (2⁻¹⁰⁰) keeps its bits, but for one rounding within the next
/// two powers of two.
final class Update {
  /// Elements of one part: three arrays of them take 24 KB.
  private static final int PART = 2048;

  private static final float TINY = 0x1p-76f;
  private static final float TINY_SQUARE = 0x1p-100f;

  private Update() {}

  /// Moves `weights[from … to)` by their gradients; accumulates in `slots`.
  ///
  /// @param number the number of this update, from 1
  /// @param rate learning rate, the schedule's factor included
  /// @param weightDecay amount for this range
  static void apply(
      Optimizer optimizer,
      long number,
      double rate,
      double weightDecay,
      float[] weights,
      float[] gradients,
      float[][] slots,
      int from,
      int to) {
    for (int at = from; at < to; at += PART) {
      int past = Math.min(to, at + PART);
      part(optimizer, number, rate, weightDecay, weights, gradients, slots, at, past);
    }
  }

  private static void part(
      Optimizer optimizer,
      long number,
      double rate,
      double weightDecay,
      float[] weights,
      float[] gradients,
      float[][] slots,
      int from,
      int to) {
    float decay = (float) weightDecay;
    switch (optimizer) {
      case Sgd sgd when sgd.momentum() == 0 ->
          descend((float) rate, decay, weights, gradients, from, to);
      case Sgd sgd when sgd.form() == Momentum.NESTEROV ->
          nesterov(
              (float) rate, (float) sgd.momentum(), decay, weights, gradients, slots[0], from, to);
      case Sgd sgd ->
          momentum(
              (float) rate, (float) sgd.momentum(), decay, weights, gradients, slots[0], from, to);
      case Adam(double unused, double beta1, double beta2, double epsilon, var amount, var which) ->
          adam(number, rate, beta1, beta2, epsilon, 1f, decay, weights, gradients, slots, from, to);
      case AdamW(
              double unused,
              double beta1,
              double beta2,
              double epsilon,
              var amount,
              var which) ->
          adam(
              number,
              rate,
              beta1,
              beta2,
              epsilon,
              (float) (1 - rate * weightDecay),
              0f,
              weights,
              gradients,
              slots,
              from,
              to);
      case RmsProp rms when rms.momentum() == 0 ->
          rmsProp(rms, (float) rate, decay, weights, gradients, slots[0], from, to);
      case RmsProp rms ->
          rmsPropMomentum(rms, (float) rate, decay, weights, gradients, slots, from, to);
      case Adagrad adagrad -> {
        double falling = rate / (1 + (number - 1) * adagrad.rateDecay());
        float epsilon = (float) adagrad.epsilon();
        adagrad((float) falling, epsilon, decay, weights, gradients, slots[0], from, to);
      }
    }
  }

  private static void descend(float rate, float decay, float[] w, float[] g, int from, int to) {
    for (int i = from; i < to; i++) {
      w[i] -= rate * (g[i] + decay * w[i]);
    }
  }

  private static void momentum(
      float rate, float share, float decay, float[] w, float[] g, float[] v, int from, int to) {
    mean(share, 1f, decay, w, g, v, from, to);
    for (int i = from; i < to; i++) {
      w[i] -= rate * v[i];
    }
  }

  private static void nesterov(
      float rate, float share, float decay, float[] w, float[] g, float[] v, int from, int to) {
    mean(share, 1f, decay, w, g, v, from, to);
    for (int i = from; i < to; i++) {
      w[i] -= rate * ((g[i] + decay * w[i]) + share * v[i]);
    }
  }

  /// `m = keep · m + take · slope`, where the slope is `g + decay · w`.
  private static void mean(
      float keep, float take, float decay, float[] w, float[] g, float[] m, int from, int to) {
    for (int i = from; i < to; i++) {
      m[i] = keep * m[i] + take * (g[i] + decay * w[i]) + TINY - TINY;
    }
  }

  /// `v = keep · v + take · slope²`.
  private static void meanSquare(
      float keep, float take, float decay, float[] w, float[] g, float[] v, int from, int to) {
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      v[i] = keep * v[i] + take * slope * slope + TINY_SQUARE - TINY_SQUARE;
    }
  }

  /// @param shrink factor of the weight before the step, for decoupled decay
  private static void adam(
      long number,
      double rate,
      double beta1,
      double beta2,
      double epsilon,
      float shrink,
      float decay,
      float[] w,
      float[] g,
      float[][] slots,
      int from,
      int to) {
    float[] m = slots[0];
    float[] v = slots[1];
    mean((float) beta1, (float) (1 - beta1), decay, w, g, m, from, to);
    meanSquare((float) beta2, (float) (1 - beta2), decay, w, g, v, from, to);
    float step = (float) (rate / (1 - StrictMath.pow(beta1, (double) number)));
    float root = (float) StrictMath.sqrt(1 - StrictMath.pow(beta2, (double) number));
    float small = (float) epsilon;
    for (int i = from; i < to; i++) {
      w[i] = shrink * w[i] - step * (m[i] / ((float) Math.sqrt(v[i]) / root + small));
    }
  }

  private static void rmsProp(
      RmsProp rms, float rate, float decay, float[] w, float[] g, float[] v, int from, int to) {
    float keep = (float) rms.smoothing();
    meanSquare(keep, (float) (1 - rms.smoothing()), decay, w, g, v, from, to);
    float small = (float) rms.epsilon();
    for (int i = from; i < to; i++) {
      w[i] -= rate * ((g[i] + decay * w[i]) / ((float) Math.sqrt(v[i]) + small));
    }
  }

  private static void rmsPropMomentum(
      RmsProp rms,
      float rate,
      float decay,
      float[] w,
      float[] g,
      float[][] slots,
      int from,
      int to) {
    float[] v = slots[0];
    float[] b = slots[1];
    float keep = (float) rms.smoothing();
    meanSquare(keep, (float) (1 - rms.smoothing()), decay, w, g, v, from, to);
    float small = (float) rms.epsilon();
    float share = (float) rms.momentum();
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      b[i] = share * b[i] + slope / ((float) Math.sqrt(v[i]) + small) + TINY - TINY;
    }
    for (int i = from; i < to; i++) {
      w[i] -= rate * b[i];
    }
  }

  private static void adagrad(
      float rate, float small, float decay, float[] w, float[] g, float[] s, int from, int to) {
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      s[i] += slope * slope;
    }
    for (int i = from; i < to; i++) {
      w[i] -= rate * ((g[i] + decay * w[i]) / ((float) Math.sqrt(s[i]) + small));
    }
  }
}
