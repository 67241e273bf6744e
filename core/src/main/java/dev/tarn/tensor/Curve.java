package dev.tarn.tensor;

import dev.tarn.error.ParameterException;

/// An activation that says itself what it computes: a value and a slope in double, rounded once.
public sealed interface Curve extends Activation
    permits Function,
        Curve.Elu,
        Curve.Celu,
        Curve.HardSigmoid,
        Curve.Clip,
        Curve.ThresholdedRelu,
        Curve.Shrink,
        Curve.Swish,
        Curve.Affine {
  /// The stem of automatic names of layers.
  String kind();

  /// The function.
  double value(double x);

  /// Its derivative.
  double slope(double x);

  /// `scale · x` where `x > 0`, else `scale · alpha · (e^x − 1)` (Clevert et al. 2016; with its
  /// constants, SELU of Klambauer et al. 2017).
  ///
  /// @param alpha a finite number, usually 1
  /// @param scale a finite number, usually 1
  record Elu(double alpha, double scale) implements Curve {
    public Elu {
      requireFinite("ELU", alpha, scale);
    }

    @Override
    public String kind() {
      return "elu";
    }

    @Override
    public double value(double x) {
      return scale * (x > 0 ? x : alpha * StrictMath.expm1(x));
    }

    @Override
    public double slope(double x) {
      return scale * (x > 0 ? 1 : alpha * StrictMath.exp(x));
    }
  }

  /// `max(0, x) + min(0, alpha · (e^(x / alpha) − 1))` (Barron 2017).
  ///
  /// @param alpha a finite number other than 0
  record Celu(double alpha) implements Curve {
    public Celu {
      requireFinite("CELU", alpha, 1 / alpha);
    }

    @Override
    public String kind() {
      return "celu";
    }

    @Override
    public double value(double x) {
      return Math.max(0, x) + Math.min(0, alpha * StrictMath.expm1(x / alpha));
    }

    @Override
    public double slope(double x) {
      return x > 0 ? 1 : StrictMath.exp(x / alpha);
    }
  }

  /// `max(0, min(1, slope · x + shift))`.
  ///
  /// @param steepness a finite number, 0.2 in ONNX
  /// @param shift a finite number, 0.5 in ONNX
  record HardSigmoid(double steepness, double shift) implements Curve {
    public HardSigmoid {
      requireFinite("hard sigmoid", steepness, shift);
    }

    @Override
    public String kind() {
      return "hardsigmoid";
    }

    @Override
    public double value(double x) {
      return Math.max(0, Math.min(1, steepness * x + shift));
    }

    @Override
    public double slope(double x) {
      double line = steepness * x + shift;
      return line > 0 && line < 1 ? steepness : 0;
    }
  }

  /// `x` kept between two bounds; if they cross, the upper one wins.
  ///
  /// @param least lower bound, −∞ if there is none
  /// @param most upper bound, +∞ if there is none
  record Clip(double least, double most) implements Curve {
    public Clip {
      if (Double.isNaN(least) || Double.isNaN(most)) {
        throw new ParameterException(
            "clip: bounds are %s and %s; needed numbers.".formatted(least, most));
      }
    }

    @Override
    public String kind() {
      return "clip";
    }

    @Override
    public double value(double x) {
      return Math.min(Math.max(x, least), most);
    }

    @Override
    public double slope(double x) {
      return x >= least && x <= most ? 1 : 0;
    }
  }

  /// `x` where `x > threshold`, else 0 (Konda et al. 2014).
  ///
  /// @param threshold a finite number
  record ThresholdedRelu(double threshold) implements Curve {
    public ThresholdedRelu {
      requireFinite("thresholded ReLU", threshold, 0);
    }

    @Override
    public String kind() {
      return "thresholdedrelu";
    }

    @Override
    public double value(double x) {
      return x <= threshold ? 0 : x;
    }

    @Override
    public double slope(double x) {
      return x > threshold ? 1 : 0;
    }
  }

  /// `x − bias` above `threshold`, `x + bias` below `−threshold`, else 0.
  ///
  /// @param bias a finite number
  /// @param threshold a finite number
  record Shrink(double bias, double threshold) implements Curve {
    public Shrink {
      requireFinite("shrink", bias, threshold);
    }

    @Override
    public String kind() {
      return "shrink";
    }

    @Override
    public double value(double x) {
      return x < -threshold ? x + bias : x > threshold ? x - bias : 0 * x;
    }

    @Override
    public double slope(double x) {
      return Math.abs(x) > threshold ? 1 : 0;
    }
  }

  /// `x · sigmoid(factor · x)` (Ramachandran et al. 2017).
  ///
  /// @param factor a finite number; 1 is [Activation#SILU]
  record Swish(double factor) implements Curve {
    public Swish {
      requireFinite("swish", factor, 0);
    }

    @Override
    public String kind() {
      return "swish";
    }

    @Override
    public double value(double x) {
      return x * Function.logistic(factor * x);
    }

    @Override
    public double slope(double x) {
      double s = Function.logistic(factor * x);
      return s * (1 + factor * x * (1 - s));
    }
  }

  /// `scale · x + shift`.
  ///
  /// @param scale a finite number
  /// @param shift a finite number
  record Affine(double scale, double shift) implements Curve {
    public Affine {
      requireFinite("affine", scale, shift);
    }

    @Override
    public String kind() {
      return "affine";
    }

    @Override
    public double value(double x) {
      return scale * x + shift;
    }

    @Override
    public double slope(double x) {
      return scale;
    }
  }

  private static void requireFinite(String what, double first, double second) {
    if (!Double.isFinite(first) || !Double.isFinite(second)) {
      throw new ParameterException(
          "%s: got %s and %s; needed finite numbers.".formatted(what, first, second));
    }
  }
}
