package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Select;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Transpose;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Makes of each node of a model one layer of Keras or more, all with channels last.
final class LayerWriter {
  private final Parameters parameters;
  private final List<KerasLayer> layers = new ArrayList<>();
  private final Map<String, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final Set<String> notNegative = new HashSet<>();
  private final List<String> missing = new ArrayList<>();

  LayerWriter(Parameters parameters) {
    this.parameters = parameters;
  }

  /// All layers of the model, each after its inputs.
  ///
  /// @throws UnsupportedException naming every node that Keras has no layer for
  List<KerasLayer> layers() {
    for (Node node : parameters.model().nodes()) {
      if (missing.isEmpty() || node.inputs().stream().allMatch(n -> names.containsKey(n.name()))) {
        try {
          write(node);
          if (WindowWriter.neverNegative(node, notNegative)) {
            notNegative.add(node.name());
          }
        } catch (UnsupportedException e) {
          missing.add("%s: %s".formatted(node.describe(), e.getMessage()));
          names.put(node.name(), node.name()); // so that what follows is looked at as well
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new UnsupportedException(
          "Keras has no layers for %d of the model's: %s"
              .formatted(missing.size(), quote(String.join(" ", missing))));
    }
    return List.copyOf(layers);
  }

  /// The name in the file of a node's result.
  String name(Node node) {
    return Objects.requireNonNull(names.get(node.name()), node.name());
  }

  boolean isNeverNegative(Node node) {
    return notNegative.contains(node.name());
  }

  private void write(Node node) {
    Json.Members none = Json.members();
    switch (node.layer()) {
      case Input input ->
          put(node, "InputLayer", none.with("batch_shape", KerasLayer.batch(sizes(input.shape()))));
      case Conv conv -> new WindowWriter(this).conv(node, conv);
      case TransposedConv conv -> new WindowWriter(this).transposed(node, conv);
      case Dense dense -> dense(node, dense);
      case Pool pool -> new PoolWriter(this).pool(node, pool);
      case Flatten(Layout order) -> flatten(node, order);
      case Reshape(Shape shape) -> reshape(node, shape);
      case Transpose(List<Integer> order) -> permute(node, order);
      case Activate(Activation function) -> activate(node, function);
      case Softmax softmax -> put(node, "Softmax", none.with("axis", -1));
      case BatchNorm norm -> batchNorm(node, norm);
      case Dropout(double rate) -> put(node, "Dropout", none.with("rate", new Json.Real(rate)));
      case ZeroPad pad -> new WindowWriter(this).zeroPad(node, pad);
      case Upsample up -> new WindowWriter(this).upsample(node, up);
      case Select select -> new WindowWriter(this).crop(node, select);
      case Add add -> put(node, "Add", none);
      case Multiply multiply -> put(node, "Multiply", none);
      case Concat concat -> put(node, "Concatenate", none.with("axis", -1));
      case Combine(Operator operator) ->
          put(
              node,
              switch (operator) {
                case ADD -> "Add";
                case MULTIPLY -> "Multiply";
                case SUBTRACT -> "Subtract";
                case MAXIMUM -> "Maximum";
                case MINIMUM -> "Minimum";
                default -> throw new UnsupportedException("no layer combines so.");
              },
              none);
      case LocalResponseNorm norm -> throw none("local response normalisation");
      case MaxUnpool unpool -> throw none("unpooling");
      case AverageUnpool unpool -> throw none("unpooling");
      case Constant constant -> throw none("constants");
      case Reduce reduce -> throw none("reduction");
      case Resize resize -> throw none("resizing by any weights");
      case CustomLayer custom -> throw none("layers of the user's own");
    }
  }

  private static UnsupportedException none(String what) {
    return new UnsupportedException("there is no layer for %s.".formatted(what));
  }

  // What layers are made of.

  /// Sizes as Keras has them: channels last.
  static List<Integer> sizes(Shape shape) {
    int rank = shape.rank();
    return IntStream.range(0, rank).mapToObj(axis -> shape.size((axis + 1) % rank)).toList();
  }

  /// A name that no other layer has; Keras' names have no `/`.
  String unique(String wanted) {
    String stem = wanted.replace('/', '_');
    String name = stem;
    for (int number = 2; !taken.add(name); number++) {
      name = stem + "_" + number;
    }
    return name;
  }

  /// The layer of a node, applied to the node's inputs.
  void put(Node node, String kind, Json.Members config, KerasLayer.Weight... weights) {
    put(node, kind, config, node.inputs().stream().map(this::name).toList(), weights);
  }

  /// The layer of a node, applied to others.
  void put(
      Node node,
      String kind,
      Json.Members config,
      List<String> inputs,
      KerasLayer.Weight... weights) {
    String name = unique(node.name());
    layers.add(new KerasLayer(kind, name, config, inputs, sizes(node.shape()), List.of(weights)));
    names.put(node.name(), name);
  }

  /// A layer before that of a node; its name.
  String before(
      Node node,
      String what,
      String kind,
      Json.Members config,
      String input,
      List<Integer> output) {
    String name = unique(node.name() + "_" + what);
    layers.add(new KerasLayer(kind, name, config, List.of(input), output, List.of()));
    return name;
  }

  /// A layer with weights before that of a node, applied to the node's inputs; its name.
  String beforeWith(
      Node node,
      String what,
      String kind,
      Json.Members config,
      List<Integer> output,
      KerasLayer.Weight... weights) {
    String name = unique(node.name() + "_" + what);
    List<String> inputs = node.inputs().stream().map(this::name).toList();
    layers.add(new KerasLayer(kind, name, config, inputs, output, List.of(weights)));
    return name;
  }

  /// A parameter as an array.
  ///
  /// @param order which axis of the parameter each axis of the array is
  KerasLayer.Weight weight(Node node, String parameter, String name, int... order) {
    Parameter found = parameter(node, parameter);
    List<Integer> ours = IntStream.of(found.spec().shape().toArray()).boxed().toList();
    return weight(found, name, ours, order);
  }

  /// A parameter seen with other sizes.
  KerasLayer.Weight weight(Parameter parameter, String name, List<Integer> ours, int... order) {
    List<Integer> axes = IntStream.of(order).boxed().toList();
    return new KerasLayer.Weight(name, parameters.array(), parameter.at(), ours, axes);
  }

  Parameter parameter(Node node, String name) {
    return parameters.model().parameters(node).stream()
        .filter(p -> p.spec().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  boolean hasBias(Node node) {
    return parameters.model().parameters(node).stream()
        .anyMatch(p -> p.spec().name().equals("bias"));
  }

  /// `first`, and the bias if there is one.
  KerasLayer.Weight[] withBias(Node node, KerasLayer.Weight first) {
    return hasBias(node)
        ? new KerasLayer.Weight[] {first, weight(node, "bias", "bias", 0)}
        : new KerasLayer.Weight[] {first};
  }

  private void dense(Node node, Dense dense) {
    Json.Members config =
        Json.members()
            .with("units", dense.units())
            .with("activation", "linear")
            .with("use_bias", new Json.Truth(hasBias(node)));
    put(node, "Dense", config, withBias(node, weight(node, "weight", "kernel", 1, 0)));
  }

  private void flatten(Node node, Layout order) {
    Node input = node.inputs().getFirst();
    String from = name(input);
    if (order == Layout.NCHW && input.shape().positions() > 1 && input.shape().channels() > 1) {
      from = channelsFirst(node, input.shape(), from);
    }
    put(node, "Flatten", Json.members(), List.of(from));
  }

  /// Puts channels before the other axes.
  private String channelsFirst(Node node, Shape shape, String from) {
    int rank = shape.rank();
    List<Integer> order = IntStream.range(0, rank).mapToObj(a -> a == 0 ? rank : a).toList();
    Json.Members config = Json.members().with("dims", Json.wholes(order));
    List<Integer> sizes = IntStream.of(shape.toArray()).boxed().toList();
    return before(node, "channels_first", "Permute", config, from, sizes);
  }

  private void reshape(Node node, Shape shape) {
    Node input = node.inputs().getFirst();
    String from = name(input);
    boolean turned = input.shape().rank() > 1;
    from = turned ? channelsFirst(node, input.shape(), from) : from;
    List<Integer> ours = IntStream.of(shape.toArray()).boxed().toList();
    Json.Members config = Json.members().with("target_shape", Json.wholes(ours));
    if (shape.rank() == 1) {
      put(node, "Reshape", config, List.of(from));
      return;
    }
    String reshaped = before(node, "reshape", "Reshape", config, from, ours);
    List<Integer> last =
        IntStream.range(0, shape.rank()).mapToObj(a -> (a + 1) % shape.rank() + 1).toList();
    put(node, "Permute", Json.members().with("dims", Json.wholes(last)), List.of(reshaped));
  }

  /// Tarn's axis 0 is Keras' last.
  private void permute(Node node, List<Integer> order) {
    int rank = order.size();
    List<Integer> dims = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      int ours = order.get((axis + 1) % rank);
      dims.add(ours == 0 ? rank : ours);
    }
    put(node, "Permute", Json.members().with("dims", Json.wholes(dims)));
  }

  private void activate(Node node, Activation function) {
    Optional<String> name = Activations.name(function);
    if (name.isPresent()) {
      put(node, "Activation", Json.members().with("activation", name.get()));
      return;
    }
    switch (function) {
      case Activation.LeakyRelu(double slope) ->
          put(node, "LeakyReLU", Json.members().with("negative_slope", new Json.Real(slope)));
      case Curve.Elu(double alpha, double scale) when scale == 1 ->
          put(node, "ELU", Json.members().with("alpha", new Json.Real(alpha)));
      case Curve.Clip(double least, double most) when least == 0 && Double.isFinite(most) ->
          put(node, "ReLU", Json.members().with("max_value", new Json.Real(most)));
      case Curve.ThresholdedRelu(double threshold) when threshold >= 0 ->
          put(node, "ReLU", Json.members().with("threshold", new Json.Real(threshold)));
      case Curve.Affine(double scale, double shift) ->
          put(node, "Rescaling", rescaling(scale, shift));
      default -> throw none("this function");
    }
  }

  static Json.Members rescaling(double scale, double shift) {
    return Json.members().with("scale", new Json.Real(scale)).with("offset", new Json.Real(shift));
  }

  private void batchNorm(Node node, BatchNorm norm) {
    Json.Members config =
        Json.members()
            .with("axis", -1)
            .with("momentum", new Json.Real(1 - norm.momentum()))
            .with("epsilon", new Json.Real(norm.epsilon()))
            .with("center", new Json.Truth(true))
            .with("scale", new Json.Truth(true));
    put(
        node,
        "BatchNormalization",
        config,
        weight(node, "weight", "gamma", 0),
        weight(node, "bias", "beta", 0),
        weight(node, "runningMean", "moving_mean", 0),
        weight(node, "runningVariance", "moving_variance", 0));
  }
}
