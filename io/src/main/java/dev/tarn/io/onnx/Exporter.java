package dev.tarn.io.onnx;

import static dev.tarn.io.onnx.GraphWriter.set;

import dev.tarn.error.UnsupportedException;
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
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/// Says every layer of a model in ONNX operators. Values are named after the layers.
final class Exporter {
  private final GraphWriter graph;
  private final Model model;
  private final PoolExport pools;
  private final ElementExport elements;
  private final AxisExport axes;
  private final Map<Node, String> values = new HashMap<>();
  private final Map<Node, String> places = new HashMap<>();
  private final Set<Node> unpooled = new HashSet<>();

  Exporter(GraphWriter graph, Parameters parameters) {
    this.graph = graph;
    this.model = parameters.model();
    this.pools = new PoolExport(graph);
    this.elements = new ElementExport(graph);
    this.axes = new AxisExport(graph);
  }

  void write() {
    for (Node node : model.nodes()) {
      graph.fresh(node.name());
      if (node.layer() instanceof MaxUnpool) {
        unpooled.add(node.inputs().getLast());
      }
    }
    model.parameters().stream().map(Parameter::name).forEach(graph::fresh);
    List<String> unsaid = new ArrayList<>();
    for (Node node : model.nodes()) {
      try {
        values.put(node, write(node));
      } catch (UnsupportedException e) {
        unsaid.add(OnnxWriter.unsaid(node.name(), String.valueOf(e.getMessage())));
        values.put(node, node.name());
      }
    }
    if (!unsaid.isEmpty()) {
      throw new UnsupportedException(
          "ONNX: the layers %s cannot be said in operators of ONNX."
              .formatted(String.join(", ", unsaid)));
    }
    Set<String> taken = new HashSet<>();
    for (Node output : model.outputs()) {
      String value = value(output);
      boolean direct = output.layer() instanceof Input || output.layer() instanceof Constant;
      String name = direct || !taken.add(value) ? graph.fresh(output.name() + ".output") : value;
      if (!name.equals(value)) {
        graph.node(name, "Identity", List.of(whole(output)));
      }
      graph.output(name, output.shape());
    }
  }

  private String value(Node node) {
    return Objects.requireNonNull(values.get(node), node::name);
  }

  /// A value with the batch on its first axis: a constant, which has 1 there, is repeated.
  private String whole(Node node) {
    if (!(node.layer() instanceof Constant)) {
      return value(node);
    }
    String name = node.name();
    String input = value(model.inputs().getFirst());
    String sizes = graph.step(name + ".sizes", "Shape", List.of(input), set("end", 1));
    long[] own = IntStream.of(node.shape().toArray()).asLongStream().toArray();
    String shape =
        graph.step(
            name + ".shape",
            "Concat",
            List.of(sizes, graph.wholes(name + ".own", own)),
            set("axis", 0));
    return graph.step(name + ".expanded", "Expand", List.of(value(node), shape));
  }

  private String write(Node node) {
    String y = node.name();
    Shape input = node.inputs().isEmpty() ? node.shape() : node.inputs().getFirst().shape();
    boolean alone = node.layer() instanceof Input || node.layer() instanceof Constant;
    String x =
        alone ? y : pairs(node) ? value(node.inputs().getFirst()) : whole(node.inputs().getFirst());
    return switch (node.layer()) {
      case Input layer -> {
        graph.input(y, node.shape());
        yield y;
      }
      case Constant constant -> y + ".value";
      case Conv conv -> conv(node, x, conv, input);
      case TransposedConv conv -> transposed(node, x, conv, input);
      case Dense dense ->
          graph.node(y, "Gemm", inputs(node, x, "weight", "bias"), set("transB", 1));
      case Pool pool when unpooled.contains(node) -> {
        if (!PoolExport.isPlain(pool.spans(input))) {
          throw new UnsupportedException("its windows differ, so its places have no operator");
        }
        String indices = graph.fresh(y + ".places");
        places.put(node, indices);
        yield pools.withPlaces(y, x, pool, input, indices);
      }
      case Pool pool -> pools.write(y, x, pool, input);
      case MaxUnpool unpool -> unpool(node, x, unpool);
      case AverageUnpool unpool -> axes.spread(y, x, unpool);
      case Flatten flatten -> flatten(y, x, flatten, input);
      case Reshape reshape -> graph.node(y, "Reshape", List.of(x, sizes(y, node.shape())));
      case Activate activate -> elements.write(y, x, activate.function());
      case Softmax softmax -> graph.node(y, "Softmax", List.of(x), set("axis", 1));
      case BatchNorm norm ->
          graph.node(
              y,
              "BatchNormalization",
              inputs(node, x, "weight", "bias", "runningMean", "runningVariance"),
              set("epsilon", norm.epsilon()),
              set("momentum", 1 - norm.momentum()));
      case LocalResponseNorm norm -> local(y, x, norm, input);
      case Dropout dropout ->
          graph.node(y, "Dropout", List.of(x, graph.scalar(y + ".rate", dropout.rate())));
      case ZeroPad pad -> zeroPad(y, x, pad, input);
      case Upsample upsample -> upsample(y, x, upsample, input);
      case Add add -> joined(node, Operator.ADD);
      case Multiply multiply -> joined(node, Operator.MULTIPLY);
      case Combine combine -> joined(node, combine.operator());
      case Concat concat ->
          graph.node(y, "Concat", node.inputs().stream().map(this::whole).toList(), set("axis", 1));
      case Transpose transpose -> axes.transpose(y, x, transpose.order());
      case Select select -> axes.select(y, x, select, input);
      case Reduce reduce -> axes.reduce(y, x, reduce, node.shape());
      case Resize resize -> axes.resize(y, x, resize);
      case CustomLayer custom -> throw new UnsupportedException("a layer of your own");
    };
  }

