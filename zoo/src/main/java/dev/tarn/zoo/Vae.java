package dev.tarn.zoo;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;

/// Kingma & Welling, "Auto-Encoding Variational Bayes" (2013), with convolutions instead of the
/// paper's dense layers: an image becomes a normal distribution of 16 numbers, a draw from it
/// becomes an image.
final class Vae {
  /// Numbers that describe an image.
  private static final int CODE = 16;

  private static final int MAPS = 32;
  private static final int UNITS = 256;

  private Vae() {}

  /// From images of this shape to two outputs: means and logarithms of variances.
  static Model encoder(Shape image) {
    Node x = Model.input(image).then(Conv.of(MAPS, 4).stride(2).padding(1)).relu();
    x = x.then(Conv.of(2 * MAPS, 4).stride(2).padding(1)).relu().flatten().dense(UNITS).relu();
    return Model.of(x.dense(CODE).named("mean"), x.dense(CODE).named("logVariance"));
  }

  /// From 16 numbers to the logits of an image of this shape.
  static Model decoder(Shape image) {
    Shape smallest = Shape.of(2 * MAPS, Dcgan.quarter(image, 0), Dcgan.quarter(image, 1));
    Node x = Model.input(CODE).dense(UNITS).relu().dense(smallest.arraySize()).relu();
    x = x.then(new Reshape(smallest));
    x = x.then(TransposedConv.of(MAPS, 4).stride(2).padding(1)).relu();
    return x.then(TransposedConv.of(image.channels(), 4).stride(2).padding(1)).build();
  }
}
