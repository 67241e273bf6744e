package dev.tarn.train;

/// What is done to gradients that are too large, before the optimizer sees them.
public sealed interface Clip {
  /// Gradients as they are.
  static Clip none() {
    return new None();
  }

  /// Scales all gradients by one factor so that their global norm is at most `most`.
  static Clip norm(double most) {
    return new Norm(most);
  }

  /// Cuts every gradient to `±most` by itself.
  static Clip value(double most) {
    return new Value(most);
  }

  record None() implements Clip {}

  /// The root of the sum of all squared gradients is held to `most`: where it is larger, every
  /// gradient is multiplied by `most / (norm + 1e-6)` (Pascanu, Mikolov & Bengio 2013; PyTorch's
  /// `clip_grad_norm_`).
  ///
  /// @param most the largest norm, above 0
  record Norm(double most) implements Clip {
    public Norm {
      Checks.positive("clip", "norm", most, 1e30);
    }
  }

  /// Every gradient is held to `±most`.
  ///
  /// @param most the largest value, above 0
  record Value(double most) implements Clip {
    public Value {
      Checks.positive("clip", "value", most, 1e30);
    }
  }
}
