package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;

/// Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural
/// Networks" (2012), figure 2, and the one-column form of Krizhevsky, "One weird trick for
/// parallelizing convolutional neural networks" (2014).
///
/// Both pool with overlapping 3×3 windows at stride 2.
final class AlexNet {
  private AlexNet() {}

  /// The paper's network: two columns as groups of two in layers 2, 4 and 5, and local response
  /// norm after layers 1 and 2 (alpha 1e-4 for each of 5 channels, beta 0.75, k 2). The paper says
  /// 224×224; its arithmetic needs 227×227.
  static Model twoColumns(Shape input, int classes) {
    Node x = Model.input(input);
    x = pool(norm(x.then(Conv.of(96, 11).stride(4)).relu()));
    x = pool(norm(x.then(Conv.of(256, 5).padding(2).groups(2)).relu()));
    x = x.then(Conv.of(384, 3).padding(1)).relu();
    x = x.then(Conv.of(384, 3).padding(1).groups(2)).relu();
    x = pool(x.then(Conv.of(256, 3).padding(1).groups(2)).relu());
    x = x.flatten().dense(4096).relu().dropout(0.5);
    return x.dense(4096).relu().dropout(0.5).dense(classes).build();
  }

  /// One column, without norm, with fewer maps: 61 100 840 parameters for 1000 classes.
  static Model oneColumn(Shape input, int classes) {
    Node x = Model.input(input);
    x = pool(x.then(Conv.of(64, 11).stride(4).padding(2)).relu());
    x = pool(x.then(Conv.of(192, 5).padding(2)).relu());
    x = x.then(Conv.of(384, 3).padding(1)).relu();
    x = x.then(Conv.of(256, 3).padding(1)).relu();
    x = pool(x.then(Conv.of(256, 3).padding(1)).relu());
    x = x.flatten().dropout(0.5).dense(4096).relu();
    return x.dropout(0.5).dense(4096).relu().dense(classes).build();
  }

  private static Node pool(Node x) {
    return x.then(Pool.max(3).stride(2));
  }

  private static Node norm(Node x) {
    int channels = 5;
    return x.then(new LocalResponseNorm(channels, 1e-4 * channels, 0.75, 2));
  }
}
