package dev.tarn.model;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.ParameterSpec;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A network: a directed acyclic graph of layers with one or more inputs and outputs. It is
/// immutable and holds no weights; those are [Parameters].
public final class Model {
  /// Parameters begin at multiples of this many floats, so that vector loads of a row never
  /// straddle two.
  private static final int ALIGNMENT = 16;

  private final List<Node> inputs;
  private final List<Node> nodes;
  private final List<Node> outputs;
  private final Map<String, Node> byName = new LinkedHashMap<>();
  private final List<Parameter> parameters;
  private final int parameterArraySize;

  private Model(List<Node> nodes, List<Node> outputs) {
    this.nodes = List.copyOf(nodes);
    this.outputs = List.copyOf(outputs);
    this.inputs = nodes.stream().filter(n -> n.layer() instanceof Input).toList();
    nodes.forEach(n -> byName.put(n.name(), n));
    List<Parameter> all = new ArrayList<>();
    long at = 0;
    for (Node node : nodes) {
      for (ParameterSpec spec : node.layer().parameters(node.inputShapes())) {
        all.add(new Parameter(node.name() + "." + spec.name(), node.name(), spec, (int) at));
        at += (spec.shape().elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        if (at > Shape.MOST_ELEMENTS) {
          throw new LimitException(
              "%s: the model has more than %d parameters up to here; it needs to be smaller."
                  .formatted(node.describe(), Shape.MOST_ELEMENTS));
        }
      }
    }
    this.parameters = List.copyOf(all);
    this.parameterArraySize = (int) at;
  }

  /// Begins a network: a node for data of this per-sample shape, `channels, height, width` or a
  /// number of features.
  public static Node input(int... shape) {
    return input(Shape.of(shape));
  }

  /// Begins a network: a node for data of this per-sample shape.
  public static Node input(Shape shape) {
    return Node.of(new Input(shape));
  }

  /// Layers in a row behind an input of this per-sample shape.
  public static Model sequential(Shape input, Layer... layers) {
    Node last = input(input);
    for (Layer layer : layers) {
      last = last.then(layer);
    }
    return of(last);
  }

  /// The network that computes these nodes from all inputs they depend on.
  ///
  /// @throws ParameterException if there is no output, no input, or a name stands twice
  public static Model of(Node... outputs) {
    if (outputs.length == 0) {
      throw new ParameterException("model: has no outputs; needed at least one node.");
    }
    List<Node> order = topological(List.of(outputs));
    Map<String, Integer> counts = new HashMap<>();
    Set<String> taken = new HashSet<>();
    for (Node node : order) {
      if (node.isNamed() && !taken.add(node.name())) {
        throw new ParameterException(
            "model: two layers are named \"%s\"; give each a name of its own."
                .formatted(node.name()));
      }
    }
    Map<Node, Node> renamed = new HashMap<>();
    for (Node node : order) {
      List<Node> inputs = node.inputs().stream().map(renamed::get).toList();
      renamed.put(node, node.with(nameOf(node, counts, taken), inputs));
    }
    List<Node> nodes = order.stream().map(renamed::get).toList();
    if (nodes.stream().noneMatch(n -> n.layer() instanceof Input)) {
      throw new ParameterException("model: has no input; begin it with Model.input(…).");
    }
    return new Model(nodes, Arrays.stream(outputs).map(renamed::get).toList());
  }

  private static String nameOf(Node node, Map<String, Integer> counts, Set<String> taken) {
    if (node.isNamed()) {
      return node.name();
    }
    String kind = node.layer().kind();
    String name;
    do {
      int count = counts.merge(kind, 1, Integer::sum);
      name = node.layer() instanceof Input && count == 1 ? kind : kind + count;
    } while (!taken.add(name));
    return name;
  }

  /// Every node after its inputs; a loop over an explicit stack, since networks may be deeper than
  /// threads' stacks.
  private static List<Node> topological(List<Node> outputs) {
    List<Node> order = new ArrayList<>();
    Map<Node, Boolean> done = new HashMap<>();
    Deque<Node> open = new ArrayDeque<>();
    for (Node output : outputs) {
      open.push(output);
      while (!open.isEmpty()) {
        Node node = open.peek();
        Optional<Node> missing =
            node.inputs().stream().filter(n -> !done.containsKey(n)).findFirst();
        if (missing.isPresent()) {
          open.push(missing.get());
        } else {
          open.pop();
          if (done.put(node, true) == null) {
            order.add(node);
          }
        }
      }
    }
    return order;
  }

  /// Another network made of this one by a rule for every node. Layers keep their names, so that
  /// [Parameters#transfer] finds their weights.
  public Model rewrite(Rewrite rule) {
    return Rewrite.apply(this, rule);
  }

  /// The same network with something else in the place of every pooling layer, global pooling
  /// excepted: `model.replacePooling(Replacement.reduction(Reduction.average()))`.
  ///
  /// @throws ParameterException if a pooling layer's places are read by an unpooling layer, which
  ///   the replacement does not record
  public Model replacePooling(Replacement replacement) {
    return rewrite((old, inputs) -> {
      boolean local =
          old.layer() instanceof Pool(var reduction, var regions)
              && !(regions instanceof Regions.Global);
      if (!local) {
        return old.behind(inputs);
      }
      Node node = replacement.node((Pool) old.layer(), inputs.getFirst());
      if (!node.shape().equals(old.shape())) {
        throw new ShapeException(
            "%s put out %s; its replacement %s.".formatted(old.describe(), old.shape(), node));
      }
      // The name goes to whatever holds parameters: a convolution behind which ReLU stands.
      return node.layer() instanceof Activate && !node.inputs().contains(inputs.getFirst())
          ? node.behind(List.of(node.inputs().getFirst().named(old.name())))
          : node.named(old.name());
    });
  }

  /// The same network for inputs of other sizes, one shape per input.
  ///
  /// @throws ShapeException if a layer does not fit
  public Model withInputs(Shape... shapes) {
    if (shapes.length != inputs.size()) {
      throw new ParameterException(
          "model: %d input shapes; it has %d inputs.".formatted(shapes.length, inputs.size()));
    }
    return rewrite((old, now) ->
        old.layer() instanceof Input
            ? Node.of(new Input(shapes[inputs.indexOf(old)])).named(old.name())
            : old.behind(now));
  }

  /// The same network with its dense layers as convolutions, so that it takes larger inputs too
  /// ([#withInputs]) and then puts out a map of scores: VGG-16's become 7×7×4096, 1×1×4096 and
  /// 1×1×1000. At the original size its results are the same, as `[classes, 1, 1]`.
  ///
  /// Weights are the same numbers in the same order: [Parameters#transfer]. To average the map of
  /// scores, put global average pooling behind it.
  ///
  /// @throws dev.tarn.error.UnsupportedException if something else reads what a flatten layer wrote
  public Model fullyConvolutional() {
    return FullyConvolutional.of(this);
  }

  /// The input nodes, in the order in which the graph meets them.
  public List<Node> inputs() {
    return inputs;
  }

  /// Every node, each after its inputs.
  public List<Node> nodes() {
    return nodes;
  }

  public List<Node> outputs() {
    return outputs;
  }

  /// The node of this name.
  ///
  /// @throws ParameterException if there is none; the message lists what there is
  public Node node(String name) {
    Node node = byName.get(name);
    if (node == null) {
      throw new ParameterException(
          "model: has no layer \"%s\"; it has %s."
              .formatted(TarnException.quote(name), String.join(", ", byName.keySet())));
    }
    return node;
  }

  /// Every parameter and its place in one flat array.
  public List<Parameter> parameters() {
    return parameters;
  }

  /// The parameters of one node.
  public List<Parameter> parameters(Node node) {
    return parameters.stream().filter(p -> p.node().equals(node.name())).toList();
  }

  /// Floats that [Parameters#array] needs, gaps for alignment included.
  public int parameterArraySize() {
    return parameterArraySize;
  }

  /// Numbers that are learned, without gaps and states: 138 357 544 for VGG-16.
  public long parameterCount() {
    return parameters.stream().filter(Parameter::learned).mapToLong(Parameter::size).sum();
  }
}
