package dev.tarn.io.keras;

import dev.tarn.error.FormatException;
import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.layer.Layer;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/// The network that is being made of a file: names, and where each parameter gets its numbers.
final class Building {
  private static final int MOST_SHOWN = 8;
  private static final int LONGEST_NAME = 80;

  private final String file;
  private final WeightFile weights;
  private final Set<String> names = new HashSet<>();
  private final Map<String, Filling> fillings = new HashMap<>();
  private final List<String> differences = new ArrayList<>();

  Building(String file, WeightFile weights) {
    this.file = file;
    this.weights = weights;
  }

  /// Names a node after its layer; letters that Tarn's names do not have become `_`.
  Node named(String wanted, Node node) {
    String stem = wanted.replaceAll("[^\\p{L}\\p{N}_/-]", "_");
    stem = stem.substring(0, Math.min(LONGEST_NAME, stem.length()));
    String name = stem.isEmpty() ? "layer" : stem;
    for (int number = 2; !names.add(name); number++) {
      name = stem + "_" + number;
    }
    return node.named(name);
  }

  Node node(String name, Layer layer, Node... inputs) {
    return named(name, Node.of(layer, inputs));
  }

  /// The arrays of a layer, if they are as many as expected and of these sizes; otherwise the
  /// difference is noted, and the arrays are missing.
  List<Hdf5Array> arrays(LayerConfig layer, int[]... sizes) {
    List<List<Long>> expected =
        Arrays.stream(sizes).map(s -> IntStream.of(s).asLongStream().boxed().toList()).toList();
    List<Hdf5Array> found = weights.of(layer);
    if (!found.stream().map(Hdf5Array::sizes).toList().equals(expected)) {
      differences.add(
          "%s (%s) needs %s, has %s"
              .formatted(
                  layer.name(),
                  layer.kind(),
                  expected,
                  found.stream().map(Hdf5Array::sizes).toList()));
      return List.of();
    }
    return found;
  }

  /// A parameter of a node takes its numbers from an array whose axes come in another order.
  void fill(Node node, String parameter, Hdf5Array array, int... order) {
    fillings.put(
        node.name() + "." + parameter,
        new Filling.FromArray(array, IntStream.of(order).boxed().toList()));
  }

  /// A parameter of a node has one value everywhere.
  void fill(Node node, String parameter, double value) {
    fillings.put(node.name() + "." + parameter, new Filling.Constant((float) value));
  }

  /// The model with its numbers; all arrays fit before memory is taken for them.
  Parameters finish(List<Node> outputs) {
    if (!differences.isEmpty()) {
      int more = differences.size() - MOST_SHOWN;
      throw new FormatException(
          "%s: weights do not fit the layers: %s%s."
              .formatted(
                  file,
                  String.join(
                      "; ",
                      differences.stream()
                          .limit(MOST_SHOWN)
                          .map(dev.tarn.error.TarnException::quote)
                          .toList()),
                  more > 0 ? "; and %d more".formatted(more) : ""));
    }
    Model model = Model.of(outputs.toArray(Node[]::new));
    Parameters parameters = Parameters.zeros(model);
    for (Parameter parameter : model.parameters()) {
      Filling filling = fillings.get(parameter.name());
      if (filling == null) {
        throw new IllegalStateException(parameter.name() + " has no source");
      }
      filling.fill(parameters, parameter);
    }
    parameters.changed();
    return parameters;
  }
}
