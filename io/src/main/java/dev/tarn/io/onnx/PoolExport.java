package dev.tarn.io.onnx;

import static dev.tarn.io.onnx.GraphWriter.set;

import dev.tarn.layer.Pool;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Pooling in ONNX: a pooling operator where one says the same, else every region laid out by
/// `Gather` as a window of its own, and those pooled without overlap. The second way says any
/// region rule, divisor and dilation there is.
final class PoolExport {
  private final GraphWriter graph;

  PoolExport(GraphWriter graph) {
    this.graph = graph;
  }

  /// Writes a layer; `input` is its per-sample shape.
  String write(String y, String x, Pool pool, Shape input) {
    List<Spans> spans = pool.spans(input);
    return switch (pool.reduction()) {
      case Reduction.Max max -> maximum(y, x, pool, spans, List.of());
      case Reduction.Min min -> {
        String negative = graph.step(y + ".neg", "Neg", List.of(x));
        String found = maximum(graph.fresh(y + ".max"), negative, pool, spans, List.of());
        yield graph.node(y, "Neg", List.of(found));
      }
      case Reduction.Average(Divisor divisor) -> average(y, x, pool, spans, divisor);
      case Reduction.Sum sum -> mean(y, x, spans, 1, (s, o) -> 1);
      case Reduction.Lp lp -> norm(y, x, pool, spans, lp);
    };
  }

  /// Writes max pooling that also gives the places of the maxima.
  String withPlaces(String y, String x, Pool pool, Shape input, String places) {
    return maximum(y, x, pool, pool.spans(input), List.of(places));
  }

  /// Whether one pooling operator can say all windows: the same everywhere, with padding narrower
  /// than the window.
  static boolean isPlain(List<Spans> spans) {
    return spans.stream()
        .allMatch(s ->
            (s.stride() > 0 || s.outputs() == 1)
                && IntStream.range(0, s.outputs()).allMatch(o -> s.window(o) == s.kernel())
                && s.before() < s.kernel()
                && after(s) < s.kernel());
  }

  private static int after(Spans s) {
    return (int) Math.max(0, s.end(s.outputs() - 1) - (s.inputs() - 1));
  }

  /// Kernel, strides and padding of plain windows.
  static List<AttributeProto> window(List<Spans> spans) {
    List<Integer> pads = new ArrayList<>();
    spans.forEach(s -> pads.add(s.before()));
    spans.forEach(s -> pads.add(after(s)));
    return List.of(
        set("kernel_shape", spans.stream().map(Spans::kernel).toList()),
        set("strides", spans.stream().map(s -> Math.max(1, s.stride())).toList()),
        set("pads", pads));
  }

  private String maximum(String y, String x, Pool pool, List<Spans> spans, List<String> places) {
    List<String> outputs = new ArrayList<>(List.of(y));
    outputs.addAll(places);
    if (places.isEmpty() && pool.regions() instanceof Regions.Global) {
      return graph.node(y, "GlobalMaxPool", List.of(x));
    }
    if (isPlain(spans)) {
      List<AttributeProto> settings = new ArrayList<>(window(spans));
      settings.add(set("dilations", spans.stream().map(Spans::step).toList()));
      return graph.nodes(outputs, "MaxPool", List.of(x), settings.toArray(AttributeProto[]::new));
    }
    // A cell that stands twice in a window does not change its maximum.
    String laid = lay(y, x, spans, Repeat.LAST_CELL);
    return graph.node(y, "MaxPool", List.of(laid), apart(spans));
  }

  private String average(String y, String x, Pool pool, List<Spans> spans, Divisor divisor) {
    boolean whole = spans.stream().allMatch(Spans::unclipped);
    boolean counted = divisor instanceof Divisor.Counted;
    if (pool.regions() instanceof Regions.Global && counted) {
      return graph.node(y, "GlobalAveragePool", List.of(x));
    }
    boolean tight = spans.stream().allMatch(s -> s.step() == 1);
    if (isPlain(spans) && tight && counted && (whole || divisor == Divisor.VALID)) {
      List<AttributeProto> settings = new ArrayList<>(window(spans));
      settings.add(set("count_include_pad", 0));
      return graph.node(y, "AveragePool", List.of(x), settings.toArray(AttributeProto[]::new));
    }
    return divisor instanceof Divisor.Counted count
        ? mean(y, x, spans, 1, (s, o) -> Divisor.factor(count, s, o))
        : mean(y, x, spans, ((Divisor.Fixed) divisor).value(), (s, o) -> 1);
  }

