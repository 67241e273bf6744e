package dev.tarn.io.keras;

import dev.tarn.error.FormatException;
import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Select;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Node;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Layers of Keras that slide along, pad or enlarge 1, 2 or 3 spatial axes.
final class WindowReader {
  private static final Pattern KINDS =
      Pattern.compile(
          "(Conv|MaxPooling|AveragePooling|GlobalMaxPooling|GlobalAveragePooling"
              + "|AdaptiveMaxPooling|AdaptiveAveragePooling|ZeroPadding|Cropping|UpSampling)([123])D"
              + "|(Conv)([123])D(Transpose)|(DepthwiseConv|SeparableConv)([12])D");

  private final Building build;

  WindowReader(Building build) {
    this.build = build;
  }

  static boolean knows(String kind) {
    return KINDS.matcher(kind).matches();
  }

  /// Along one axis a dense layer, else a convolution with a kernel of 1.
  static Layer dense(int units, int rank, boolean bias) {
    Bias with = bias ? Bias.WITH : Bias.WITHOUT;
    return rank == 1 ? Dense.of(units).bias(with) : Conv.of(units, 1).bias(with);
  }

  Value read(LayerConfig layer, Value x) {
    Matcher kind = KINDS.matcher(layer.kind());
    if (!kind.matches()) {
      throw new IllegalStateException(layer.kind());
    }
    int axes = layer.kind().replaceAll("\\D", "").charAt(0) - '0';
    Value from = layer.channelsLast() ? x.channelsLast() : x.channelsFirst();
    int found = from.node().shape().spatialRank();
    if (found != axes) {
      throw new FormatException(
          "%s: is applied to %s, which has %d spatial axes; expected %d."
              .formatted(layer.where(), from.node().shape(), found, axes));
    }
    String word = layer.kind().replaceAll("\\dD", "");
    Node node =
        switch (word) {
          case "Conv" -> conv(layer, from.node(), axes);
          case "ConvTranspose" -> transposed(layer, from.node(), axes);
          case "DepthwiseConv" -> depthwise(layer, from.node(), axes, layer.name(), true);
          case "SeparableConv" -> separable(layer, from.node(), axes);
          case "MaxPooling" -> pool(layer, from.node(), axes, Reduction.max());
          case "AveragePooling" -> pool(layer, from.node(), axes, Reduction.average());
          case "GlobalMaxPooling" -> global(layer, from.node(), Reduction.max());
          case "GlobalAveragePooling" -> global(layer, from.node(), Reduction.average());
          case "AdaptiveMaxPooling" -> adaptive(layer, from.node(), axes, Reduction.max());
          case "AdaptiveAveragePooling" -> adaptive(layer, from.node(), axes, Reduction.average());
          case "ZeroPadding" -> zeroPad(layer, from.node(), axes);
          case "Cropping" -> crop(layer, from.node(), axes);
          default -> upsample(layer, from.node(), axes);
        };
    boolean global = word.startsWith("Global") && !layer.flag("keepdims", false);
    return new Value(node, global ? Layout.NHWC : from.axes());
  }

  /// Kernel, stride, dilation and padding as the layer has them.
  private static Window window(LayerConfig layer, int axes, String kernel, int[] stride) {
    int[] sizes = layer.perAxis(kernel, axes, 1);
    int[] dilation = layer.perAxis("dilation_rate", axes, 1);
    Window window = Window.of(sizes).stride(stride).dilation(dilation);
    String padding = layer.text("padding", "valid");
    if (padding.equals("causal") && axes == 1) {
      long before = (long) dilation[0] * (sizes[0] - 1);
      int cells = (int) Math.min(before, Shape.MOST_ELEMENTS);
      return window.padding(new Padding.Sides(List.of(cells), List.of(0)));
    }
    return switch (padding) {
      case "valid" -> window;
      case "same" -> window.padding(Padding.SAME_UPPER);
      default -> throw layer.unsupported("padding", "is \"%s\"".formatted(padding));
    };
  }

  private static Bias bias(LayerConfig layer) {
    return layer.flag("use_bias", true) ? Bias.WITH : Bias.WITHOUT;
  }

  /// `kernel…, a, b`
  private static int[] sizes(Window window, int axes, int a, int b) {
    int[] sizes = new int[axes + 2];
    for (int axis = 0; axis < axes; axis++) {
      sizes[axis] = Window.at(window.kernel(), axis, axes, "kernel");
    }
    sizes[axes] = a;
    sizes[axes + 1] = b;
    return sizes;
  }

