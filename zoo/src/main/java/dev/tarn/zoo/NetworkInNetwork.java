package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;

/// Lin, Chen & Yan, "Network In Network" (2013), section 4 and figure 2: convolutions followed by
/// two 1×1 convolutions, and global average pooling in the place of dense layers.
///
/// Sizes as in the authors' published CIFAR-10 configuration: 966 986 parameters.
final class NetworkInNetwork {
  private NetworkInNetwork() {}

  static Model of(Shape input, int classes) {
    Node x = block(Model.input(input), 5, 192, 160, 96);
    x = x.then(Pool.max(3).stride(2).rounding(Rounding.CEIL)).dropout(0.5);
    x = block(x, 5, 192, 192, 192);
    x = x.then(Pool.average(3).stride(2).rounding(Rounding.CEIL)).dropout(0.5);
    x = block(x, 3, 192, 192, classes);
    return x.globalAveragePool().flatten().build();
  }

  /// A convolution that keeps the size, and a small dense network at every position.
  private static Node block(Node x, int kernel, int first, int second, int third) {
    Node y = x.then(Conv.of(first, kernel).padding(kernel / 2)).relu();
    return y.conv(second, 1).relu().conv(third, 1).relu();
  }
}
