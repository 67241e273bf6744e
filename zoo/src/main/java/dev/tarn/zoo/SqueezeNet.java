package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;

/// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
/// size" (2016), table 1: 1 248 424 parameters.
///
/// Fire modules squeeze channels by 1×1 filters and expand them by 1×1 and 3×3 filters; global
/// average pooling ends it. The first convolution does not pad, as in published implementations.
final class SqueezeNet {
  private SqueezeNet() {}

  static Model of(Shape input, int classes) {
    Node x = pool(Model.input(input).then(Conv.of(96, 7).stride(2)).relu());
    x = pool(fire(fire(fire(x, 16, 64), 16, 64), 32, 128));
    x = pool(fire(fire(fire(fire(x, 32, 128), 48, 192), 48, 192), 64, 256));
    x = fire(x, 64, 256).dropout(0.5).conv(classes, 1).relu();
    return x.globalAveragePool().flatten().build();
  }

  private static Node fire(Node x, int squeezed, int expanded) {
    Node s = x.conv(squeezed, 1).relu();
    return s.conv(expanded, 1).relu().concat(s.then(Conv.of(expanded, 3).padding(1)).relu());
  }

  private static Node pool(Node x) {
    return x.then(Pool.max(3).stride(2).rounding(Rounding.CEIL));
  }
}
