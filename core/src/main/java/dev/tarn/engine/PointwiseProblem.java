package dev.tarn.engine;

import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Operator;
import java.util.List;

/// Arithmetic on every element by itself.
public sealed interface PointwiseProblem extends Problem {
  /// `y = function(x)`; `y` may be the buffer of `x`.
  ///
  /// @param size elements of a sample
  record Activate(Activation function, int size, Buffer x, Buffer y) implements PointwiseProblem {}

  /// `gradX = gradY · function′`; `gradX` may be the buffer of `gradY`.
  ///
  /// @param value `x` if [#needsInput], else `y`
  record ActivateBackward(Activation function, int size, Buffer value, Buffer gradY, Buffer gradX)
      implements PointwiseProblem {
    /// Whether the derivative is taken from `x`; that of ReLU, leaky ReLU (slope ≥ 0), sigmoid and
    /// tanh is taken from `y`.
    public static boolean needsInput(Activation function) {
      return switch (function) {
        case Activation.Relu relu -> false;
        case Activation.LeakyRelu leaky -> leaky.slope() < 0;
        case Activation.Sigmoid sigmoid -> false;
        case Activation.Tanh tanh -> false;
        case Activation.Gelu gelu -> true;
        case Activation.Silu silu -> true;
        case Curve curve -> true;
      };
    }
  }

  /// `y = x₁ ∘ x₂ ∘ …` in this order. An operand of a single position or a single channel is
  /// repeated to fit. Sums and products are taken in float, everything else in double.
  ///
  /// @param positions of `y`
  /// @param channels of `y`
  /// @param operands at least two; exactly two unless they are added or multiplied
  record Combine(Operator operator, int positions, int channels, List<Operand> operands, Buffer y)
      implements PointwiseProblem {
    public Combine {
      operands = List.copyOf(operands);
    }
  }

  /// The gradient by operand `number` of a [Combine]: `gradY`, times the other operands for a
  /// product or the operator's slope for others, summed over the positions and channels that were
  /// repeated (in double, in row-major order).
  ///
  /// @param gradX shaped like that operand
  record CombineBackward(Combine forward, int number, Buffer gradY, Buffer gradX)
      implements PointwiseProblem {}

  /// One operand of a [Combine].
  ///
  /// @param x `[N][positions][channels]`
  /// @param positions those of `y`, or 1
  /// @param channels those of `y`, or 1
  record Operand(Buffer x, int positions, int channels) {}

  /// `y = x · mask / (1 − rate)`; `y` may be the buffer of `x`. The mask of element `i` of sample
  /// `n` depends on the frame's seed and step, `salt`, `n` and `i` alone, so the same problem
  /// between the gradients is the backward pass.
  ///
  /// An element is kept if the top 53 bits of `SeededRandom.at(SeededRandom.of(seed, step,
  /// salt).state(), n · size + i)`, as a number in [0, 1), are at least `rate`.
  record Dropout(double rate, long salt, int size, Buffer x, Buffer y)
      implements PointwiseProblem {}

  /// `y = softmax(x)` across channels at every position; `y` may be the buffer of `x`.
  record Softmax(int positions, int channels, Buffer x, Buffer y) implements PointwiseProblem {}

  /// `gradX = y · (gradY − Σ gradY·y)`, the sum over channels in double; `gradX` may be the buffer
  /// of `gradY`.
  record SoftmaxBackward(int positions, int channels, Buffer y, Buffer gradY, Buffer gradX)
      implements PointwiseProblem {}

  /// `into = into + from`: where several layers read one output, their gradients are added.
  /// Accumulates.
  record Accumulate(int size, Buffer from, Buffer into) implements PointwiseProblem {}

  /// `y = x + bias`, one number per channel; `y` may be the buffer of `x`.
  record AddBias(int positions, int channels, Buffer x, Buffer bias, Buffer y)
      implements PointwiseProblem {}

  /// `gradBias[c] = Σ gradY`, over batch and positions, in double, in row-major order.
  record AddBiasBackward(int positions, int channels, Buffer gradY, Buffer gradBias)
      implements PointwiseProblem {}
}
