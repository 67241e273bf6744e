package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Upsample;
import dev.tarn.model.Node;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Planes of another size. Every mode and coordinate system of `Resize` comes down to one list of
/// weighted cells per output cell and axis.
final class ResizeOperators {
  static final Set<String> NAMES = Set.of("Resize", "Upsample");

  private ResizeOperators() {}

  /// How one axis is resized.
  ///
  /// @param outputs cells after
  /// @param scale cells after per cell before
  /// @param from where the region of interest starts, as a share of the axis
  /// @param to where it ends
  private record Axis(int inputs, int outputs, double scale, double from, double to) {}

  /// The settings that are the same for all axes.
  private record Rule(
      String mode,
      String coordinates,
      String nearest,
      double cubic,
      boolean antialias,
      boolean excludeOutside) {}

  static Value read(Call call) {
    Attributes a = call.attributes();
    Value x = call.input(0);
    boolean old = call.operator().equals("Upsample") || call.opset() < 11;
    Rule rule =
        new Rule(
            a.word("mode", "nearest", "nearest", "linear", "cubic"),
            old
                ? "asymmetric"
                : a.word(
                    "coordinate_transformation_mode",
                    "half_pixel",
                    "half_pixel",
                    "half_pixel_symmetric",
                    "pytorch_half_pixel",
                    "align_corners",
                    "asymmetric",
                    "tf_half_pixel_for_nn",
                    "tf_crop_and_resize"),
            old
                ? "floor"
                : a.word(
                    "nearest_mode",
                    "round_prefer_floor",
                    "round_prefer_floor",
                    "round_prefer_ceil",
                    "floor",
                    "ceil"),
            old ? -0.75 : a.real("cubic_coeff_a", -0.75),
            !old && a.flag("antialias", false),
            !old && a.flag("exclude_outside", false));
    double outside = old ? 0 : a.real("extrapolation_value", 0);
    Axis[] axes = axes(call, x, old, rule);
    return resized(call, x, axes, rule, outside);
  }

  private static Axis[] axes(Call call, Value x, boolean old, Rule rule) {
    Attributes a = call.attributes();
    int[] dims = x.dims();
    List<Long> named = old ? null : a.wholes("axes");
    List<Integer> which =
        named == null
            ? IntStream.range(0, dims.length).boxed().toList()
            : Call.axes(named, dims.length);
    double[] scales = scales(call, old);
    Known sized = old || !call.has(3) ? null : call.sizes(3);
    Known region =
        old || !rule.coordinates().equals("tf_crop_and_resize") ? null : call.knownOrNull(1);
    long[] sizes = sized == null || sized.elements() == 0 ? null : sized.wholes("sizes");
    String policy =
        old
            ? "stretch"
            : a.word("keep_aspect_ratio_policy", "stretch", "stretch", "not_larger", "not_smaller");
    int given = sizes != null ? sizes.length : scales == null ? -1 : scales.length;
    if (given != which.size()) {
      throw new FormatException(
          "%d scales or sizes for %d axes; expected as many.".formatted(given, which.size()));
    }
    Axis[] axes = new Axis[dims.length];
    double common = common(policy, sizes, which, dims);
    for (int i = 0; i < which.size(); i++) {
      int axis = which.get(i);
      int size = dims[axis];
      double from = region == null ? 0 : region.values()[i];
      double to = region == null ? 1 : region.values()[i + which.size()];
      if (size == Computed.BATCH) {
        boolean same =
            sizes == null
                ? scales != null && scales[i] == 1
                : sizes[i] == call.emit().declaredBatch();
        if (!same && !(sizes != null && sizes[i] == Known.BATCH_SIZE)) {
          throw new MixedSamples("the batch is resized");
        }
        continue;
      }
      double scale =
          scales != null && sizes == null
              ? scales[i]
              : common > 0 ? common : (double) Objects.requireNonNull(sizes)[i] / size;
      double wide =
          sizes == null
              ? Math.floor(size * scale * (region == null ? 1 : to - from))
              : common > 0 ? Math.rint(common * size) : sizes[i];
      if (!(scale > 0 && wide >= 1 && wide <= Emitter.MOST_CELLS)) {
        throw new FormatException(
            "an axis of %d is resized to %s by %s; expected at least 1 cell."
                .formatted(size, wide, scale));
      }
      axes[axis] = new Axis(size, (int) wide, scale, from, to);
    }
    return axes;
  }

  private static double @Nullable [] scales(Call call, boolean old) {
    if (call.operator().equals("Upsample") && call.opset() < 9) {
      List<Float> told = call.attributes().reals("scales");
      if (told == null) {
        throw new FormatException("attribute scales is missing; the operator needs it.");
      }
      return told.stream().mapToDouble(Float::doubleValue).toArray();
    }
    Known known = call.knownOrNull(old ? 1 : 2);
    return known == null || known.elements() == 0 ? null : known.values();
  }

