package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Gives every channel mean 0 and variance 1 over the batch, then scales and shifts it (Ioffe &
/// Szegedy 2015).
///
/// `y = weight · (x − mean) / √(variance + epsilon) + bias`. Training uses the batch's mean and
/// (biased) variance and moves the running statistics toward them; inference uses the running
/// statistics.
///
/// Parameters, each `[C]`: `weight`, `bias`, and the states `runningMean`, `runningVariance`
/// (unbiased, as in PyTorch).
///
/// @param epsilon added to the variance, above 0
/// @param momentum share of the new batch in the running statistics, from 0 to 1 (Keras calls 1 −
///   momentum so)
public record BatchNorm(double epsilon, double momentum) implements Layer {
  public BatchNorm {
    if (!(epsilon > 0 && Double.isFinite(epsilon))) {
      throw new ParameterException(
          "batch norm: epsilon is %s; needed a finite number above 0.".formatted(epsilon));
    }
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new ParameterException(
          "batch norm: momentum is %s; needed 0 to 1.".formatted(momentum));
    }
  }

  /// Epsilon 1e-5 and momentum 0.1, as in PyTorch.
  public BatchNorm() {
    this(1e-5, 0.1);
  }

  @Override
  public String kind() {
    return "batchnorm";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Layer.requireCells(Layer.only(inputs));
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    Shape channels = Shape.of(Layer.only(inputs).channels());
    return List.of(
        new ParameterSpec("weight", channels, Initializer.ONE, ParameterSpec.Role.BIAS),
        new ParameterSpec("bias", channels, Initializer.ZERO, ParameterSpec.Role.BIAS),
        new ParameterSpec("runningMean", channels, Initializer.ZERO, ParameterSpec.Role.STATE),
        new ParameterSpec("runningVariance", channels, Initializer.ONE, ParameterSpec.Role.STATE));
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 2 * output.elements();
  }

  @Override
  public String toString() {
    return "epsilon " + epsilon;
  }
}
