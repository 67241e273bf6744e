package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Divides every value by a power of the energy of its neighbouring channels (Krizhevsky et al.
/// 2012, section 3.3).
///
/// `y = x / (k + alpha / size · Σ x²)^beta`, the sum over `size` channels around: ⌊(size − 1) / 2⌋
/// before, ⌈(size − 1) / 2⌉ after (ONNX `LRN`; the paper's alpha is not divided by size).
///
/// @param size channels in the sum, at least 1
/// @param alpha weight of the sum
/// @param beta exponent
/// @param k constant, so that `k + …` stays above 0
public record LocalResponseNorm(int size, double alpha, double beta, double k) implements Layer {
  public LocalResponseNorm {
    if (size < 1) {
      throw new ParameterException(
          "local response norm: size is %d; needed at least 1.".formatted(size));
    }
    if (!(alpha >= 0 && beta >= 0 && k > 0 && Double.isFinite(alpha + beta + k))) {
      throw new ParameterException(
          "local response norm: alpha %s, beta %s, k %s; needed finite alpha ≥ 0, beta ≥ 0 and k > 0."
              .formatted(alpha, beta, k));
    }
  }

  /// Over `size` channels with alpha 1e-4, beta 0.75 and k 1.
  public LocalResponseNorm(int size) {
    this(size, 1e-4, 0.75, 1);
  }

  @Override
  public String kind() {
    return "lrn";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Layer.requireCells(Layer.only(inputs));
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return (2L * size + 3) * output.elements();
  }

  @Override
  public String toString() {
    return "size %d, alpha %s, beta %s, k %s".formatted(size, alpha, beta, k);
  }
}
