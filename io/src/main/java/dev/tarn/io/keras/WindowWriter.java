package dev.tarn.io.keras;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Select;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Transpose;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/// Convolutions, padding, cropping and enlarging as layers of Keras.
final class WindowWriter {
  private final LayerWriter to;

  WindowWriter(LayerWriter to) {
    this.to = to;
  }

  static List<Integer> perAxis(List<Integer> numbers, int axes, String what) {
    return IntStream.range(0, axes).mapToObj(axis -> Window.at(numbers, axis, axes, what)).toList();
  }

  /// Kernel, stride, dilation and padding.
  private static Json.Members window(Window window, int axes, String padding) {
    return Json.members()
        .with("kernel_size", Json.wholes(perAxis(window.kernel(), axes, "kernel")))
        .with("strides", Json.wholes(perAxis(window.stride(), axes, "stride")))
        .with("dilation_rate", Json.wholes(perAxis(window.dilation(), axes, "dilation")))
        .with("padding", padding)
        .with("data_format", "channels_last")
        .with("activation", "linear");
  }

  /// From the parameter's `[first, second, kernel…]` to `kernel…, a, b`.
  private static int[] order(int axes, int a, int b) {
    return IntStream.concat(IntStream.range(2, axes + 2), IntStream.of(a, b)).toArray();
  }

  /// Convolutions read 0 around the input, so any padding may be a layer before them.
  void conv(Node node, Conv conv) {
    Node input = node.inputs().getFirst();
    Shape shape = input.shape();
    int axes = shape.spatialRank();
    boolean same = Sides.same(conv.window(), shape);
    Sides sides = Sides.of(conv.window(), shape);
    String from = to.name(input);
    if (!same && !sides.none()) {
      from = pad(node, sides, shape, from);
    }
    Json.Members config =
        window(conv.window(), axes, same && !sides.none() ? "same" : "valid")
            .with("use_bias", new Json.Truth(to.hasBias(node)));
    boolean depthwise =
        conv.groups() == shape.channels()
            && conv.groups() > 1
            && axes < 3
            && evenStride(conv, axes);
    if (depthwise) {
      int multiplier = conv.outChannels() / conv.groups();
      List<Integer> ours = new ArrayList<>(List.of(conv.groups(), multiplier));
      ours.addAll(perAxis(conv.window().kernel(), axes, "kernel"));
      var kernel =
          to.weight(to.parameter(node, "weight"), "depthwise_kernel", ours, order(axes, 0, 1));
      to.put(
          node,
          "DepthwiseConv%dD".formatted(axes),
          config.with("depth_multiplier", multiplier),
          List.of(from),
          to.withBias(node, kernel));
      return;
    }
    to.put(
        node,
        "Conv%dD".formatted(axes),
        config.with("filters", conv.outChannels()).with("groups", conv.groups()),
        List.of(from),
        to.withBias(node, to.weight(node, "weight", "kernel", order(axes, 1, 0))));
  }

  /// TensorFlow's depthwise convolution has one stride for both axes.
  private static boolean evenStride(Conv conv, int axes) {
    return perAxis(conv.window().stride(), axes, "stride").stream().distinct().count() == 1;
  }

