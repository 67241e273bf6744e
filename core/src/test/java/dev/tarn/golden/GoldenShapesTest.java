package dev.tarn.golden;

import dev.tarn.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every layer's output shape is that of the framework.
class GoldenShapesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-pytorch",
        "max-special-pytorch",
        "average-pytorch",
        "lp-pytorch",
        "adaptive-pytorch",
        "wide-pytorch",
        "tensorflow",
        "keras",
        "onnx"
      })
  void pooling(String file) {
    Findings.of(
        file,
        50,
        (c, findings) -> {
          Shape input = c.shape("x").sample();
          Shape output = GoldenLayers.pool(c).outputShape(List.of(input));
          findings.shape(c.shape("y").sample(), output);
        });
  }

  @Test
  void convolution() {
    Findings.of(
        "convolution",
        500,
        (c, findings) -> {
          var layer = GoldenLayers.convolution(c);
          var input = List.of(c.shape("x").sample());
          findings.shape(c.shape("y").sample(), layer.outputShape(input));
          findings.shape(c.shape("w"), layer.parameters(input).getFirst().shape());
        });
  }

  @Test
  void transposedConvolution() {
    Findings.of(
        "transposed-convolution",
        200,
        (c, findings) -> {
          var layer = GoldenLayers.transposed(c);
          var input = List.of(c.shape("x").sample());
          findings.shape(c.shape("y").sample(), layer.outputShape(input));
          findings.shape(c.shape("w"), layer.parameters(input).getFirst().shape());
        });
  }
}
