package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.Layer;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;

/// LeCun, Bottou, Bengio & Haffner, "Gradient-Based Learning Applied to Document Recognition"
/// (1998), figure 2.
///
/// Layers C1, S2, C3, S4, C5 and F6 have the paper's sizes. As everywhere today, C3 sees all maps
/// of S2, S2 and S4 average without learned coefficients, and the output layer is fully connected:
/// 61 706 parameters.
final class LeNet5 {
  private static final int SIDE = 32;

  private LeNet5() {}

  /// Inputs smaller than 32×32 are surrounded by zeros, as the paper does with 28×28 digits.
  static Model of(Shape input, int classes) {
    Node x = Model.input(input);
    if (input.spatial(0) < SIDE || input.spatial(1) < SIDE) {
      int top = Math.max(0, SIDE - input.spatial(0)) / 2;
      int left = Math.max(0, SIDE - input.spatial(1)) / 2;
      x = x.then(ZeroPad.of(top, left));
    }
    x = tanh(x, conv(6)).averagePool(2);
    x = tanh(x, conv(16)).averagePool(2);
    x = tanh(x, conv(120)).flatten();
    return tanh(x, Dense.of(84).initializer(Initializer.GLOROT)).dense(classes).build();
  }

  private static Conv conv(int maps) {
    return Conv.of(maps, 5).initializer(Initializer.GLOROT);
  }

  private static Node tanh(Node x, Layer layer) {
    return x.then(layer).activate(Activation.TANH);
  }
}
