package dev.tarn.tensor;

import dev.tarn.error.ParameterException;

/// A function applied to every value by itself.
public sealed interface Activation
    permits Activation.Relu,
        Activation.LeakyRelu,
        Activation.Sigmoid,
        Activation.Tanh,
        Activation.Gelu,
        Activation.Silu,
        Curve {
  /// `max(0, x)`; NaN stays NaN.
  record Relu() implements Activation {}

  /// `x` where `x > 0`, else `slope·x`.
  ///
  /// @param slope any finite number, usually 0.01
  record LeakyRelu(double slope) implements Activation {
    public LeakyRelu {
      if (!Double.isFinite(slope)) {
        throw new ParameterException(
            "leaky ReLU: slope is %s; needed a finite number.".formatted(slope));
      }
    }
  }

  /// `1 / (1 + e^−x)`.
  record Sigmoid() implements Activation {}

  /// Hyperbolic tangent.
  record Tanh() implements Activation {}

  /// `x·Φ(x)` with the normal distribution function Φ (Hendrycks & Gimpel 2016).
  ///
  /// @param form how Φ is computed
  record Gelu(Form form) implements Activation {
    /// Exact by the error function, or the paper's tanh approximation.
    public enum Form {
      EXACT,
      TANH
    }
  }

  /// `x·sigmoid(x)`, also called swish.
  record Silu() implements Activation {}

  Activation RELU = new Relu();
  Activation SIGMOID = new Sigmoid();
  Activation TANH = new Tanh();
  Activation GELU = new Gelu(Gelu.Form.EXACT);
  Activation SILU = new Silu();

  static Activation leakyRelu(double slope) {
    return new LeakyRelu(slope);
  }
}
