package dev.tarn.model;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Input;
import dev.tarn.layer.Layer;
import dev.tarn.layer.ParameterSpec;
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
