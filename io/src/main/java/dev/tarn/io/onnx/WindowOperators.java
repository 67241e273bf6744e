package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.layer.TransposedConv;
import dev.tarn.model.Node;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.IndexOrder;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Convolution and pooling: whatever slides a window over planes.
final class WindowOperators {
  static final Set<String> NAMES =
      Set.of(
          "Conv",
          "ConvTranspose",
          "MaxPool",
          "AveragePool",
          "LpPool",
          "GlobalMaxPool",
          "GlobalAveragePool",
          "GlobalLpPool",
          "MaxUnpool");

  private WindowOperators() {}

  static List<Value> read(Call call) {
    return switch (call.operator()) {
      case "Conv" -> List.of(conv(call));
      case "ConvTranspose" -> List.of(transposed(call));
      case "MaxPool" -> maxPool(call);
      case "AveragePool" -> {
        boolean padded = call.attributes().flag("count_include_pad", false);
        Divisor divisor = padded ? Divisor.CLIPPED_WINDOW : Divisor.VALID;
        yield List.of(pool(call, new Reduction.Average(divisor)));
      }
      case "LpPool" ->
          List.of(pool(call, Reduction.lp(call.attributes().within("p", 2, 1, 1 << 20))));
      case "GlobalMaxPool" -> List.of(global(call, Pool.max(1).profile(Profile.ONNX).reduction()));
      case "GlobalAveragePool" -> List.of(global(call, Reduction.average()));
      case "GlobalLpPool" ->
          List.of(global(call, Reduction.lp(call.attributes().within("p", 2, 1, 1 << 20))));
      default -> List.of(unpool(call));
    };
  }

