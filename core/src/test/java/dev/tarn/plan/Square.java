package dev.tarn.plan;

import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.ParameterSpec;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;

/// A user's layer as in the documentation: `y = scale · x²` with one learned number.
record Square() implements CustomLayer {
  @Override
  public String kind() {
    return "square";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return inputs.getFirst();
  }

  @Override
  public List<ParameterSpec> parameters(List<Shape> inputs) {
    return List.of(
        new ParameterSpec(
            "scale", Shape.of(1), Initializer.constant(0.5), ParameterSpec.Role.WEIGHT));
  }

  @Override
  public Tensor forward(List<Tensor> inputs, List<Tensor> parameters) {
    Tensor y = inputs.getFirst().copy();
    for (int i = 0; i < y.array().length; i++) {
      y.array()[i] *= y.array()[i] * parameters.getFirst().array()[0];
    }
    return y;
  }

  @Override
  public Gradients backward(
      List<Tensor> inputs, List<Tensor> parameters, Tensor output, Tensor gradOutput) {
    float[] x = inputs.getFirst().array();
    Tensor gradX = gradOutput.copy();
    Tensor gradScale = Tensor.zeros(Shape.of(1));
    for (int i = 0; i < x.length; i++) {
      gradScale.array()[0] += gradX.array()[i] * x[i] * x[i];
      gradX.array()[i] *= 2 * x[i] * parameters.getFirst().array()[0];
    }
    return new Gradients(List.of(gradX), List.of(gradScale));
  }
}
