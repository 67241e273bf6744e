package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A network as a list of calls: each layer with what it is applied to, after what it needs.
///
/// @param layers in the order of the file, by which weights are found
/// @param calls in an order in which they can be computed
/// @param inputs the calls that data enter through
/// @param outputs the calls whose results the network puts out
record Calls(List<LayerConfig> layers, List<Call> calls, List<Key> inputs, List<Key> outputs) {
  /// The `number`-th application of a layer.
  record Key(String layer, int number) {}

  record Call(Key key, LayerConfig layer, List<Key> inputs) {}

  static Calls read(JsonCursor network) {
    return read(network.get("class_name").text(), network.get("config"));
  }

  static Calls read(String kind, JsonCursor config) {
    return switch (kind) {
      case "Sequential" -> sequential(config);
      case "Functional", "Model" -> functional(config);
      default ->
          throw new UnsupportedException(
              "%s: the network is a \"%s\"; Sequential and Functional are supported."
                  .formatted(quote(config.file()), quote(kind)));
    };
  }

  private static Calls sequential(JsonCursor config) {
    // Keras 1 wrote the list itself.
    JsonCursor list = config.value() instanceof Json.Items ? config : config.get("layers");
    List<LayerConfig> layers = placed(list.list(LayerConfig::read));
    Map<Key, Call> calls = new LinkedHashMap<>();
    Key last = new Key("", 0);
    if (!layers.isEmpty() && !layers.getFirst().kind().equals("InputLayer")) {
      LayerConfig first = layers.getFirst();
      String shape = "batch_input_shape";
      JsonCursor at =
          first.config().has(shape) || config.value() instanceof Json.Items
              ? first.config().get(shape)
              : config.get("build_input_shape");
      Json described = Json.members().with("batch_shape", at.value());
      LayerConfig input =
          new LayerConfig(
              "InputLayer", "input", "", new JsonCursor(at.file(), at.path(), described));
      calls.put(last, new Call(last, input, List.of()));
    }
    for (LayerConfig layer : layers) {
      List<Key> before = calls.isEmpty() ? List.of() : List.of(last);
      last = new Key(layer.name(), 0);
      calls.put(last, new Call(last, layer, before));
    }
    if (calls.isEmpty()) {
      throw config.malformed("has no layers", "at least one");
    }
    requireUnique(layers);
    Key first = calls.keySet().iterator().next();
    return InnerNetworks.unfolded(
        config, new Calls(layers, List.copyOf(calls.values()), List.of(first), List.of(last)));
  }

  private static Calls functional(JsonCursor config) {
    List<LayerConfig> layers = placed(config.get("layers").list(LayerConfig::read));
    List<Call> calls = new ArrayList<>();
    for (int number = 0; number < layers.size(); number++) {
      LayerConfig layer = layers.get(number);
      List<JsonCursor> nodes =
          config.get("layers").items().get(number).get("inbound_nodes").items();
      if (nodes.isEmpty()) {
        calls.add(new Call(new Key(layer.name(), 0), layer, List.of()));
      }
      for (int i = 0; i < nodes.size(); i++) {
        calls.add(new Call(new Key(layer.name(), i), layer, inbound(layer, nodes.get(i))));
      }
    }
    requireUnique(layers);
    List<Key> inputs = keys(config.get("input_layers"));
    List<Key> outputs = keys(config.get("output_layers"));
    return InnerNetworks.unfolded(config, new Calls(layers, calls, inputs, outputs));
  }

  /// Tells each layer where a `.keras` file has its weights.
  private static List<LayerConfig> placed(List<LayerConfig> layers) {
    Map<String, Integer> counts = new HashMap<>();
    return layers.stream().map(layer -> layer.at(WeightFile.path(layer.kind(), counts))).toList();
  }

