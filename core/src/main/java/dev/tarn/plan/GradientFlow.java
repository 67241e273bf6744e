package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Input;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Which nodes need a gradient, and where it lies.
///
/// The first reader of a node that is met writes the node's gradient; every further one writes
/// beside it and is added.
final class GradientFlow {
  private final Values values;
  private final TaskList tasks;
  private final Map<Node, Buffer> gradients = new HashMap<>();
  private final Set<Node> needed = new HashSet<>();

  GradientFlow(Values values, TaskList tasks) {
    this.values = values;
    this.tasks = tasks;
    boolean inputs = values.options.gradients() == PlanOptions.Gradients.PARAMETERS_AND_INPUTS;
    for (Node node : values.model.nodes()) {
      boolean source = node.layer() instanceof Input ? inputs : learns(node);
      if (source || node.inputs().stream().anyMatch(needed::contains)) {
        needed.add(node);
      }
    }
  }

  /// Whether a layer has parameters that may change.
  boolean learns(Node node) {
    return !values.frozen(node)
        && values.model.parameters(node).stream().anyMatch(Parameter::learned);
  }

  /// Whether anything that changes lies at or before the node.
  boolean needs(Node node) {
    return needed.contains(node);
  }

  /// The gradient that the user writes for an output before the backward pass.
  Buffer ofOutput(Node output) {
    return gradients.computeIfAbsent(output, GradientFlow::newGradient);
  }

  /// The gradient by a node's output, null if none flows to it.
  @Nullable Buffer of(Node node) {
    return gradients.get(node);
  }

  static Buffer newGradient(Node node) {
    return Buffer.perSample(Space.ARENA, node.name() + ".grad", node.shape().elements());
  }

  /// Lets `problem` write the gradient of input `number`, if anybody needs it.
  void into(Node node, int number, Consumer<Buffer> problem) {
    Node input = node.inputs().get(number);
    if (!needed.contains(input)) {
      return;
    }
    Buffer own = newGradient(input);
    Buffer first = gradients.putIfAbsent(input, own);
    problem.accept(own);
    if (first != null) {
      accumulate(node, input, own, first);
    }
  }

  /// As [#into] for a problem that may work in the place of `gradY`.
  void inPlace(Node node, Buffer gradY, Consumer<Buffer> problem) {
    Node input = node.inputs().getFirst();
    if (needed.contains(input) && !gradients.containsKey(input)) {
      gradients.put(input, gradY);
      problem.accept(gradY);
    } else {
      into(node, 0, problem);
    }
  }

  /// Hands `gradY` on as it is.
  void handOn(Node node, int number, Buffer gradY) {
    Node input = node.inputs().get(number);
    if (needed.contains(input)) {
      Buffer first = gradients.putIfAbsent(input, gradY);
      if (first != null) {
        accumulate(node, input, gradY, first);
      }
    }
  }

  private void accumulate(Node node, Node input, Buffer from, Buffer into) {
    long flops = input.shape().elements();
    var add = new PointwiseProblem.Accumulate(Lowering.size(input), from, into);
    tasks.add(node, Step.Pass.BACKWARD, add, flops);
  }
}
