package dev.tarn.zoo;

import dev.tarn.error.ShapeException;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;

/// Radford, Metz & Chintala, "Unsupervised Representation Learning with Deep Convolutional
/// Generative Adversarial Networks" (2015), section 3, for small images such as digits.
///
/// No pooling and no dense layers behind maps: the generator doubles its maps by transposed
/// convolutions of stride 2, the discriminator halves them by convolutions of stride 2; batch norm
/// in both but for the generator's output and the discriminator's input; ReLU and tanh in one,
/// leaky ReLU 0.2 in the other; weights start normal with deviation 0.02.
final class Dcgan {
  /// Random numbers that the generator begins with.
  private static final int NOISE = 100;

  private static final int MAPS = 64;
  private static final Initializer START = Initializer.normal(0.02);

  private Dcgan() {}

  /// From 100 random numbers to images of this shape, values −1 to 1.
  static Model generator(Shape image) {
    int height = quarter(image, 0);
    int width = quarter(image, 1);
    Node x = Model.input(NOISE).then(new Reshape(Shape.of(NOISE, 1, 1)));
    x = x.then(up(2 * MAPS, height, width)).batchNorm().relu();
    x = x.then(up(MAPS, 4, 4).stride(2).padding(1)).batchNorm().relu();
    TransposedConv last = up(image.channels(), 4, 4).stride(2).padding(1).bias(Bias.WITH);
    return x.then(last).activate(Activation.TANH).build();
  }

  /// From images of this shape to one number, the logit of being real.
  static Model discriminator(Shape image) {
    Node x = Model.input(image).then(down(MAPS).bias(Bias.WITH)).activate(leaky());
    x = x.then(down(2 * MAPS)).batchNorm().activate(leaky());
    return x.then(Conv.of(1, quarter(image, 0), quarter(image, 1)).initializer(START))
        .flatten()
        .build();
  }

  private static TransposedConv up(int maps, int... kernel) {
    return TransposedConv.of(maps, kernel).bias(Bias.WITHOUT).initializer(START);
  }

  private static Conv down(int maps) {
    return Conv.of(maps, 4).stride(2).padding(1).bias(Bias.WITHOUT).initializer(START);
  }

  private static Activation leaky() {
    return Activation.leakyRelu(0.2);
  }

  /// A side of the smallest maps.
  static int quarter(Shape image, int axis) {
    if (image.spatialRank() != 2 || image.spatial(axis) % 4 != 0) {
      throw new ShapeException(
          "image %s; needed [channels, height, width] with sides that are multiples of 4."
              .formatted(image));
    }
    return image.spatial(axis) / 4;
  }
}