  /// From `kernel…, a, b` to `first, second, kernel…`.
  private static int[] order(int axes, int first, int second) {
    return IntStream.concat(IntStream.of(first, second), IntStream.range(0, axes)).toArray();
  }

  /// Weight and, if there is one, bias; the weight's axes in the parameter's order.
  private void fill(
      LayerConfig layer, Node node, Bias bias, int outputs, int[] sizes, int[] order) {
    List<Hdf5Array> arrays =
        bias == Bias.WITH
            ? build.arrays(layer, sizes, new int[] {outputs})
            : build.arrays(layer, new int[][] {sizes});
    if (!arrays.isEmpty()) {
      build.fill(node, "weight", arrays.getFirst(), order);
      if (bias == Bias.WITH) {
        build.fill(node, "bias", arrays.get(1), 0);
      }
    }
  }

  private Node conv(LayerConfig layer, Node x, int axes) {
    Window window = window(layer, axes, "kernel_size", layer.perAxis("strides", axes, 1));
    int filters = layer.whole("filters");
    int groups = layer.whole("groups", 1);
    Node node =
        build.node(layer.name(), new Conv(filters, window, groups, bias(layer), Initializer.HE), x);
    int[] sizes = sizes(window, axes, x.shape().channels() / groups, filters);
    fill(layer, node, bias(layer), filters, sizes, order(axes, axes + 1, axes));
    return node;
  }

  private Node depthwise(LayerConfig layer, Node x, int axes, String name, boolean alone) {
    Window window = window(layer, axes, "kernel_size", layer.perAxis("strides", axes, 1));
    int multiplier = layer.whole("depth_multiplier", 1);
    int channels = x.shape().channels();
    int filters = Math.toIntExact(Math.min((long) channels * multiplier, Shape.MOST_ELEMENTS));
    Bias bias = alone ? bias(layer) : Bias.WITHOUT;
    Node node = build.node(name, new Conv(filters, window, channels, bias, Initializer.HE), x);
    if (alone) {
      int[] sizes = sizes(window, axes, channels, multiplier);
      fill(layer, node, bias, filters, sizes, order(axes, axes, axes + 1));
    }
    return node;
  }

  /// A depthwise convolution and one with a kernel of 1 behind it.
  private Node separable(LayerConfig layer, Node x, int axes) {
    Node depthwise = depthwise(layer, x, axes, layer.name() + "/depthwise", false);
    int filters = layer.whole("filters");
    Node node = build.node(layer.name(), Conv.of(filters, 1).bias(bias(layer)), depthwise);
    int[] kernel = layer.perAxis("kernel_size", axes, 1);
    int multiplier = layer.whole("depth_multiplier", 1);
    int[] ones = IntStream.generate(() -> 1).limit(axes).toArray();
    int[] depth = sizes(Window.of(kernel), axes, x.shape().channels(), multiplier);
    int[] point = sizes(Window.of(ones), axes, depthwise.shape().channels(), filters);
    List<Hdf5Array> arrays =
        bias(layer) == Bias.WITH
            ? build.arrays(layer, depth, point, new int[] {filters})
            : build.arrays(layer, depth, point);
    if (!arrays.isEmpty()) {
      build.fill(depthwise, "weight", arrays.get(0), order(axes, axes, axes + 1));
      build.fill(node, "weight", arrays.get(1), order(axes, axes + 1, axes));
      if (bias(layer) == Bias.WITH) {
        build.fill(node, "bias", arrays.get(2), 0);
      }
    }
    return node;
  }

  /// Without padding Keras gives `(n − 1)·stride + max(window, stride)` outputs.
  private Node transposed(LayerConfig layer, Node x, int axes) {
    if (layer.given("output_padding").isPresent()) {
      throw layer.unsupported("output_padding", "is given");
    }
    int[] stride = layer.perAxis("strides", axes, 1);
    Window window = window(layer, axes, "kernel_size", stride);
    int[] extra = new int[axes];
    for (int axis = 0; axis < axes && window.padding() instanceof Padding.Sides; axis++) {
      extra[axis] = (int) Math.max(0, stride[axis] - window.extent(axis, axes));
    }
    int filters = layer.whole("filters");
    var made =
        new TransposedConv(filters, window, List.of(0), 1, bias(layer), Initializer.HE)
            .outputPadding(extra);
    Node node = build.node(layer.name(), made, x);
    int[] sizes = sizes(window, axes, filters, x.shape().channels());
    fill(layer, node, bias(layer), filters, sizes, order(axes, axes + 1, axes));
    return node;
  }

