package dev.tarn.zoo;

import dev.tarn.model.Model;
import dev.tarn.tensor.Shape;

/// The two convolutional networks of Michael Nielsen, "Neural Networks and Deep Learning" (2015),
/// chapter 6, with ReLU.
///
/// The pictures of the first are in every textbook: a 28×28 digit, three 24×24 feature maps, three
/// 12×12 pooled ones, ten scores.
final class Textbook {
  private Textbook() {}

  /// 28×28 → convolution 5×5 (3×24×24) → max pooling 2×2 (3×12×12) → fully connected.
  static Model one(Shape input, int classes) {
    return Model.input(input).conv(3, 5).relu().maxPool(2).flatten().dense(classes).build();
  }

  /// The same idea twice, with more maps: convolution 5×5×20 → pooling → convolution 5×5×40 →
  /// pooling → 100 → classes.
  static Model two(Shape input, int classes) {
    return Model.input(input)
        .conv(20, 5)
        .relu()
        .maxPool(2)
        .conv(40, 5)
        .relu()
        .maxPool(2)
        .flatten()
        .dense(100)
        .relu()
        .dense(classes)
        .build();
  }
}