  /// The one scale of a policy that keeps the ratio of sides; 0 if there is none.
  private static double common(
      String policy, long @Nullable [] sizes, List<Integer> which, int... dims) {
    if (policy.equals("stretch") || sizes == null) {
      return 0;
    }
    var ratios =
        IntStream.range(0, sizes.length)
            .mapToDouble(i -> (double) sizes[i] / Math.abs(dims[which.get(i)]));
    return policy.equals("not_larger") ? ratios.min().orElse(0) : ratios.max().orElse(0);
  }

  private static Value resized(
      Call call, Value x, @Nullable Axis[] axes, Rule rule, double outside) {
    Emitter emit = call.emit();
    List<Blend> blends = new ArrayList<>();
    Map<Integer, int[]> cells = new HashMap<>();
    boolean single = true;
    for (int i = 0; i < axes.length; i++) {
      Axis axis = axes[i];
      int size = x.dims()[i];
      Blend blend = axis == null ? null : blend(axis, rule);
      if (blend == null) {
        blend = size < 0 ? null : same(size);
      }
      if (blend != null) {
        blends.add(blend);
        int[] taken = taken(blend);
        single &= taken != null;
        if (taken != null && axis != null) {
          cells.put(i, taken);
        }
      }
    }
    boolean cropped = rule.coordinates().equals("tf_crop_and_resize");
    if (single) {
      Value enlarged = repeated(call, x, axes, cells);
      return enlarged != null ? enlarged : emit.select(x, cells, outside);
    }
    int skip = x instanceof Computed c && c.hasBatch() ? 1 : 2;
    boolean planesOnly = blends.subList(0, skip).stream().allMatch(b -> b.equals(same(b.inputs())));
    if (!planesOnly || x.rank() < 3) {
      throw new UnsupportedException(
          "a batch or channels are resized; only spatial axes are supported.");
    }
    Node planes = emit.planes(x);
    List<Blend> spatial = blends.subList(skip, blends.size());
    Upsample upsample = linear(axes, rule);
    Node node =
        upsample != null ? emit.node(upsample, planes) : emit.node(new Resize(spatial), planes);
    Value y = emit.fromPlanes(node, x.type());
    if (!cropped || outside == 0) {
      return y;
    }
    return emit.combine(Operator.ADD, y, margin(spatial, outside));
  }

  /// A linear enlargement by whole factors, which has a layer of its own.
  private static @Nullable Upsample linear(@Nullable Axis[] axes, Rule rule) {
    boolean plain =
        rule.mode().equals("linear")
            && rule.coordinates().equals("half_pixel")
            && !rule.antialias()
            && !rule.excludeOutside();
    List<Integer> factors = new ArrayList<>();
    for (int i = 2; i < axes.length; i++) {
      Axis axis = axes[i];
      int factor = axis == null ? 1 : axis.outputs() / axis.inputs();
      plain &= axis == null || (axis.outputs() == factor * axis.inputs() && axis.scale() == factor);
      factors.add(factor);
    }
    return plain && factors.stream().allMatch(f -> f >= 1)
        ? new Upsample(factors, Interpolation.LINEAR)
        : null;
  }

  /// A repetition of cells by whole factors, which has a layer of its own; null for any other.
  private static @Nullable Value repeated(
      Call call, Value x, @Nullable Axis[] axes, Map<Integer, int[]> cells) {
    int[] factors = new int[Math.max(0, axes.length - 2)];
    if (!(x instanceof Computed) || factors.length < 1 || factors.length > 3) {
      return null;
    }
    for (int i = 0; i < axes.length; i++) {
      int[] taken = cells.get(i);
      int size = x.dims()[i];
      int factor = taken == null ? 1 : taken.length / Math.max(1, size);
      boolean fits =
          taken == null
              || (factor >= 1
                  && taken.length == factor * size
                  && IntStream.range(0, taken.length).allMatch(o -> taken[o] == o / factor));
      if (!fits || (i < 2 && factor != 1)) {
        return null;
      }
      if (i >= 2) {
        factors[i - 2] = factor;
      }
    }
    if (Arrays.stream(factors).allMatch(f -> f == 1)) {
      return x;
    }
    Emitter emit = call.emit();
    return emit.fromPlanes(emit.node(Upsample.nearest(factors), emit.planes(x)), x.type());
  }

