package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Transpose;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Makes of each layer of Keras what it is in Tarn. A closed list: a class that is not named here
/// is not supported.
final class LayerReader {
  private static final Set<String> KINDS =
      Set.of(
          "InputLayer",
          "Dense",
          "Flatten",
          "Reshape",
          "Permute",
          "Dropout",
          "SpatialDropout1D",
          "SpatialDropout2D",
          "SpatialDropout3D",
          "Activation",
          "ReLU",
          "LeakyReLU",
          "ELU",
          "PReLU",
          "Softmax",
          "Identity",
          "ActivityRegularization",
          "GaussianNoise",
          "GaussianDropout",
          "AlphaDropout",
          "Concatenate",
          "Add",
          "Subtract",
          "Multiply",
          "Average",
          "Maximum",
          "Minimum",
          "Rescaling");

  private final Building build;
  private final Layout inputAxes;
  private final List<Shape> givenInputs;
  private int inputsRead;

  /// @param inputAxes whether inputs have channels last
  /// @param givenInputs shapes of inputs in place of those in the file
  LayerReader(Building build, Layout inputAxes, List<Shape> givenInputs) {
    this.build = build;
    this.inputAxes = inputAxes;
    this.givenInputs = givenInputs;
  }

  static boolean knows(String kind) {
    return KINDS.contains(kind) || WindowReader.knows(kind) || NormReader.knows(kind);
  }

  Value read(LayerConfig layer, List<Value> inputs) {
    if (layer.kind().equals("InputLayer")) {
      return input(layer);
    }
    if (inputs.isEmpty()) {
      throw new FormatException(layer.where() + ": is applied to nothing.");
    }
    return switch (layer.kind()) {
      case "Concatenate" -> concatenate(layer, inputs);
      case "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum" -> merge(layer, inputs);
      default -> {
        if (inputs.size() != 1) {
          throw new FormatException(
              "%s: is applied to %d results; expected 1.".formatted(layer.where(), inputs.size()));
        }
        Value x = inputs.getFirst();
        yield NormReader.knows(layer.kind())
            ? new NormReader(build).read(layer, x)
            : WindowReader.knows(layer.kind())
                ? then(layer, new WindowReader(build).read(layer, x))
                : read(layer, x);
      }
    };
  }

  private Value read(LayerConfig layer, Value x) {
    return switch (layer.kind()) {
      case "Dense" -> then(layer, dense(layer, x.channelsLast()));
      case "Flatten" -> flatten(layer, x);
      case "Reshape" -> reshape(layer, x.channelsFirst());
      case "Permute" -> permute(layer, x.channelsFirst());
      case "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D" ->
          put(layer, new Dropout(layer.real("rate", 0.5)), x);
      case "Activation" -> then(layer, x, layer.name());
      // What only training does.
      case "Identity",
          "ActivityRegularization",
          "GaussianNoise",
          "GaussianDropout",
          "AlphaDropout" ->
          x;
      case "PReLU" -> parametricRelu(layer, x.channelsLast());
      case "ReLU" -> put(layer, new Activate(relu(layer)), x);
      case "LeakyReLU" -> put(layer, new Activate(Activation.leakyRelu(slope(layer, 0.3))), x);
      case "ELU" -> put(layer, new Activate(new Curve.Elu(layer.real("alpha", 1), 1)), x);
      case "Softmax" -> softmax(layer, x);
      case "Rescaling" -> rescaling(layer, x);
      default -> throw new IllegalStateException(layer.kind());
    };
  }

  private Value put(LayerConfig layer, Layer made, Value x) {
    return new Value(build.node(layer.name(), made, x.node()), x.axes());
  }

  private Value input(LayerConfig layer) {
    String setting = layer.given("batch_shape").isPresent() ? "batch_shape" : "batch_input_shape";
    List<JsonCursor> sizes = layer.config().get(setting).items();
    int number = inputsRead++;
    if (number < givenInputs.size()) {
      return new Value(
          build.named(layer.name(), Node.of(new Input(givenInputs.get(number)))), inputAxes);
    }
    if (sizes.isEmpty() || sizes.size() > 5) {
      throw layer
          .config()
          .get(setting)
          .malformed("has %d sizes".formatted(sizes.size()), "the batch and 1 to 4 sizes");
    }
    int[] keras = new int[sizes.size() - 1];
    for (int axis = 0; axis < keras.length; axis++) {
      JsonCursor at = sizes.get(axis + 1);
      if (at.value() instanceof Json.Nothing) {
        throw new UnsupportedException(
            "%s: size %d of its shape is open; give the shape of a sample as [channels, height, width]."
                .formatted(layer.where(), axis + 1));
      }
      keras[axis] = (int) at.whole(1, Shape.MOST_ELEMENTS);
    }
    Layout axes = keras.length == 1 ? Layout.NHWC : inputAxes;
    return new Value(build.named(layer.name(), Node.of(new Input(Value.shape(keras, axes)))), axes);
  }