  private static boolean pairs(Node node) {
    return node.layer() instanceof Add
        || node.layer() instanceof Multiply
        || node.layer() instanceof Combine;
  }

  private List<String> inputs(Node node, String x, String... parameters) {
    List<String> inputs = new ArrayList<>(List.of(x));
    for (Parameter parameter : model.parameters(node)) {
      if (List.of(parameters).contains(parameter.spec().name())) {
        inputs.add(parameter.name());
      }
    }
    return inputs;
  }

  private String sizes(String y, Shape sample) {
    long[] sizes = new long[sample.rank() + 1];
    for (int axis = 0; axis < sample.rank(); axis++) {
      sizes[axis + 1] = sample.size(axis);
    }
    return graph.wholes(y + ".shape", sizes); // 0 copies the batch
  }

  private String conv(Node node, String x, Conv conv, Shape input) {
    List<Integer> pads = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      Spans spans = conv.window().spans(axis, input.spatialRank(), input.spatial(axis));
      pads.add(spans.before());
      after.add((int) Math.max(0, spans.end(spans.outputs() - 1) - (spans.inputs() - 1)));
    }
    pads.addAll(after);
    List<AttributeProto> settings = window(conv.window(), input.spatialRank());
    settings.add(set("pads", pads));
    settings.add(set("group", conv.groups()));
    return graph.node(
        node.name(),
        "Conv",
        inputs(node, x, "weight", "bias"),
        settings.toArray(AttributeProto[]::new));
  }

  private static List<AttributeProto> window(Window window, int axes) {
    List<Integer> kernel = new ArrayList<>();
    List<Integer> strides = new ArrayList<>();
    List<Integer> dilations = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      kernel.add(Window.at(window.kernel(), axis, axes, "kernel"));
      strides.add(Window.at(window.stride(), axis, axes, "stride"));
      dilations.add(Window.at(window.dilation(), axis, axes, "dilation"));
    }
    return new ArrayList<>(
        List.of(set("kernel_shape", kernel), set("strides", strides), set("dilations", dilations)));
  }

  private String transposed(Node node, String x, TransposedConv conv, Shape input) {
    int axes = input.spatialRank();
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    List<Integer> extra = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      int stride = Window.at(conv.window().stride(), axis, axes, "stride");
      long natural = (input.spatial(axis) - 1L) * stride + conv.window().extent(axis, axes);
      int output = node.shape().spatial(axis);
      int start =
          conv.window().padding() instanceof Padding.Sides(var b, var a)
              ? Window.at(b, axis, axes, "padding")
              : conv.window().spans(axis, axes, output).before();
      long end = natural - start - output;
      before.add(start);
      after.add((int) Math.max(0, end));
      extra.add((int) Math.max(0, -end));
    }
    List<Integer> pads = new ArrayList<>(before);
    pads.addAll(after);
    List<AttributeProto> settings = window(conv.window(), axes);
    settings.add(set("pads", pads));
    settings.add(set("output_padding", extra));
    settings.add(set("group", conv.groups()));
    return graph.node(
        node.name(),
        "ConvTranspose",
        inputs(node, x, "weight", "bias"),
        settings.toArray(AttributeProto[]::new));
  }

  private String unpool(Node node, String x, MaxUnpool unpool) {
    if (unpool.duplicates() != Duplicates.LAST) {
      throw new UnsupportedException("values that meet are added, which has no operator");
    }
    Node pooled = node.inputs().getLast();
    String indices = places.get(pooled);
    if (indices == null) {
      throw new UnsupportedException("the places of its pooling have no operator");
    }
    Pool pool = (Pool) pooled.layer();
    if (pool.reduction() instanceof Reduction.Min) {
      throw new UnsupportedException("places of minima have no operator");
    }
    String y = node.name();
    String shape = graph.step(y + ".shape", "Shape", List.of(value(pooled.inputs().getFirst())));
    List<Spans> spans = pool.spans(pooled.inputs().getFirst().shape());
    return graph.node(
        y,
        "MaxUnpool",
        List.of(x, indices, shape),
        PoolExport.window(spans).toArray(AttributeProto[]::new));
  }

  private String flatten(String y, String x, Flatten flatten, Shape input) {
    String rows = x;
    if (flatten.order() == Layout.NHWC && input.rank() > 1) {
      List<Integer> order = new ArrayList<>(IntStream.range(1, input.rank()).boxed().toList());
      order.add(0);
      rows = axes.transpose(graph.fresh(y + ".rows"), x, order);
    }
    return graph.node(y, "Flatten", List.of(rows), set("axis", 1));
  }

  /// LRN wants planes; features get some for it.
  private String local(String y, String x, LocalResponseNorm norm, Shape input) {
    AttributeProto[] settings = {
      set("size", norm.size()),
      set("alpha", norm.alpha()),
      set("beta", norm.beta()),
      set("bias", norm.k())
    };
    if (input.rank() > 1) {
      return graph.node(y, "LRN", List.of(x), settings);
    }
    Shape plane = Shape.of(input.size(0), 1, 1);
    String planes = graph.step(y + ".planes", "Reshape", List.of(x, sizes(y, plane)));
    String normal = graph.step(y + ".lrn", "LRN", List.of(planes), settings);
    return graph.node(y, "Flatten", List.of(normal), set("axis", 1));
  }

  private String zeroPad(String y, String x, ZeroPad pad, Shape input) {
    int spatial = input.spatialRank();
    long[] pads = new long[2 * (spatial + 2)];
    for (int axis = 0; axis < spatial; axis++) {
      pads[axis + 2] = pad.before(axis, spatial);
      pads[spatial + 2 + axis + 2] = pad.after(axis, spatial);
    }
    return graph.node(y, "Pad", List.of(x, graph.wholes(y + ".pads", pads)));
  }

  private String upsample(String y, String x, Upsample upsample, Shape input) {
    int spatial = input.spatialRank();
    float[] scales = new float[spatial + 2];
    scales[0] = 1;
    scales[1] = 1;
    for (int axis = 0; axis < spatial; axis++) {
      scales[axis + 2] = upsample.factor(axis, spatial);
    }
    boolean linear = upsample.interpolation() == Interpolation.LINEAR;
    return graph.node(
        y,
        "Resize",
        List.of(x, "", graph.reals(y + ".scales", new int[] {scales.length}, scales)),
        set("mode", linear ? "linear" : "nearest"),
        set("coordinate_transformation_mode", linear ? "half_pixel" : "asymmetric"),
        set("nearest_mode", "floor"));
  }

  /// Operands one after the other; Tarn's axes agree from the first on, those of ONNX from the
  /// last.
  private String joined(Node node, Operator operator) {
    int rank = node.shape().rank();
    List<String> operands = new ArrayList<>();
    for (Node input : node.inputs()) {
      String operand = value(input);
      if (input.shape().rank() < rank) {
        long[] sizes = new long[rank + 1];
        Arrays.fill(sizes, 1);
        sizes[0] = 0;
        for (int axis = 0; axis < input.shape().rank(); axis++) {
          sizes[axis + 1] = input.shape().size(axis);
        }
        String shape = graph.wholes(node.name() + ".shape", sizes);
        operand = graph.step(node.name() + ".operand", "Reshape", List.of(operand, shape));
      }
      operands.add(operand);
    }
    boolean constant = node.inputs().stream().allMatch(n -> n.layer() instanceof Constant);
    if (constant) {
      operands.set(0, whole(node.inputs().getFirst()));
    }
    String so = operands.getFirst();
    for (int i = 1; i < operands.size(); i++) {
      String name = i == operands.size() - 1 ? node.name() : graph.fresh(node.name() + ".part");
      so = elements.write(name, so, operands.get(i), operator);
    }
    return so;
  }
}