  private Node pool(LayerConfig layer, Node x, int axes, Reduction reduction) {
    int[] size = layer.perAxis("pool_size", axes, 2);
    boolean strided = layer.given("strides").isPresent();
    Window window =
        window(layer, axes, "pool_size", strided ? layer.perAxis("strides", axes, 1) : size);
    return build.node(
        layer.name(), Pool.of(reduction, size).window(window.rounding(Rounding.FLOOR)), x);
  }

  private Node global(LayerConfig layer, Node x, Reduction reduction) {
    if (layer.flag("keepdims", false)) {
      return build.node(layer.name(), Pool.global(reduction), x);
    }
    Node pool = build.node(layer.name(), Pool.global(reduction), x);
    return build.node(layer.name() + "/flatten", new Flatten(), pool);
  }

  private Node adaptive(LayerConfig layer, Node x, int axes, Reduction reduction) {
    return build.node(
        layer.name(), Pool.adaptive(reduction, layer.perAxis("output_size", axes, 1)), x);
  }

  /// Cells before and after each axis: one number for all, one per axis, or two per axis.
  private static int[][] sides(LayerConfig layer, String setting, int axes) {
    int[][] sides = new int[axes][2];
    Optional<JsonCursor> at = layer.given(setting);
    boolean single = at.isEmpty() || at.get().value() instanceof Json.Whole;
    List<JsonCursor> items = single ? List.of() : at.get().items();
    boolean pair = axes == 1 && items.size() == 2;
    for (int axis = 0; axis < axes; axis++) {
      if (single) {
        Arrays.fill(sides[axis], layer.perAxis(setting, axes, 1)[axis]);
      } else if (pair) {
        sides[axis] = items.stream().mapToInt(n -> (int) n.whole(0, 1 << 24)).toArray();
      } else if (items.size() == axes && items.get(axis).value() instanceof Json.Whole) {
        Arrays.fill(sides[axis], (int) items.get(axis).whole(0, 1 << 24));
      } else if (items.size() == axes && items.get(axis).items().size() == 2) {
        sides[axis] =
            items.get(axis).items().stream().mapToInt(n -> (int) n.whole(0, 1 << 24)).toArray();
      } else {
        throw layer
            .config()
            .get(setting)
            .malformed(
                "has %d parts".formatted(items.size()), "numbers for %d axes".formatted(axes));
      }
    }
    return sides;
  }

  private Node zeroPad(LayerConfig layer, Node x, int axes) {
    int[][] sides = sides(layer, "padding", axes);
    List<Integer> before = Arrays.stream(sides).map(s -> s[0]).toList();
    List<Integer> after = Arrays.stream(sides).map(s -> s[1]).toList();
    return build.node(layer.name(), new ZeroPad(new Padding.Sides(before, after)), x);
  }

  private Node crop(LayerConfig layer, Node x, int axes) {
    int[][] sides = sides(layer, "cropping", axes);
    Select made = Select.all(x.shape());
    for (int axis = 0; axis < axes; axis++) {
      int size = x.shape().spatial(axis);
      if ((long) sides[axis][0] + sides[axis][1] >= size) {
        throw new FormatException(
            "%s: crops %d and %d of %d cells; expected that some are left."
                .formatted(layer.where(), sides[axis][0], sides[axis][1], size));
      }
      made =
          made.axis(
              axis + 1, IntStream.range(sides[axis][0], size - sides[axis][1]).boxed().toList());
    }
    return build.node(layer.name(), made, x);
  }

  private Node upsample(LayerConfig layer, Node x, int axes) {
    int[] factors = layer.perAxis("size", axes, 2);
    String interpolation = layer.text("interpolation", "nearest");
    Interpolation how =
        switch (interpolation) {
          case "nearest" -> Interpolation.NEAREST;
          case "bilinear" -> Interpolation.LINEAR;
          default -> throw layer.unsupported("interpolation", "is \"%s\"".formatted(interpolation));
        };
    return build.node(layer.name(), new Upsample(IntStream.of(factors).boxed().toList(), how), x);
  }
}