  /// What stands where an output lies outside the input on any axis, and 0 elsewhere.
  private static Known margin(List<Blend> axes, double outside) {
    int[] dims = axes.stream().mapToInt(Blend::outputs).toArray();
    double[] values = new double[Shape.of(dims).arraySize()];
    for (int i = 0; i < values.length; i++) {
      int rest = i;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        int o = rest % dims[axis];
        rest /= dims[axis];
        if (axes.get(axis).starts().get(o).equals(axes.get(axis).starts().get(o + 1))) {
          values[i] = outside;
        }
      }
    }
    return Known.of(ElementType.F32, dims, values);
  }

  private static Blend same(int size) {
    List<Integer> cells = IntStream.range(0, size).boxed().toList();
    List<Integer> starts = IntStream.rangeClosed(0, size).boxed().toList();
    return new Blend(Math.max(1, size), starts, cells, cells.stream().map(c -> 1.0).toList());
  }

  /// The single cell of each output, −1 for none; null if there are mixtures.
  private static int @Nullable [] taken(Blend blend) {
    int[] taken = new int[blend.outputs()];
    for (int o = 0; o < taken.length; o++) {
      int at = blend.starts().get(o);
      int count = blend.starts().get(o + 1) - at;
      if (count > 1 || (count == 1 && blend.weights().get(at) != 1)) {
        return null;
      }
      taken[o] = count == 0 ? -1 : blend.cells().get(at);
    }
    return taken;
  }

  private static Blend blend(Axis axis, Rule rule) {
    List<Integer> starts = new ArrayList<>(List.of(0));
    List<Integer> cells = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    boolean crops = rule.coordinates().equals("tf_crop_and_resize");
    for (int o = 0; o < axis.outputs(); o++) {
      double place = place(axis, rule, o);
      if (!crops || (place >= 0 && place <= axis.inputs() - 1)) {
        mix(axis, rule, place, cells, weights);
      }
      starts.add(cells.size());
    }
    return new Blend(axis.inputs(), starts, cells, weights);
  }

  /// Where the middle of an output lies among the cells before.
  private static double place(Axis axis, Rule rule, int o) {
    double scale = axis.scale();
    return switch (rule.coordinates()) {
      case "align_corners" -> wide(axis) == 1 ? 0 : o * (axis.inputs() - 1.0) / (wide(axis) - 1);
      case "asymmetric" -> o / scale;
      case "pytorch_half_pixel" -> axis.outputs() == 1 ? -0.5 : (o + 0.5) / scale - 0.5;
      case "half_pixel_symmetric" -> {
        double adjustment = axis.outputs() / (scale * axis.inputs());
        double offset = axis.inputs() / 2.0 * (1 - adjustment);
        yield offset + (o + 0.5) / scale - 0.5;
      }
      case "tf_half_pixel_for_nn" -> (o + 0.5) / scale;
      case "tf_crop_and_resize" ->
          axis.outputs() == 1
              ? 0.5 * (axis.from() + axis.to()) * (axis.inputs() - 1)
              : axis.from() * (axis.inputs() - 1)
                  + o * (axis.to() - axis.from()) * (axis.inputs() - 1) / (axis.outputs() - 1.0);
      default -> (o + 0.5) / scale - 0.5;
    };
  }

  /// Cells after, before they are rounded to a whole number.
  private static double wide(Axis axis) {
    return axis.scale() * axis.inputs();
  }

  private static void mix(
      Axis axis, Rule rule, double place, List<Integer> cells, List<Double> weights) {
    if (rule.mode().equals("nearest")) {
      double cell =
          switch (rule.nearest()) {
            case "floor" -> Math.floor(place);
            case "ceil" -> Math.ceil(place);
            case "round_prefer_ceil" -> Math.floor(place + 0.5);
            default -> Math.ceil(place - 0.5);
          };
      cells.add((int) Math.clamp(cell, 0.0, axis.inputs() - 1.0));
      weights.add(1.0);
      return;
    }
    // Antialiasing widens the filter by as much as the plane shrinks.
    double stretch = rule.antialias() ? Math.max(1, 1 / axis.scale()) : 1;
    double reach = (rule.mode().equals("linear") ? 1 : 2) * stretch;
    int first = (int) Math.ceil(place - reach);
    int last = (int) Math.floor(place + reach);
    double sum = 0;
    Map<Integer, Double> found = new TreeMap<>();
    for (int cell = first; cell <= last; cell++) {
      double distance = Math.abs(cell - place) / stretch;
      double weight =
          rule.mode().equals("linear") ? Math.max(0, 1 - distance) : cubic(distance, rule.cubic());
      boolean inside = cell >= 0 && cell < axis.inputs();
      if (weight == 0 || (rule.excludeOutside() && !inside)) {
        continue;
      }
      sum += weight;
      found.merge(Math.clamp(cell, 0, axis.inputs() - 1), weight, Double::sum);
    }
    double all = sum;
    found.forEach((cell, weight) -> {
      cells.add(cell);
      weights.add(all == 0 ? weight : weight / all);
    });
  }

  /// Keys' cubic convolution (1981) with its free constant.
  private static double cubic(double x, double a) {
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }
}
