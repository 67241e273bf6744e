package dev.tarn.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A rule that turns one network into another, node by node: see [Model#rewrite].
@FunctionalInterface
public interface Rewrite {
  /// What stands in the place of a node.
  ///
  /// @param old the node of the network that is read
  /// @param inputs what became of its inputs
  /// @return [Node#behind] to keep its layer, one of `inputs` to leave it out, or anything else
  Node node(Node old, List<Node> inputs);

  /// Applies a rule to every node of a model.
  static Model apply(Model model, Rewrite rule) {
    Map<Node, Node> now = new HashMap<>();
    for (Node old : model.nodes()) {
      List<Node> inputs = new ArrayList<>();
      old.inputs().forEach(i -> inputs.add(now.get(i)));
      now.put(old, rule.node(old, inputs));
    }
    return Model.of(model.outputs().stream().map(now::get).toArray(Node[]::new));
  }
}
