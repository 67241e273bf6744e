package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Hu, Shen & Sun, "Squeeze-and-Excitation Networks" (2017), figure 2 and section 3: global average
/// pooling describes every channel by one number, two small layers turn these into a weight between
/// 0 and 1 for every channel.
final class SqueezeExcite {
  /// The paper's reduction ratio r.
  private static final int REDUCTION = 16;

  private SqueezeExcite() {}

  /// The block behind `x`: the channels of `x`, each times its weight. 2·C²/16 weights and C/16 + C
  /// biases.
  static Node block(Node x) {
    int channels = x.shape().channels();
    Node squeezed = x.globalAveragePool();
    Node excited = squeezed.conv(Math.max(1, channels / REDUCTION), 1).relu();
    return x.multiply(excited.conv(channels, 1).activate(Activation.SIGMOID));
  }

  /// VGG with batch norm and a block behind each of its convolutions.
  static Model vgg(List<Integer> depths, Shape input, int classes) {
    Node x = Model.input(input);
    for (int i = 0; i < depths.size(); i++) {
      for (int j = 0; j < depths.get(i); j++) {
        x = block(x.then(Conv.of(Vgg.MAPS.get(i), 3).padding(1)).batchNorm().relu());
      }
      x = x.maxPool(2);
    }
    return Vgg.head(x, classes);
  }
}
