package dev.tarn.zoo;

import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.model.Model;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// The networks that Tarn knows by name.
public enum Zoo {
  /// Convolution 5×5 with 3 maps, max pooling 2×2, fully connected.
  TEXTBOOK(Shape.of(1, 28, 28), 10, Textbook::one),
  /// Twice convolution and pooling (20 and 40 maps), then 100 and 10 units.
  TEXTBOOK2(Shape.of(1, 28, 28), 10, Textbook::two),
  /// LeCun et al. 1998.
  LENET5(Shape.of(1, 28, 28), 10, LeNet5::of),
  /// Krizhevsky et al. 2012: five convolutions in two columns, overlapping pooling, local response
  /// norm.
  ALEXNET(Shape.of(3, 227, 227), 1000, AlexNet::twoColumns),
  /// Krizhevsky 2014: the same in one column, without norm.
  ALEXNET_ONE_COLUMN(Shape.of(3, 224, 224), 1000, AlexNet::oneColumn),
  /// Simonyan & Zisserman 2014, column A.
  VGG11(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.A, Vgg.Norm.NONE, i, c)),
  /// Column A with batch norm.
  VGG11_BN(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.A, Vgg.Norm.BATCH, i, c)),
  /// Simonyan & Zisserman 2014, column B.
  VGG13(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.B, Vgg.Norm.NONE, i, c)),
  /// Column B with batch norm.
  VGG13_BN(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.B, Vgg.Norm.BATCH, i, c)),
  /// Simonyan & Zisserman 2014, column D.
  VGG16(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.D, Vgg.Norm.NONE, i, c)),
  /// Column D with batch norm.
  VGG16_BN(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.D, Vgg.Norm.BATCH, i, c)),
  /// Simonyan & Zisserman 2014, column E.
  VGG19(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.E, Vgg.Norm.NONE, i, c)),
  /// Column E with batch norm.
  VGG19_BN(Shape.of(3, 224, 224), 1000, (i, c) -> Vgg.of(Vgg.E, Vgg.Norm.BATCH, i, c)),
  /// Lin et al. 2013: 1×1 convolutions inside, global average pooling instead of dense layers.
  NETWORK_IN_NETWORK(Shape.of(3, 32, 32), 10, NetworkInNetwork::of),
  /// Springenberg et al. 2014, base model C, with max pooling.
  ALL_CNN_BASE(Shape.of(3, 32, 32), 10, AllCnn::base),
  /// Springenberg et al. 2014, All-CNN-C: strided convolutions instead of pooling.
  ALL_CNN_C(Shape.of(3, 32, 32), 10, AllCnn::c),
  /// He et al. 2015, 18 layers.
  RESNET18(Shape.of(3, 224, 224), 1000, ResNet::of18),
  /// Iandola et al. 2016, version 1.0.
  SQUEEZENET(Shape.of(3, 224, 224), 1000, SqueezeNet::of),
  /// Hu et al. 2017: VGG-16 with batch norm and squeeze-and-excitation blocks.
  SE_VGG16(Shape.of(3, 224, 224), 1000, (i, c) -> SqueezeExcite.vgg(Vgg.D, i, c));

  private final Shape input;
  private final int classes;
  private final Network network;

  /// How a network is made for its input and number of classes.
  @FunctionalInterface
  private interface Network {
    Model of(Shape input, int classes);
  }

  Zoo(Shape input, int classes, Network network) {
    this.input = input;
    this.classes = classes;
    this.network = network;
  }

  /// The per-sample input shape of the paper.
  public Shape input() {
    return input;
  }

  /// The number of classes of the paper.
  public int classes() {
    return classes;
  }

  /// The network of the paper.
  public Model model() {
    return model(input, classes);
  }

  /// The network for another input or number of classes.
  ///
  /// @throws dev.tarn.error.ShapeException if the input is too small for its layers
  public Model model(Shape wantedInput, int wantedClasses) {
    return network.of(wantedInput, wantedClasses);
  }

  /// The name on the command line: `lenet5`.
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// The names that torchvision gives to the layers of this network, by ours, for
  /// `Weights.load(file, model, modules)`; empty where it has no such network.
  public Map<String, String> torchvision() {
    return switch (this) {
      case ALEXNET_ONE_COLUMN, VGG11, VGG11_BN, VGG13, VGG13_BN, VGG16, VGG16_BN, VGG19, VGG19_BN ->
          Torchvision.inTwoRows(model());
      case RESNET18 -> Torchvision.resNet18(model());
      case SQUEEZENET -> Torchvision.squeezeNet(model());
      case TEXTBOOK,
          TEXTBOOK2,
          LENET5,
          ALEXNET,
          NETWORK_IN_NETWORK,
          ALL_CNN_BASE,
          ALL_CNN_C,
          SE_VGG16 ->
          Map.of();
    };
  }

  /// All names.
  public static List<String> names() {
    return Stream.of(values()).map(Zoo::id).toList();
  }

  /// The network of this name.
  ///
  /// @throws ParameterException if there is none; the message lists what there is
  public static Zoo of(String id) {
    return Stream.of(values())
        .filter(z -> z.id().equals(id))
        .findFirst()
        .orElseThrow(() ->
            new ParameterException(
                "model \"%s\" is not known; needed one of %s, or a .tarn file."
                    .formatted(TarnException.quote(id), String.join(", ", names()))));
  }

  /// [#model(Shape, int)] by name.
  public static Model model(String id, Shape input, int classes) {
    return of(id).model(input, classes);
  }
}