  /// The result of a layer and what its `activation` makes of it.
  private Value then(LayerConfig layer, Value x) {
    return then(layer, x, layer.name() + "/activation");
  }

  private Value then(LayerConfig layer, Value x, String name) {
    return switch (Activations.of(layer)) {
      case Activations.Then.Nothing nothing -> x;
      case Activations.Then.Apply(Activation function) ->
          new Value(build.node(name, new Activate(function), x.node()), x.axes());
      case Activations.Then.Softmax softmax -> {
        Value last = x.channelsLast();
        yield new Value(build.node(name, new Softmax(), last.node()), Layout.NHWC);
      }
    };
  }

  /// A dense layer runs along the last axis; of more than one axis that is a convolution with a
  /// kernel of 1.
  private Value dense(LayerConfig layer, Value x) {
    int units = layer.whole("units");
    boolean bias = layer.flag("use_bias", true);
    Shape shape = x.node().shape();
    Node node = build.node(layer.name(), WindowReader.dense(units, shape.rank(), bias), x.node());
    int[] kernel = {shape.size(0), units};
    List<Hdf5Array> arrays =
        bias
            ? build.arrays(layer, kernel, new int[] {units})
            : build.arrays(layer, new int[][] {kernel});
    if (!arrays.isEmpty()) {
      build.fill(node, "weight", arrays.getFirst(), 1, 0);
      if (bias) {
        build.fill(node, "bias", arrays.get(1), 0);
      }
    }
    return new Value(node, Layout.NHWC);
  }

  /// In Keras channels run fastest, whatever its `data_format` says of the input.
  private Value flatten(LayerConfig layer, Value x) {
    Value from = layer.channelsLast() ? x : x.channelsFirst();
    boolean inPlace = !layer.channelsLast() || from.axes() == Layout.NHWC;
    Flatten made = new Flatten(inPlace ? Layout.NHWC : Layout.NCHW);
    return new Value(build.node(layer.name(), made, from.node()), Layout.NHWC);
  }

  private Value reshape(LayerConfig layer, Value x) {
    List<Long> target =
        layer.config().get("target_shape").list(n -> n.whole(-1, Shape.MOST_ELEMENTS));
    long known = 1;
    for (long size : target) {
      known = Math.min(size < 0 ? known : known * size, Shape.MOST_ELEMENTS);
    }
    int[] sizes = new int[target.size()];
    for (int axis = 0; axis < sizes.length; axis++) {
      long size = target.get(axis);
      sizes[axis] = (int) (size >= 0 ? size : known == 0 ? 0 : x.node().shape().elements() / known);
    }
    return put(layer, new Reshape(Shape.of(sizes)), x);
  }

  private Value permute(LayerConfig layer, Value x) {
    List<Integer> order = layer.config().get("dims").list(n -> (int) n.whole(1, 8) - 1);
    return put(layer, new Transpose(order), x);
  }

  /// Slopes may be shared along axes, which then have size 1.
  private Value parametricRelu(LayerConfig layer, Value x) {
    int[] sizes = x.kerasSizes();
    List<Integer> shared =
        layer
            .given("shared_axes")
            .map(at -> at.list(axis -> (int) axis.whole(1, sizes.length)))
            .orElse(List.of());
    NormReader.requireAllPositions(layer, "shared_axes", shared, sizes.length);
    shared.forEach(axis -> sizes[axis - 1] = 1);
    Node slopes =
        build.node(layer.name() + "/slopes", new Constant(Value.shape(sizes, Layout.NHWC)));
    List<Hdf5Array> arrays = build.arrays(layer, new int[][] {sizes});
    if (!arrays.isEmpty()) {
      int[] order = new int[sizes.length];
      for (int axis = 0; axis < order.length; axis++) {
        order[axis] = Math.floorMod(axis - 1, order.length);
      }
      build.fill(slopes, "value", arrays.getFirst(), order);
    }
    Node made = build.node(layer.name(), new Combine(Operator.PRELU), x.node(), slopes);
    return new Value(made, Layout.NHWC);
  }

