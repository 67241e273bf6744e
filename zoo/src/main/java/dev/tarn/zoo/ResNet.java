package dev.tarn.zoo;

import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;

/// He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition" (2015), table 1: blocks
/// that learn what to add to their input.
///
/// Shortcuts are projections where the size changes (option B) and nothing elsewhere: 11 689 512
/// parameters.
final class ResNet {
  private ResNet() {}

  static Model of18(Shape input, int classes) {
    Node x = conv(Model.input(input), 64, 7, 2).relu();
    x = x.then(Pool.max(3).stride(2).padding(1));
    for (int maps = 64; maps <= 512; maps *= 2) {
      x = block(block(x, maps, maps == 64 ? 1 : 2), maps, 1);
    }
    return x.globalAveragePool().flatten().dense(classes).build();
  }

  private static Node block(Node x, int maps, int stride) {
    Node y = conv(conv(x, maps, 3, stride).relu(), maps, 3, 1);
    boolean same = stride == 1 && x.shape().channels() == maps;
    return y.add(same ? x : conv(x, maps, 1, stride)).relu();
  }

  /// A convolution that pads to keep the size at stride 1, then batch norm.
  private static Node conv(Node x, int maps, int kernel, int stride) {
    Conv conv = Conv.of(maps, kernel).stride(stride).padding(kernel / 2).bias(Bias.WITHOUT);
    return x.then(conv).batchNorm();
  }
}
