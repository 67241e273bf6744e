package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;

/// Springenberg, Dosovitskiy, Brox & Riedmiller, "Striving for Simplicity: The All Convolutional
/// Net" (2014), tables 1 and 2: base model C and All-CNN-C.
///
/// All-CNN-C is the base model with each 3×3/2 max pooling replaced by a 3×3 convolution of stride
/// 2 with as many channels: what `Model.replacePooling(Replacement.stridedConvolution())` does to
/// any network. Dropout: 0.2 of the input, 0.5 after each reduction (section 3.1).
final class AllCnn {
  private AllCnn() {}

  /// Base model C with max pooling.
  static Model base(Shape input, int classes) {
    return of(input, classes, Reducing.POOLING);
  }

  /// All-CNN-C: 1 369 738 parameters for 32×32 colour images of 10 classes.
  static Model c(Shape input, int classes) {
    return of(input, classes, Reducing.CONVOLUTION);
  }

  /// What makes maps smaller.
  private enum Reducing {
    POOLING,
    CONVOLUTION
  }

  private static Model of(Shape input, int classes, Reducing reducing) {
    Node x = Model.input(input).dropout(0.2);
    for (int maps : new int[] {96, 192}) {
      x = same(same(x, maps), maps);
      x =
          switch (reducing) {
            case POOLING -> x.then(Pool.max(3).stride(2).padding(1));
            case CONVOLUTION -> x.then(Conv.of(maps, 3).stride(2).padding(1)).relu();
          };
      x = x.dropout(0.5);
    }
    x = x.conv(192, 3).relu().conv(192, 1).relu().conv(classes, 1).relu();
    return x.globalAveragePool().flatten().build();
  }

  private static Node same(Node x, int maps) {
    return x.then(Conv.of(maps, 3).padding(1)).relu();
  }
}