  /// Kernel, strides, dilations and padding of a node.
  private static Window window(Call call, List<Integer> kernel) {
    Attributes a = call.attributes();
    int axes = kernel.size();
    List<Integer> ones = Collections.nCopies(axes, 1);
    List<Integer> strides = perAxis("strides", a.cells("strides", 1), ones);
    List<Integer> dilations = perAxis("dilations", a.cells("dilations", 1), ones);
    String auto = a.word("auto_pad", "NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
    List<Integer> pads = a.cells("pads", 0);
    if (pads != null && pads.size() != 2 * axes) {
      throw new FormatException(
          "attribute pads is %s; expected %d numbers.".formatted(pads, 2 * axes));
    }
    boolean given = pads != null && pads.stream().anyMatch(p -> p != 0);
    if (!auto.equals("NOTSET") && given) {
      throw new FormatException(
          "has both auto_pad %s and pads %s; expected one of them.".formatted(auto, pads));
    }
    Padding padding =
        switch (auto) {
          case "SAME_UPPER" -> Padding.SAME_UPPER;
          case "SAME_LOWER" -> Padding.SAME_LOWER;
          default ->
              pads == null || !given
                  ? Padding.NONE
                  : new Padding.Sides(pads.subList(0, axes), pads.subList(axes, 2 * axes));
        };
    return new Window(kernel, strides, dilations, padding, Rounding.FLOOR);
  }

  private static List<Integer> perAxis(
      String name, @Nullable List<Integer> numbers, List<Integer> missing) {
    if (numbers != null && numbers.size() != missing.size()) {
      throw new FormatException(
          "attribute %s is %s; expected %d numbers, one per spatial axis."
              .formatted(name, numbers, missing.size()));
    }
    return numbers == null ? missing : numbers;
  }

  private static List<Integer> kernel(Call call, Known weight) {
    int[] dims = weight.dims();
    if (dims.length < 3 || dims.length > 5) {
      throw new FormatException("its weight has %d axes; expected 3 to 5.".formatted(dims.length));
    }
    List<Integer> kernel = IntStream.of(dims).skip(2).boxed().toList();
    List<Integer> told = call.attributes().cells("kernel_shape", 1);
    if (told != null && !told.equals(kernel)) {
      throw new FormatException(
          "attribute kernel_shape is %s, but the weight has shape %s."
              .formatted(told, Arrays.toString(dims)));
    }
    return kernel;
  }

  private static Map<String, Emitter.Filler> fillers(Known weight, @Nullable Known bias, int out) {
    Map<String, Emitter.Filler> fillers = new HashMap<>();
    fillers.put("weight", weight::copy);
    if (bias != null) {
      if (bias.elements() != out) {
        throw new FormatException(
            "its bias has %d values; expected %d, one per output channel."
                .formatted(bias.elements(), out));
      }
      fillers.put("bias", bias::copy);
    }
    return fillers;
  }

  private static void requireWeight(Known weight, Shape wanted) {
    if (!Arrays.equals(weight.dims(), wanted.toArray())) {
      throw new FormatException(
          "its weight has shape %s; expected %s for its input and groups."
              .formatted(Arrays.toString(weight.dims()), wanted));
    }
  }

  private static Value conv(Call call) {
    Known weight = call.known(1);
    Known bias = call.knownOrNull(2);
    List<Integer> kernel = kernel(call, weight);
    Window window = window(call, kernel);
    int groups = call.attributes().within("group", 1, 1, Integer.MAX_VALUE);
    int out = weight.dims()[0];
    Emitter emit = call.emit();
    Node x = emit.planes(call.input(0));
    Conv layer =
        new Conv(out, window, groups, bias == null ? Bias.WITHOUT : Bias.WITH, Initializer.HE);
    requireWeight(weight, layer.parameters(List.of(x.shape())).getFirst().shape());
    return emit.fromPlanes(emit.node(layer, fillers(weight, bias, out), x), call.input(0).type());
  }

  private static Value transposed(Call call) {
    Known weight = call.known(1);
    Known bias = call.knownOrNull(2);
    Attributes a = call.attributes();
    List<Integer> kernel = kernel(call, weight);
    Window window = window(call, kernel);
    int groups = a.within("group", 1, 1, Integer.MAX_VALUE);
    int out = Math.multiplyExact(weight.dims()[1], groups);
    int axes = kernel.size();
    List<Integer> extra =
        perAxis("output_padding", a.cells("output_padding", 0), Collections.nCopies(axes, 0));
    List<Integer> wanted = a.cells("output_shape", 1);
    Emitter emit = call.emit();
    Node x = emit.planes(call.input(0));
    if (wanted != null) {
      List<Integer> sizes = wanted.subList(Math.max(0, wanted.size() - axes), wanted.size());
      List<Integer> more = new ArrayList<>(extra);
      window = window.padding(sized(x.shape(), window, more, sizes));
      extra = more;
    }
    TransposedConv layer =
        new TransposedConv(
            out, window, extra, groups, bias == null ? Bias.WITHOUT : Bias.WITH, Initializer.HE);
    requireWeight(weight, layer.parameters(List.of(x.shape())).getFirst().shape());
    return emit.fromPlanes(emit.node(layer, fillers(weight, bias, out), x), call.input(0).type());
  }

  /// The padding that gives the wanted sizes; what is missing beyond is added to `extra`.
  private static Padding sized(
      Shape input, Window window, List<Integer> extra, List<Integer> sizes) {
    int axes = input.spatialRank();
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      long all =
          (input.spatial(axis) - 1L) * window.stride().get(axis)
              + extra.get(axis)
              + window.extent(axis, axes)
              - sizes.get(axis);
      if (all < 0) {
        extra.set(axis, Math.toIntExact(extra.get(axis) - all));
        all = 0;
      }
      int half = Math.toIntExact(all / 2);
      int rest = Math.toIntExact(all - half);
      boolean upper = window.padding() == Padding.SAME_UPPER;
      before.add(upper ? half : rest);
      after.add(upper ? rest : half);
    }
    return new Padding.Sides(before, after);
  }

  private static Pool poolLayer(Call call, Reduction reduction) {
    Window window = window(call, call.attributes().requiredCells("kernel_shape", 1));
    Rounding rounding = call.attributes().flag("ceil_mode", false) ? Rounding.CEIL : Rounding.FLOOR;
    return new Pool(reduction, Regions.sliding(window.rounding(rounding)));
  }

  private static Value pool(Call call, Reduction reduction) {
    Emitter emit = call.emit();
    Pool layer = poolLayer(call, reduction);
    return emit.fromPlanes(emit.node(layer, emit.planes(call.input(0))), call.input(0).type());
  }

