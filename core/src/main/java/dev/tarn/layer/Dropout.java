package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Sets values to 0 at random while training, and scales the others by `1 / (1 − rate)`; does
/// nothing at inference (Srivastava et al. 2014, inverted).
///
/// @param rate share of values that are dropped, from 0 to below 1
public record Dropout(double rate) implements Layer {
  public Dropout {
    if (!(rate >= 0 && rate < 1)) {
      throw new ParameterException(
          "dropout: rate is %s; needed at least 0 and below 1.".formatted(rate));
    }
  }

  @Override
  public String kind() {
    return "dropout";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Layer.requireCells(Layer.only(inputs));
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return "rate " + rate;
  }
}
