package dev.tarn.io.keras;

import dev.tarn.error.FormatException;
import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.Activate;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.model.Node;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/// Makes of each layer of Keras that normalizes what it is in Tarn: batch norm is a layer, the
/// others are means, differences and quotients, whose scales and shifts are constants.
final class NormReader {
  private static final Set<String> KINDS =
      Set.of(
          "BatchNormalization",
          "LayerNormalization",
          "GroupNormalization",
          "RMSNormalization",
          "UnitNormalization");

  /// Keras divides by no smaller squared norm.
  private static final double SMALLEST_SQUARE = 1e-12;

  private final Building build;

  NormReader(Building build) {
    this.build = build;
  }

  static boolean knows(String kind) {
    return KINDS.contains(kind);
  }

  Value read(LayerConfig layer, Value x) {
    return switch (layer.kind()) {
      case "BatchNormalization" -> batch(layer, x);
      case "LayerNormalization" -> layer(layer, x.channelsLast());
      case "GroupNormalization" -> group(layer, x);
      case "RMSNormalization" -> rootMeanSquare(layer, x.channelsLast());
      case "UnitNormalization" -> unit(layer, x.channelsLast());
      default -> throw new IllegalStateException(layer.kind());
    };
  }

  private Value batch(LayerConfig layer, Value x) {
    layer.requireFlag("renorm", false);
    int rank = x.node().shape().rank();
    int axis = axis(layer, -1, rank);
    Value from = axis == rank ? x.channelsLast() : axis == 1 ? x.channelsFirst() : x;
    if (axis != rank && axis != 1) {
      throw layer.unsupported("axis", "is %d of %d".formatted(axis, rank));
    }
    boolean scale = layer.flag("scale", true);
    boolean center = layer.flag("center", true);
    var made = new BatchNorm(layer.real("epsilon", 1e-3), 1 - layer.real("momentum", 0.99));
    Node node = build.node(layer.name(), made, from.node());
    int[] channels = {from.node().shape().channels()};
    List<int[]> sizes = new ArrayList<>(List.of(channels, channels));
    if (scale) {
      sizes.add(channels);
    }
    if (center) {
      sizes.add(channels);
    }
    List<Hdf5Array> arrays = build.arrays(layer, sizes.toArray(int[][]::new));
    if (!arrays.isEmpty()) {
      int next = 0;
      if (scale) {
        build.fill(node, "weight", arrays.get(next++), 0);
      } else {
        build.fill(node, "weight", 1);
      }
      if (center) {
        build.fill(node, "bias", arrays.get(next++), 0);
      } else {
        build.fill(node, "bias", 0);
      }
      build.fill(node, "runningMean", arrays.get(next), 0);
      build.fill(node, "runningVariance", arrays.get(next + 1), 0);
    }
    return new Value(node, from.axes());
  }

  private Value layer(LayerConfig layer, Value x) {
    layer.requireFlag("rms_scaling", false);
    List<Integer> axes = axes(layer, x.node().shape().rank());
    Node y = normalized(layer, x.node(), ours(axes, x), layer.real("epsilon", 1e-3));
    return scaled(layer, new Value(y, Layout.NHWC), axes);
  }

  /// Channels in groups, each normalized over its channels and all positions.
  private Value group(LayerConfig layer, Value input) {
    int rank = input.node().shape().rank();
    int axis = axis(layer, -1, rank);
    if (axis != rank && axis != 1) {
      throw layer.unsupported("axis", "is %d of %d".formatted(axis, rank));
    }
    Value x = axis == rank ? input.channelsLast() : input.channelsFirst();
    Shape shape = x.node().shape();
    int told = layer.whole("groups", 32);
    int groups = told == -1 ? shape.channels() : told;
    if (groups < 1 || shape.channels() % groups != 0) {
      throw new FormatException(
          "%s: %d channels do not make %d groups; expected a multiple."
              .formatted(layer.where(), shape.channels(), groups));
    }
    int[] split = IntStream.concat(IntStream.of(groups), IntStream.of(shape.toArray())).toArray();
    split[1] = shape.channels() / groups;
    Node grouped = node(layer, "groups", new Reshape(Shape.of(split)), x.node());
    List<Integer> within = IntStream.range(1, split.length).boxed().toList();
    Node y = normalized(layer, grouped, within, layer.real("epsilon", 1e-3));
    Value back = new Value(node(layer, "channels", new Reshape(shape), y), x.axes());
    return scaled(layer, back, List.of(axis));
  }

  private Value rootMeanSquare(LayerConfig layer, Value x) {
    List<Integer> axes = axes(layer, x.node().shape().rank());
    Node squares = combine(layer, "squares", Operator.MULTIPLY, x.node(), x.node());
    Node mean = node(layer, "mean", new Reduce(Statistic.MEAN, ours(axes, x)), squares);
    Node y = over(layer, x.node(), mean, layer.real("epsilon", 1e-6));
    Node scale = constant(layer, "scale", axes, x);
    fill(layer, List.of(scale), axes, x);
    return new Value(combine(layer, "", Operator.MULTIPLY, y, scale), Layout.NHWC);
  }

  private Value unit(LayerConfig layer, Value x) {
    List<Integer> axes = ours(axes(layer, x.node().shape().rank()), x);
    Node squares = node(layer, "squares", new Reduce(Statistic.SUM_OF_SQUARES, axes), x.node());
    var atLeast = new Activate(new Curve.Clip(SMALLEST_SQUARE, Double.POSITIVE_INFINITY));
    Node norm =
        node(layer, "norm", new Activate(Function.SQRT), node(layer, "least", atLeast, squares));
    return new Value(combine(layer, "", Operator.DIVIDE, x.node(), norm), Layout.NHWC);
  }