  private static Value global(Call call, Reduction reduction) {
    Emitter emit = call.emit();
    Node x = emit.planes(call.input(0));
    return emit.fromPlanes(emit.node(Pool.global(reduction), x), call.input(0).type());
  }

  private static List<Value> maxPool(Call call) {
    boolean byColumns = call.opset() >= 8 && call.attributes().flag("storage_order", false);
    IndexOrder order = byColumns ? IndexOrder.TENSOR_BY_COLUMNS : IndexOrder.TENSOR;
    Emitter emit = call.emit();
    Pool layer = poolLayer(call, Pool.max(1).profile(Profile.ONNX).reduction());
    Node pooled = emit.node(layer, emit.planes(call.input(0)));
    Computed y = emit.fromPlanes(pooled, call.input(0).type());
    return call.wants(1) ? List.of(y, Computed.places(pooled, y.dims(), order)) : List.of(y);
  }

  private static Value unpool(Call call) {
    Emitter emit = call.emit();
    Window window = window(call, call.attributes().requiredCells("kernel_shape", 1));
    Node x = emit.planes(call.input(0));
    int[] sizes = x.shape().toArray();
    int axes = sizes.length - 1;
    for (int axis = 0; axis < axes; axis++) {
      int[] pads = {0, 0};
      if (window.padding() instanceof Padding.Sides(var before, var after)) {
        pads[0] = Window.at(before, axis, axes, "pads");
        pads[1] = Window.at(after, axis, axes, "pads");
      }
      long size =
          (sizes[axis + 1] - 1L) * window.stride().get(axis)
              + window.kernel().get(axis)
              - pads[0]
              - pads[1];
      sizes[axis + 1] = Math.toIntExact(Math.clamp(size, 1, Shape.MOST_ELEMENTS));
    }
    int[] numbered = sizes.clone();
    if (call.has(2)) {
      long[] wanted = call.sizes(2).wholes("output_shape");
      for (int axis = 0; axis < axes; axis++) {
        sizes[axis + 1] = Math.toIntExact(wanted[wanted.length - axes + axis]);
      }
    }
    if (call.raw(1) instanceof Computed places && places.pooled() != null) {
      List<Integer> spatial = IntStream.of(sizes).skip(1).boxed().toList();
      Node node = emit.node(new MaxUnpool(spatial, Duplicates.LAST), x, places.pooled());
      return emit.fromPlanes(node, call.input(0).type());
    }
    return unpoolTo(call, Shape.of(numbered), sizes);
  }

  /// Unpooling to places that are known, as numbers of the cells of `numbered`: a selection.
  private static Value unpoolTo(Call call, Shape numbered, int... sizes) {
    long[] places = call.known(1).wholes("indices");
    int[] dims = call.input(0).dims();
    if (places.length != Shape.of(IntStream.of(dims).map(Math::abs).toArray()).elements()
        || Math.abs(dims[0]) != 1) {
      throw new MixedSamples("places are those of several samples");
    }
    int[] from = new int[numbered.arraySize()];
    Arrays.fill(from, -1);
    for (int i = 0; i < places.length; i++) {
      if (places[i] < 0 || places[i] >= from.length) {
        throw new FormatException(
            "index %d at place %d; expected 0 to %d.".formatted(places[i], i, from.length - 1));
      }
      from[(int) places[i]] = i;
    }
    Emitter emit = call.emit();
    Value flat = emit.reshape(call.input(0), head(dims), places.length);
    Value scattered = emit.select(flat, Map.of(1, from), 0);
    int[] full =
        IntStream.concat(IntStream.of(head(dims)), IntStream.of(numbered.toArray())).toArray();
    Value planes = emit.reshape(scattered, full);
    Map<Integer, int[]> cells = new HashMap<>();
    for (int axis = 1; axis < sizes.length; axis++) {
      int had = numbered.size(axis);
      cells.put(axis + 1, IntStream.range(0, sizes[axis]).map(i -> i < had ? i : -1).toArray());
    }
    return emit.select(planes, cells, 0);
  }

  private static int head(int... dims) {
    return dims[0];
  }
}
