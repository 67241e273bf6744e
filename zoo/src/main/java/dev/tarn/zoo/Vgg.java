package dev.tarn.zoo;

import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Conv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
/// (2014), table 1.
///
/// 3×3 convolutions with padding 1, five times 2×2/2 max pooling (224 → 7), then 4096, 4096 and
/// 1000 units: the classical example of a network whose memory goes to its first feature maps and
/// whose parameters go to its first dense layer.
final class Vgg {
  /// Convolutions per block: columns A, B, D and E of the table.
  static final List<Integer> A = List.of(1, 1, 2, 2, 2);

  static final List<Integer> B = List.of(2, 2, 2, 2, 2);
  static final List<Integer> D = List.of(2, 2, 3, 3, 3);
  static final List<Integer> E = List.of(2, 2, 4, 4, 4);

  /// Filters of the convolutions of each block.
  static final List<Integer> MAPS = List.of(64, 128, 256, 512, 512);

  private Vgg() {}

  /// Whether every convolution is followed by batch norm (not in the paper; usual since 2015).
  enum Norm {
    NONE,
    BATCH
  }

  static Model of(List<Integer> depths, Norm norm, Shape input, int classes) {
    Node x = Model.input(input);
    for (int block = 0; block < depths.size(); block++) {
      for (int i = 0; i < depths.get(block); i++) {
        x = x.then(Conv.of(MAPS.get(block), 3).padding(1));
        x = (norm == Norm.BATCH ? x.then(new BatchNorm()) : x).relu();
      }
      x = x.maxPool(2);
    }
    return head(x, classes);
  }

  /// The dense layers.
  static Model head(Node x, int classes) {
    Node y = x.flatten().dense(4096).relu().dropout(0.5);
    return y.dense(4096).relu().dropout(0.5).dense(classes).build();
  }
}
