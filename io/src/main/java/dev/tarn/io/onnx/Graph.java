package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.onnx.GraphProto;
import dev.tarn.onnx.ModelProto;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.OperatorSetIdProto;
import dev.tarn.onnx.TensorProto;
import dev.tarn.onnx.TypeProto;
import dev.tarn.onnx.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The graph of an ONNX file, checked as a whole: every name is given once and known where it is
/// used, nothing goes in a circle, every operator that matters is one that Tarn reads.
///
/// @param file what messages call the file
/// @param opset the version of the operators
/// @param nodes those that the outputs depend on, each after what it depends on
/// @param constants initializers by name
/// @param inputs graph inputs that are not initializers
/// @param outputs graph outputs
record Graph(
    String file,
    int opset,
    List<NodeProto> nodes,
    Map<String, TensorProto> constants,
    List<ValueInfoProto> inputs,
    List<ValueInfoProto> outputs) {
  /// The oldest and newest versions of the operators that are read.
  static final int OLDEST_OPSET = 7;

  static final int NEWEST_OPSET = 28;
  private static final int MOST_NODES = 100_000;

  static Graph of(String file, ModelProto model) {
    if (!model.hasGraph()) {
      throw new FormatException(file + ": has no graph; expected an ONNX model.");
    }
    GraphProto graph = model.getGraph();
    if (graph.getNodeCount() > MOST_NODES) {
      throw new LimitException(
          "%s: the graph has %d nodes; at most %d are read."
              .formatted(file, graph.getNodeCount(), MOST_NODES));
    }
    if (graph.getSparseInitializerCount() > 0) {
      throw new UnsupportedException(
          file + ": has sparse initializers, which are not supported. Store them as dense ones.");
    }
    int opset = opset(file, model);
    Map<String, TensorProto> constants = new LinkedHashMap<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      requireName(file, "an initializer", tensor.getName());
      if (constants.put(tensor.getName(), tensor) != null) {
        throw new FormatException(
            "%s: two initializers are named \"%s\"; expected one."
                .formatted(file, quote(tensor.getName())));
      }
    }
    List<ValueInfoProto> inputs = new ArrayList<>();
    Set<String> given = new HashSet<>(constants.keySet());
    for (ValueInfoProto input : graph.getInputList()) {
      requireName(file, "a graph input", input.getName());
      if (!constants.containsKey(input.getName())) {
        requireType(file, input);
        inputs.add(input);
        if (!given.add(input.getName())) {
          throw new FormatException(
              "%s: two graph inputs are named \"%s\"; expected one."
                  .formatted(file, quote(input.getName())));
        }
      }
    }
    if (graph.getOutputCount() == 0) {
      throw new FormatException(file + ": the graph has no outputs; expected at least one.");
    }
    List<NodeProto> order = sorted(file, graph, given);
    return new Graph(file, opset, order, constants, inputs, graph.getOutputList());
  }

  private static void requireName(String file, String what, String name) {
    if (name.isEmpty()) {
      throw new FormatException("%s: %s has no name; expected one.".formatted(file, what));
    }
  }

  private static void requireType(String file, ValueInfoProto input) {
    if (input.hasType() && input.getType().equals(TypeProto.getDefaultInstance())) {
      throw new UnsupportedException(
          "%s: input \"%s\" is no tensor; only tensors are supported."
              .formatted(file, quote(input.getName())));
    }
    if (!input.getType().hasTensorType() || input.getType().getTensorType().getElemType() == 0) {
      throw new FormatException(
          "%s: input \"%s\" has no tensor type; expected an element type and a shape."
              .formatted(file, quote(input.getName())));
    }
  }

  private static int opset(String file, ModelProto model) {
    Map<String, Long> versions = new HashMap<>();
    for (OperatorSetIdProto set : model.getOpsetImportList()) {
      String domain = isStandard(set.getDomain()) ? "" : set.getDomain();
      if (versions.put(domain, set.getVersion()) != null) {
        throw new FormatException(
            "%s: two versions of operator set \"%s\"; expected one."
                .formatted(file, quote(set.getDomain())));
      }
    }
    Long version = versions.get("");
    if (version == null && !versions.isEmpty()) {
      throw new UnsupportedException(
          "%s: uses the operator sets %s alone, which are not supported; only that of ONNX is."
              .formatted(file, quote(versions.keySet().toString())));
    }
    if (version == null) {
      throw new FormatException(
          file + ": has no operator set version (opset_import); expected one.");
    }
    if (version < OLDEST_OPSET || version > NEWEST_OPSET) {
      throw new UnsupportedException(
          "%s: operator set version %d; versions %d to %d are read. Export it with opset 17."
              .formatted(file, version, OLDEST_OPSET, NEWEST_OPSET));
    }
    return Math.toIntExact(version);
  }

  private static boolean isStandard(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  static String describe(NodeProto node) {
    String name =
        node.getName().isEmpty() && node.getOutputCount() > 0 ? node.getOutput(0) : node.getName();
    return "node \"%s\" (%s)".formatted(quote(name), quote(node.getOpType()));
  }

  /// Nodes the outputs depend on, each after those it depends on: a walk back over an explicit
  /// stack, in time linear in nodes and edges.
  private static List<NodeProto> sorted(String file, GraphProto graph, Set<String> given) {
    Map<String, NodeProto> makers = new HashMap<>();
    for (NodeProto node : graph.getNodeList()) {
      for (String output : node.getOutputList()) {
        if (output.isEmpty()) {
          continue;
        }
        if (given.contains(output) || makers.put(output, node) != null) {
          throw new FormatException(
              "%s: %s gives \"%s\", which is given already; expected one maker per name."
                  .formatted(file, describe(node), quote(output)));
        }
      }
    }
    IdentityHashMap<NodeProto, Boolean> done = new IdentityHashMap<>();
    List<NodeProto> sorted = new ArrayList<>();
    for (ValueInfoProto output : graph.getOutputList()) {
      NodeProto maker = makers.get(output.getName());
      if (maker == null) {
        if (!given.contains(output.getName())) {
          throw new FormatException(
              "%s: output \"%s\" is made by no node; expected one."
                  .formatted(file, quote(output.getName())));
        }
        continue;
      }
      walk(file, maker, makers, given, done, sorted);
    }
    requireSupported(file, sorted);
    return sorted;
  }

  /// One node on the stack, and which of its inputs is looked at next.
  private static final class Visit {
    final NodeProto node;
    int next;

    Visit(NodeProto node) {
      this.node = node;
    }
  }

  private static void walk(
      String file,
      NodeProto root,
      Map<String, NodeProto> makers,
      Set<String> given,
      IdentityHashMap<NodeProto, Boolean> done,
      List<NodeProto> sorted) {
    Deque<Visit> open = new ArrayDeque<>();
    if (done.putIfAbsent(root, false) == null) {
      open.push(new Visit(root));
    }
    while (!open.isEmpty()) {
      Visit visit = open.element();
      if (visit.next == visit.node.getInputCount()) {
        done.put(visit.node, true);
        sorted.add(visit.node);
        open.pop();
        continue;
      }
      String input = visit.node.getInput(visit.next++);
      NodeProto maker = makers.get(input);
      if (maker == null) {
        if (!input.isEmpty() && !given.contains(input)) {
          throw new FormatException(
              "%s: %s takes \"%s\", which nothing gives; expected an input, an initializer or another node's output."
                  .formatted(file, describe(visit.node), quote(input)));
        }
        continue;
      }
      Boolean state = done.putIfAbsent(maker, false);
      if (state == null) {
        open.push(new Visit(maker));
      } else if (!state) {
        throw new FormatException(
            "%s: %s depends on itself through \"%s\"; expected a graph without circles."
                .formatted(file, describe(visit.node), quote(input)));
      }
    }
  }

  /// Names all operators at once that Tarn does not read.
  private static void requireSupported(String file, List<NodeProto> nodes) {
    Set<String> missing = new TreeSet<>();
    for (NodeProto node : nodes) {
      if (!isStandard(node.getDomain())) {
        missing.add(quote(node.getDomain()) + "." + quote(node.getOpType()));
      } else if (!Operators.NAMES.contains(node.getOpType())) {
        missing.add(quote(node.getOpType()));
      }
    }
    if (!missing.isEmpty()) {
      throw new UnsupportedException(
          "%s: the operators %s are not supported. Replace them in the network, or export it without."
              .formatted(file, String.join(", ", missing)));
    }
  }
}