  /// What a sum over an axis is divided by.
  @FunctionalInterface
  private interface Below {
    double of(Spans spans, int output);
  }

  /// Sums of laid-out windows over any divisor: means times a number per output.
  private String mean(String y, String x, List<Spans> spans, double fixed, Below below) {
    String laid = lay(y, x, spans, Repeat.NOTHING);
    String means = graph.step(y + ".mean", "AveragePool", List.of(laid), apart(spans));
    return graph.node(y, "Mul", List.of(means, table(y, spans, fixed, below)));
  }

  private String norm(String y, String x, Pool pool, List<Spans> spans, Reduction.Lp lp) {
    double p = lp.p();
    if (Double.isInfinite(p)) {
      String absolute = graph.step(y + ".abs", "Abs", List.of(x));
      if (p > 0) {
        return maximum(y, absolute, pool, spans, List.of());
      }
      String negative = graph.step(y + ".neg", "Neg", List.of(absolute));
      String found = maximum(graph.fresh(y + ".max"), negative, pool, spans, List.of());
      return graph.node(y, "Neg", List.of(found));
    }
    boolean signed = lp.sign() == Reduction.Sign.SIGNED;
    String base = signed ? x : graph.step(y + ".abs", "Abs", List.of(x));
    String powers = graph.step(y + ".pow", "Pow", List.of(base, graph.scalar(y + ".p", p)));
    String sums = graph.fresh(y + ".sum");
    // PyTorch's sums grow by the cells of the window over those inside the padded input.
    mean(sums, powers, spans, 1, (s, o) -> signed ? (double) s.padded(o) / s.window(o) : 1);
    return graph.node(y, "Pow", List.of(sums, graph.scalar(y + ".root", 1 / p)));
  }

  private enum Repeat {
    LAST_CELL,
    NOTHING
  }

  /// Every output's window side by side on each axis: `kernel` cells per output.
  private String lay(String y, String x, List<Spans> spans, Repeat repeat) {
    String laid = x;
    for (int axis = 0; axis < spans.size(); axis++) {
      Spans s = spans.get(axis);
      int kernel = s.kernel();
      long[] cells = new long[Math.multiplyExact(s.outputs(), kernel)];
      boolean nothing = false;
      for (int o = 0; o < s.outputs(); o++) {
        for (int k = 0; k < kernel; k++) {
          int tap = Math.min(k, s.taps(o) - 1);
          boolean there = k < s.taps(o) || repeat == Repeat.LAST_CELL;
          cells[o * kernel + k] = there ? s.from(o) + (long) tap * s.step() : s.inputs();
          nothing |= !there;
        }
      }
      if (nothing) {
        long[] pads = new long[2 * (spans.size() + 2)];
        pads[spans.size() + 2 + axis + 2] = 1;
        laid = graph.step(y + ".zero", "Pad", List.of(laid, graph.wholes(y + ".pads", pads)));
      }
      boolean same =
          cells.length == s.inputs()
              && IntStream.range(0, cells.length).allMatch(i -> cells[i] == i);
      if (!same) {
        laid =
            graph.step(
                y + ".cells",
                "Gather",
                List.of(laid, graph.wholes(y + ".index", cells)),
                set("axis", axis + 2));
      }
    }
    return laid;
  }

  private static AttributeProto[] apart(List<Spans> spans) {
    List<Integer> kernel = spans.stream().map(Spans::kernel).toList();
    return new AttributeProto[] {set("kernel_shape", kernel), set("strides", kernel)};
  }

  /// Per output, what a mean over the whole window is multiplied by.
  private String table(String y, List<Spans> spans, double fixed, Below divisor) {
    int axes = spans.size();
    int[] dims = new int[axes + 2];
    dims[0] = 1;
    dims[1] = 1;
    for (int axis = 0; axis < axes; axis++) {
      dims[axis + 2] = spans.get(axis).outputs();
    }
    float[] values = new float[Shape.of(dims).arraySize()];
    for (int i = 0; i < values.length; i++) {
      int rest = i;
      double cells = 1;
      double below = fixed;
      for (int axis = axes - 1; axis >= 0; axis--) {
        Spans s = spans.get(axis);
        int o = rest % s.outputs();
        rest /= s.outputs();
        cells *= s.kernel();
        below *= divisor.of(s, o);
      }
      values[i] = (float) (cells / below);
    }
    return graph.reals(y + ".scale", dims, values);
  }
}