  private static double slope(LayerConfig layer, double otherwise) {
    return layer.real("negative_slope", layer.real("alpha", otherwise));
  }

  private static Activation relu(LayerConfig layer) {
    double slope = slope(layer, 0);
    double threshold = layer.real("threshold", 0);
    Optional<JsonCursor> most = layer.given("max_value");
    if (most.isEmpty() && threshold == 0) {
      return slope == 0 ? Activation.RELU : Activation.leakyRelu(slope);
    }
    if (slope == 0 && threshold == 0) {
      return new Curve.Clip(0, most.get().real());
    }
    if (slope == 0 && most.isEmpty()) {
      return new Curve.ThresholdedRelu(threshold);
    }
    throw layer.unsupported(
        "negative_slope", "%s, max_value and threshold %s".formatted(slope, threshold));
  }

  private Value softmax(LayerConfig layer, Value x) {
    int rank = x.node().shape().rank();
    int axis = NormReader.axis(layer, -1, rank);
    if (axis != rank && axis != 1) {
      throw layer.unsupported("axis", "is %d of %d".formatted(axis, rank));
    }
    return put(layer, new Softmax(), axis == rank ? x.channelsLast() : x.channelsFirst());
  }

  private Value rescaling(LayerConfig layer, Value x) {
    for (String setting : List.of("scale", "offset")) {
      if (layer.given(setting).map(at -> at.value() instanceof Json.Items).orElse(false)) {
        throw layer.unsupported(setting, "has several numbers");
      }
    }
    double scale = layer.config().get("scale").real();
    return put(layer, new Activate(new Curve.Affine(scale, layer.real("offset", 0))), x);
  }

  private Value concatenate(LayerConfig layer, List<Value> inputs) {
    int rank = inputs.getFirst().node().shape().rank();
    int axis = NormReader.axis(layer, -1, rank);
    if (axis != rank && axis != 1) {
      throw layer.unsupported("axis", "is %d of %d".formatted(axis, rank));
    }
    Layout axes = axis == rank ? Layout.NHWC : Layout.NCHW;
    Node[] from = inputs.stream().map(x -> x.in(axes).node()).toArray(Node[]::new);
    return new Value(build.node(layer.name(), new Concat(), from), axes);
  }

  /// Where inputs have different numbers of axes, Keras puts axes of 1 after the batch, so that the
  /// last stays channels.
  private Value merge(LayerConfig layer, List<Value> inputs) {
    boolean first = inputs.stream().allMatch(x -> x.axes() == Layout.NCHW);
    boolean sameRank = inputs.stream().map(x -> x.node().shape().rank()).distinct().count() == 1;
    Layout axes = first && sameRank ? Layout.NCHW : Layout.NHWC;
    List<Node> from = inputs.stream().map(x -> x.in(axes).node()).toList();
    String name = layer.name();
    if (from.size() < 2) {
      throw new FormatException(
          "%s: is applied to %d results; expected at least 2."
              .formatted(layer.where(), from.size()));
    }
    Node[] all = from.toArray(Node[]::new);
    Node made =
        switch (layer.kind()) {
          case "Add" -> build.node(name, new Add(), all);
          case "Multiply" -> build.node(name, new Multiply(), all);
          case "Average" -> {
            Node sum = build.node(name + "/sum", new Add(), all);
            yield build.node(name, new Activate(new Curve.Affine(1.0 / from.size(), 0)), sum);
          }
          case "Subtract" -> chain(name, Operator.SUBTRACT, from, layer, 2);
          case "Maximum" -> chain(name, Operator.MAXIMUM, from, layer, Integer.MAX_VALUE);
          default -> chain(name, Operator.MINIMUM, from, layer, Integer.MAX_VALUE);
        };
    return new Value(made, axes);
  }

  private Node chain(String name, Operator operator, List<Node> from, LayerConfig layer, int most) {
    if (from.size() > most) {
      throw new FormatException(
          "%s: is applied to %d results; expected %d."
              .formatted(quote(layer.where()), from.size(), most));
    }
    Node left = from.getFirst();
    for (int i = 1; i < from.size(); i++) {
      String step = i == from.size() - 1 ? name : name + "/" + i;
      left = build.node(step, new Combine(operator), left, from.get(i));
    }
    return left;
  }
}