  /// `(x − mean) / √(variance + epsilon)`.
  private Node normalized(LayerConfig layer, Node x, List<Integer> axes, double epsilon) {
    Node mean = node(layer, "mean", new Reduce(Statistic.MEAN, axes), x);
    Node centred = combine(layer, "centred", Operator.SUBTRACT, x, mean);
    Node squares = combine(layer, "squares", Operator.MULTIPLY, centred, centred);
    Node variance = node(layer, "variance", new Reduce(Statistic.MEAN, axes), squares);
    return over(layer, centred, variance, epsilon);
  }

  private Node over(LayerConfig layer, Node x, Node square, double epsilon) {
    Node more = node(layer, "more", new Activate(new Curve.Affine(1, epsilon)), square);
    Node root = node(layer, "deviation", new Activate(Function.SQRT), more);
    return combine(layer, "normalized", Operator.DIVIDE, x, root);
  }

  /// Times a scale and plus a shift, where the layer has them.
  private Value scaled(LayerConfig layer, Value x, List<Integer> axes) {
    boolean scale = layer.flag("scale", true);
    boolean center = layer.flag("center", true);
    List<Node> constants = new ArrayList<>();
    Node y = x.node();
    if (scale) {
      constants.add(constant(layer, "scale", axes, x));
      y = combine(layer, "scaled", Operator.MULTIPLY, y, constants.getLast());
    }
    if (center) {
      constants.add(constant(layer, "shift", axes, x));
      y = combine(layer, "shifted", Operator.ADD, y, constants.getLast());
    }
    fill(layer, constants, axes, x);
    return new Value(y, x.axes());
  }

  /// One number for every index of these axes of Keras.
  private Node constant(LayerConfig layer, String what, List<Integer> axes, Value x) {
    int[] sizes = new int[x.node().shape().rank()];
    Arrays.fill(sizes, 1);
    ours(axes, x).forEach(axis -> sizes[axis] = x.node().shape().size(axis));
    return node(layer, what, new Constant(Shape.of(sizes)));
  }

  private void fill(LayerConfig layer, List<Node> constants, List<Integer> axes, Value x) {
    int[] keras = x.kerasSizes();
    int[] sizes = axes.stream().mapToInt(axis -> keras[axis - 1]).toArray();
    List<Hdf5Array> arrays =
        build.arrays(layer, constants.stream().map(c -> sizes).toArray(int[][]::new));
    List<Integer> places = axes.stream().map(axis -> ours(axis, x)).toList();
    int[] order = places.stream().sorted().mapToInt(places::indexOf).toArray();
    for (int i = 0; i < arrays.size(); i++) {
      build.fill(constants.get(i), "value", arrays.get(i), order);
    }
  }

  private Node node(LayerConfig layer, String part, Layer made, Node... inputs) {
    return build.node(part.isEmpty() ? layer.name() : layer.name() + "/" + part, made, inputs);
  }

  private Node combine(LayerConfig layer, String part, Operator operator, Node a, Node b) {
    return node(layer, part, new Combine(operator), a, b);
  }

  /// Axes of Tarn, rising.
  private static List<Integer> ours(List<Integer> axes, Value x) {
    return axes.stream().map(axis -> ours(axis, x)).sorted().toList();
  }

  /// The axis of Tarn that an axis of Keras, counted from 1, is.
  private static int ours(int axis, Value x) {
    int rank = x.node().shape().rank();
    return x.axes() == Layout.NHWC ? axis % rank : axis - 1;
  }

  /// The axis of a setting among those of a sample, counted from 1; Keras 2 wrote it as a list.
  static int axis(LayerConfig layer, int otherwise, int rank) {
    Optional<JsonCursor> at = layer.given("axis");
    if (at.isEmpty()) {
      return positive(layer, otherwise, rank);
    }
    boolean list = at.get().value() instanceof Json.Items;
    List<JsonCursor> items = list ? at.get().items() : List.of(at.get());
    if (items.size() != 1) {
      throw layer.unsupported("axis", "names %d axes".formatted(items.size()));
    }
    return positive(layer, items.getFirst().whole(-8, 8), rank);
  }

  /// One axis or several, different ones; the last if none is named.
  private static List<Integer> axes(LayerConfig layer, int rank) {
    Optional<JsonCursor> at = layer.given("axis");
    boolean one = at.isEmpty() || !(at.get().value() instanceof Json.Items);
    List<Integer> axes =
        one
            ? List.of(axis(layer, -1, rank))
            : at.get().list(axis -> positive(layer, axis.whole(-8, 8), rank));
    if (axes.isEmpty() || axes.stream().distinct().count() < axes.size()) {
      throw layer.config().get("axis").malformed("is " + axes, "different axes, at least one");
    }
    requireAllPositions(layer, "axis", axes, rank);
    return axes;
  }

  /// Tarn repeats what stands for all positions or none, not for rows or columns.
  static void requireAllPositions(LayerConfig layer, String setting, List<Integer> axes, int rank) {
    long positions = axes.stream().filter(axis -> axis < rank).distinct().count();
    if (positions != 0 && positions != rank - 1) {
      throw layer.unsupported(
          setting, "is %s: %d of the %d axes before channels".formatted(axes, positions, rank - 1));
    }
  }

  private static int positive(LayerConfig layer, long axis, int rank) {
    long positive = axis < 0 ? axis + rank + 1 : axis;
    if (positive < 1 || positive > rank) {
      throw new FormatException(
          "%s: axis is %d; expected one of the %d axes of a sample, or counted from the last."
              .formatted(layer.where(), axis, rank));
    }
    return (int) positive;
  }
}