  /// A layer of zeros before that of a node; its name.
  String pad(Node node, Sides sides, Shape input, String from) {
    int[] sizes = input.toArray();
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      sizes[axis + 1] += sides.before().get(axis) + sides.after().get(axis);
    }
    return to.before(
        node,
        "pad",
        "ZeroPadding%dD".formatted(input.spatialRank()),
        Json.members().with("padding", pairs(sides.before(), sides.after())),
        from,
        LayerWriter.sizes(Shape.of(sizes)));
  }

  /// `[[top, bottom], [left, right]]`; of one axis `[left, right]`.
  private static Json pairs(List<Integer> before, List<Integer> after) {
    List<Json> pairs =
        IntStream.range(0, before.size())
            .<Json>mapToObj(axis -> Json.wholes(List.of(before.get(axis), after.get(axis))))
            .toList();
    return pairs.size() == 1 ? pairs.getFirst() : new Json.Items(pairs);
  }

  /// Without padding Keras gives `(n − 1)·stride + max(window, stride)` outputs, of which some are
  /// cropped.
  void transposed(Node node, TransposedConv conv) {
    Node input = node.inputs().getFirst();
    int axes = input.shape().spatialRank();
    if (conv.groups() != 1) {
      throw new UnsupportedException("there is no transposed convolution with groups.");
    }
    Window window = conv.window();
    boolean same = window.padding() == Padding.SAME_UPPER;
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    int[] full = node.shape().toArray();
    for (int axis = 0; axis < axes && !same; axis++) {
      if (!(window.padding() instanceof Padding.Sides sides)) {
        throw new UnsupportedException("there is no padding that puts an odd cell first.");
      }
      int stride = Window.at(window.stride(), axis, axes, "stride");
      long all =
          (input.shape().spatial(axis) - 1L) * stride + Math.max(window.extent(axis, axes), stride);
      int first = Window.at(sides.before(), axis, axes, "padding");
      long last = all - first - node.shape().spatial(axis);
      if (last < 0) {
        throw new UnsupportedException("there is no such padding of outputs.");
      }
      before.add(first);
      after.add(Math.toIntExact(last));
      full[axis + 1] = Math.toIntExact(all);
    }
    Json.Members config =
        window(window, axes, same ? "same" : "valid")
            .with("filters", conv.outChannels())
            .with("use_bias", new Json.Truth(to.hasBias(node)));
    String kind = "Conv%dDTranspose".formatted(axes);
    var weights = to.withBias(node, to.weight(node, "weight", "kernel", order(axes, 1, 0)));
    Sides cut = new Sides(before, after);
    if (same || cut.none()) {
      to.put(node, kind, config, weights);
      return;
    }
    String wide =
        to.beforeWith(node, "full", kind, config, LayerWriter.sizes(Shape.of(full)), weights);
    to.put(
        node,
        "Cropping%dD".formatted(axes),
        Json.members().with("cropping", pairs(before, after)),
        List.of(wide));
  }

  void zeroPad(Node node, ZeroPad pad) {
    int axes = node.shape().spatialRank();
    to.put(
        node,
        "ZeroPadding%dD".formatted(axes),
        Json.members()
            .with(
                "padding",
                pairs(
                    perAxis(pad.padding().before(), axes, "padding"),
                    perAxis(pad.padding().after(), axes, "padding"))));
  }

  void upsample(Node node, Upsample up) {
    int axes = node.shape().spatialRank();
    List<Integer> factors = perAxis(up.factors(), axes, "factors");
    boolean linear = up.interpolation() == Interpolation.LINEAR;
    if (linear && axes != 2) {
      throw new UnsupportedException("only two axes are enlarged linearly.");
    }
    Json.Members config =
        axes == 1
            ? Json.members().with("size", factors.getFirst())
            : Json.members().with("size", Json.wholes(factors));
    to.put(
        node,
        "UpSampling%dD".formatted(axes),
        axes == 2 ? config.with("interpolation", linear ? "bilinear" : "nearest") : config);
  }

  /// A selection that is a cut: consecutive cells of spatial axes, all channels.
  void crop(Node node, Select select) {
    Shape input = node.inputs().getFirst().shape();
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (int axis = 0; axis < input.rank(); axis++) {
      List<Integer> cells = select.cells().get(axis);
      int first = cells.getFirst();
      boolean run = IntStream.range(0, cells.size()).allMatch(i -> cells.get(i) == first + i);
      if (!run || first < 0 || (axis == 0 && cells.size() != input.channels())) {
        throw new UnsupportedException("there is no layer for selections that are not cuts.");
      }
      if (axis > 0) {
        before.add(first);
        after.add(input.size(axis) - first - cells.size());
      }
    }
    if (before.isEmpty()) {
      throw new UnsupportedException("there is no layer for selections of features.");
    }
    to.put(
        node,
        "Cropping%dD".formatted(before.size()),
        Json.members().with("cropping", pairs(before, after)));
  }

  /// Whether a node's results are 0 or more whatever its input, so that zeros around them change no
  /// maximum.
  static boolean neverNegative(Node node, Set<String> known) {
    boolean inputs = node.inputs().stream().allMatch(n -> known.contains(n.name()));
    return switch (node.layer()) {
      case Activate(Activation.Relu relu) -> true;
      case Activate(Activation.Sigmoid sigmoid) -> true;
      case Activate(Curve.Clip(double least, double most)) -> least >= 0 && most >= 0;
      case Activate(Curve.HardSigmoid sigmoid) -> true;
      case Activate(Function function) -> function == Function.SOFTPLUS || function == Function.EXP;
      case Softmax softmax -> true;
      case Pool(Reduction.Max max, var regions) -> inputs;
      case Pool(Reduction.Average average, var regions) -> inputs;
      case Dropout dropout -> inputs;
      case Concat concat -> inputs;
      case Add add -> inputs;
      case Multiply multiply -> inputs;
      case Flatten flatten -> inputs;
      case Reshape reshape -> inputs;
      case Transpose transpose -> inputs;
      case Upsample upsample -> inputs;
      case ZeroPad pad -> inputs;
      default -> false;
    };
  }
}
