package dev.tarn.zoo;

import dev.tarn.model.Model;
import dev.tarn.tensor.Shape;
import dev.tarn.train.GenerativeTrainer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Networks that Tarn knows by name and that learn in pairs to make images.
public enum Pair {
  /// Radford et al. 2015: generator and discriminator.
  DCGAN("generator", "discriminator"),
  /// Kingma & Welling 2013, convolutional: decoder and encoder.
  VAE("decoder", "encoder");

  /// The size of digits.
  private static final Shape DIGIT = Shape.of(1, 28, 28);

  private final String makerName;
  private final String otherName;

  Pair(String makerName, String otherName) {
    this.makerName = makerName;
    this.otherName = otherName;
  }

  /// The name on the command line: `dcgan`.
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// `dcgan-generator`, the network that makes images of noise.
  public String makerId() {
    return id() + "-" + makerName;
  }

  /// `dcgan-discriminator`, the other one.
  public String otherId() {
    return id() + "-" + otherName;
  }

  /// The network that makes images of this shape, whose sides are multiples of 4.
  ///
  /// @throws dev.tarn.error.ShapeException for another shape
  public Model maker(Shape image) {
    return switch (this) {
      case DCGAN -> Dcgan.generator(image);
      case VAE -> Vae.decoder(image);
    };
  }

  /// The network that reads images of this shape.
  ///
  /// @throws dev.tarn.error.ShapeException if a side is not a multiple of 4
  public Model other(Shape image) {
    return switch (this) {
      case DCGAN -> Dcgan.discriminator(image);
      case VAE -> Vae.encoder(image);
    };
  }

  /// A trainer of both with the paper's choices.
  public GenerativeTrainer trainer(Shape image) {
    return switch (this) {
      case DCGAN -> GenerativeTrainer.adversarial(maker(image), other(image));
      case VAE -> GenerativeTrainer.variational(other(image), maker(image));
    };
  }

  /// The pair of this name.
  public static Optional<Pair> of(String id) {
    return Stream.of(values()).filter(p -> p.id().equals(id)).findFirst();
  }

  /// One network of a pair by its own name, for digits of 28×28.
  public static Optional<Model> network(String id) {
    for (Pair pair : values()) {
      if (pair.makerId().equals(id)) {
        return Optional.of(pair.maker(DIGIT));
      }
      if (pair.otherId().equals(id)) {
        return Optional.of(pair.other(DIGIT));
      }
    }
    return Optional.empty();
  }

  /// The names of all pairs.
  public static List<String> names() {
    return Stream.of(values()).map(Pair::id).toList();
  }

  /// The names of the networks of all pairs.
  public static List<String> networkNames() {
    return Stream.of(values()).flatMap(p -> Stream.of(p.makerId(), p.otherId())).toList();
  }
}
