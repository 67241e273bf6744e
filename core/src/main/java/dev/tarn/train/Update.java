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
/// arithmetic without fused operations, in simple loops that the compiler turns into vector code
/// with the same bits.
final class Update {
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
    for (int i = from; i < to; i++) {
      float mean = share * v[i] + (g[i] + decay * w[i]);
      v[i] = mean;
      w[i] -= rate * mean;
    }
  }

  private static void nesterov(
      float rate, float share, float decay, float[] w, float[] g, float[] v, int from, int to) {
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      float mean = share * v[i] + slope;
      v[i] = mean;
      w[i] -= rate * (slope + share * mean);
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
    float keep1 = (float) beta1;
    float take1 = (float) (1 - beta1);
    float keep2 = (float) beta2;
    float take2 = (float) (1 - beta2);
    float step = (float) (rate / (1 - StrictMath.pow(beta1, (double) number)));
    float root = (float) StrictMath.sqrt(1 - StrictMath.pow(beta2, (double) number));
    float small = (float) epsilon;
    float[] m = slots[0];
    float[] v = slots[1];
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      float mean = keep1 * m[i] + take1 * slope;
      float square = keep2 * v[i] + take2 * slope * slope;
      m[i] = mean;
      v[i] = square;
      w[i] = shrink * w[i] - step * (mean / ((float) Math.sqrt(square) / root + small));
    }
  }

  private static void rmsProp(
      RmsProp rms, float rate, float decay, float[] w, float[] g, float[] v, int from, int to) {
    float keep = (float) rms.smoothing();
    float take = (float) (1 - rms.smoothing());
    float small = (float) rms.epsilon();
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      float square = keep * v[i] + take * slope * slope;
      v[i] = square;
      w[i] -= rate * (slope / ((float) Math.sqrt(square) + small));
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
    float keep = (float) rms.smoothing();
    float take = (float) (1 - rms.smoothing());
    float small = (float) rms.epsilon();
    float share = (float) rms.momentum();
    float[] v = slots[0];
    float[] b = slots[1];
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      float square = keep * v[i] + take * slope * slope;
      float mean = share * b[i] + slope / ((float) Math.sqrt(square) + small);
      v[i] = square;
      b[i] = mean;
      w[i] -= rate * mean;
    }
  }

  private static void adagrad(
      float rate, float small, float decay, float[] w, float[] g, float[] s, int from, int to) {
    for (int i = from; i < to; i++) {
      float slope = g[i] + decay * w[i];
      float sum = s[i] + slope * slope;
      s[i] = sum;
      w[i] -= rate * (slope / ((float) Math.sqrt(sum) + small));
    }
  }
}
