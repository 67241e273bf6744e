package dev.tarn.io.model;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.CustomLayer;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model's graph as JSON: its layers, each after its inputs, and the names of its outputs.
///
/// ```json
/// {"layers": [{"name": "input", "layer": "input", "shape": [1, 28, 28]},
///             {"name": "pool1", "layer": "pool", "from": ["input"], …}],
///  "outputs": ["pool1"]}
/// ```
final class ModelJson {
  private static final int MOST_LAYERS = 10_000;
  private static final int LONGEST_AXIS = 1 << 22;

  private ModelJson() {}

  /// @throws UnsupportedException if layers are [CustomLayer]s, naming all of them
  static Json write(Model model) {
    List<String> custom =
        model.nodes().stream()
            .filter(n -> n.layer() instanceof CustomLayer)
            .map(Node::name)
            .toList();
    if (!custom.isEmpty()) {
      throw new UnsupportedException(
          "model: the layers %s are of your own making; a file holds no code. Save the weights alone as .safetensors and build the model in code."
              .formatted(custom));
    }
    var layers = new ArrayList<Json>();
    for (Node node : model.nodes()) {
      var members = new LinkedHashMap<String, Json>();
      members.put("name", new Json.Text(node.name()));
      members.putAll(LayerJson.write(node.layer()).members());
      if (!node.inputs().isEmpty()) {
        members.put("from", names(node.inputs()));
      }
      layers.add(new Json.Members(members));
    }
    return Json.members()
        .with("layers", new Json.Items(layers))
        .with("outputs", names(model.outputs()));
  }

  private static Json names(List<Node> nodes) {
    return Json.texts(nodes.stream().map(Node::name).toList());
  }

  /// @throws FormatException if it describes no possible model
  /// @throws UnsupportedException if there are layers this program does not know, naming all of
  ///   them
  static Model read(JsonCursor root) {
    root.only("layers", "outputs");
    List<JsonCursor> layers = root.get("layers").items();
    if (layers.size() > MOST_LAYERS) {
      throw new LimitException(
          "%s: has %d layers; at most %d are read."
              .formatted(quote(root.file()), layers.size(), MOST_LAYERS));
    }
    requireKnown(root, layers);
    Map<String, Node> nodes = new LinkedHashMap<>();
    for (JsonCursor at : layers) {
      String name = at.get("name").text();
      if (nodes.put(name, node(at, name, nodes)) != null) {
        throw at.get("name").malformed("is \"%s\" again".formatted(name), "a name of its own");
      }
    }
    JsonCursor outputs = root.get("outputs");
    Node[] ends = outputs.items().stream().map(o -> named(o, nodes)).toArray(Node[]::new);
    Model model = possible(outputs, () -> Model.of(ends));
    if (model.nodes().size() != nodes.size()) {
      throw root.get("layers")
          .malformed(
              "has layers that lead to no output",
              "only the %d that do".formatted(model.nodes().size()));
    }
    return model;
  }

  private static void requireKnown(JsonCursor root, List<JsonCursor> layers) {
    List<String> unknown =
        layers.stream()
            .map(at -> at.get("layer").text())
            .filter(word -> !LayerJson.WORDS.contains(word))
            .distinct()
            .toList();
    if (!unknown.isEmpty()) {
      throw new UnsupportedException(
          "%s: the layers %s are not known to this program; it knows %s."
              .formatted(
                  quote(root.file()),
                  quote(unknown.toString()),
                  LayerJson.WORDS.stream().sorted().toList()));
    }
  }

  private static Node node(JsonCursor at, String name, Map<String, Node> nodes) {
    List<Node> inputs =
        at.has("from") ? at.get("from").list(from -> named(from, nodes)) : List.of();
    Node node = possible(at, () -> Node.of(LayerJson.read(at), inputs).named(name));
    for (int size : node.shape().toArray()) {
      if (size > LONGEST_AXIS && node.shape().rank() > 1) {
        throw new LimitException(
            "%s: %s: output %s has an axis of %d; at most %d are read."
                .formatted(quote(at.file()), quote(at.path()), node.shape(), size, LONGEST_AXIS));
      }
    }
    return node;
  }

  private static Node named(JsonCursor at, Map<String, Node> nodes) {
    Node node = nodes.get(at.text());
    if (node == null) {
      throw at.malformed("is \"%s\"".formatted(at.text()), "the name of a layer before it");
    }
    return node;
  }

  private interface Maker<T> {
    T make();
  }

  /// What a constructor refuses is here the file's fault, not the caller's.
  private static <T> T possible(JsonCursor at, Maker<T> maker) {
    try {
      return maker.make();
    } catch (ParameterException | ShapeException e) {
      throw new FormatException(
          "%s: %s is not possible: %s"
              .formatted(quote(at.file()), quote(at.path()), e.getMessage()),
          e);
    } catch (LimitException e) {
      throw e.at("%s: %s".formatted(quote(at.file()), quote(at.path())));
    }
  }
}