  private static void requireUnique(List<LayerConfig> layers) {
    Map<String, LayerConfig> byName = new HashMap<>();
    for (LayerConfig layer : layers) {
      if (byName.put(layer.name(), layer) != null) {
        throw new FormatException(
            "%s: two layers are named \"%s\"; expected each name once."
                .formatted(quote(layer.config().file()), quote(layer.name())));
      }
    }
  }

  /// What a call is applied to: Keras 3 writes objects with a history, Keras 2 lists of name, node
  /// and tensor.
  private static List<Key> inbound(LayerConfig layer, JsonCursor node) {
    List<Key> keys = new ArrayList<>();
    if (node.value() instanceof Json.Items) {
      for (JsonCursor part : node.items()) {
        keys.add(key(part));
      }
      return keys;
    }
    collect(node.get("args"), keys);
    List<Key> named = new ArrayList<>();
    collect(node.get("kwargs"), named);
    if (!named.isEmpty()) {
      throw new UnsupportedException(
          layer.where() + ": is called with named tensors, which is not supported.");
    }
    return keys;
  }

  private static void collect(JsonCursor at, List<Key> into) {
    switch (at.value()) {
      case Json.Items items -> at.items().forEach(item -> collect(item, into));
      case Json.Members members -> {
        if (at.has("class_name") && at.get("class_name").text().equals("__keras_tensor__")) {
          into.add(key(at.get("config").get("keras_history")));
        } else {
          at.members().values().forEach(member -> collect(member, into));
        }
      }
      default -> {
        // A setting of the call, such as a mask that is null.
      }
    }
  }

  /// `[name, node, tensor]`, with settings behind it in Keras 2.
  private static Key key(JsonCursor at) {
    List<JsonCursor> parts = at.items();
    if (parts.size() < 3 || parts.get(2).whole(0, Integer.MAX_VALUE) != 0) {
      throw at.malformed("is no name of a result", "[layer, node, 0]");
    }
    return new Key(parts.get(0).text(), (int) parts.get(1).whole(0, Integer.MAX_VALUE));
  }

  /// One `[name, node, tensor]` or a list of them.
  private static List<Key> keys(JsonCursor at) {
    List<JsonCursor> items = at.items();
    if (!items.isEmpty() && items.getFirst().value() instanceof Json.Text) {
      return List.of(key(at));
    }
    return at.list(Calls::key);
  }

  /// Every call after those it needs (Kahn 1962), in time that grows with calls and connections.
  static List<Call> inOrder(JsonCursor config, Map<Key, Call> calls) {
    Map<Key, Integer> waiting = new HashMap<>();
    Map<Key, List<Key>> readers = new HashMap<>();
    Deque<Key> ready = new ArrayDeque<>();
    for (Call call : calls.values()) {
      for (Key input : call.inputs()) {
        if (!calls.containsKey(input)) {
          throw new FormatException(
              "%s: takes result %d of \"%s\"; there is no such call."
                  .formatted(call.layer().where(), input.number(), quote(input.layer())));
        }
        readers.computeIfAbsent(input, k -> new ArrayList<>()).add(call.key());
      }
      waiting.put(call.key(), call.inputs().size());
      if (call.inputs().isEmpty()) {
        ready.add(call.key());
      }
    }
    List<Call> order = new ArrayList<>();
    while (!ready.isEmpty()) {
      Key key = ready.removeFirst();
      order.add(java.util.Objects.requireNonNull(calls.get(key)));
      for (Key reader : readers.getOrDefault(key, List.of())) {
        if (waiting.merge(reader, -1, Integer::sum) == 0) {
          ready.add(reader);
        }
      }
    }
    if (order.size() < calls.size()) {
      List<String> left =
          waiting.entrySet().stream()
              .filter(e -> e.getValue() > 0)
              .map(e -> e.getKey().layer())
              .sorted()
              .limit(5)
              .toList();
      throw new FormatException(
          "%s: layers %s depend on each other in a circle; expected none that does."
              .formatted(quote(config.file()), quote(left.toString())));
    }
    return order;
  }
}
