package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.JsonCursor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Networks that are layers of a network, such as one that was trained before: their layers take
/// their place, named after both.
final class InnerNetworks {
  /// Networks in networks that are applied again and again would unfold without end.
  private static final int MOST_CALLS = 100_000;

  private final JsonCursor config;

  /// What stands for a result: of a network its output, of its inputs what it is applied to.
  private final Map<Calls.Key, Calls.Key> results = new HashMap<>();

  private InnerNetworks(JsonCursor config) {
    this.config = config;
  }

  /// The same calls in an order in which they can be computed, without networks among them.
  static Calls unfolded(JsonCursor config, Calls network) {
    return new InnerNetworks(config).unfold(network);
  }

  private Calls unfold(Calls network) {
    List<LayerConfig> layers = new ArrayList<>();
    Map<String, Calls> inner = new HashMap<>();
    for (LayerConfig layer : network.layers()) {
      if (layer.isNetwork()) {
        Calls inside = Calls.read(layer.kind(), layer.config());
        inner.put(layer.name(), inside);
        inside.layers().forEach(l -> layers.add(l.inside(layer)));
      } else {
        layers.add(layer);
      }
    }
    Map<Calls.Key, Calls.Call> calls = new LinkedHashMap<>();
    for (Calls.Call call : network.calls()) {
      Calls inside = inner.get(call.layer().name());
      if (inside == null) {
        calls.put(call.key(), call);
      } else {
        apply(call, inside, calls);
      }
      if (calls.size() > MOST_CALLS) {
        throw new LimitException(
            "%s: networks inside the network come to more than %d layers; at most as many are read."
                .formatted(quote(config.file()), MOST_CALLS));
      }
    }
    calls.replaceAll((key, call) -> new Calls.Call(key, call.layer(), resolved(call.inputs())));
    return new Calls(
        layers,
        Calls.inOrder(config, calls),
        resolved(network.inputs()),
        resolved(network.outputs()));
  }

  private void apply(Calls.Call call, Calls inside, Map<Calls.Key, Calls.Call> calls) {
    LayerConfig network = call.layer();
    if (inside.inputs().size() != call.inputs().size()) {
      throw new FormatException(
          "%s: is applied to %d results; expected %d."
              .formatted(network.where(), call.inputs().size(), inside.inputs().size()));
    }
    if (inside.outputs().size() != 1) {
      throw new UnsupportedException(
          "%s: puts out %d results; networks inside networks are read with 1."
              .formatted(network.where(), inside.outputs().size()));
    }
    for (int i = 0; i < inside.inputs().size(); i++) {
      results.put(within(call, inside.inputs().get(i)), call.inputs().get(i));
    }
    results.put(call.key(), within(call, inside.outputs().getFirst()));
    for (Calls.Call one : inside.calls()) {
      if (!inside.inputs().contains(one.key())) {
        Calls.Key key = within(call, one.key());
        List<Calls.Key> from = one.inputs().stream().map(input -> within(call, input)).toList();
        calls.put(key, new Calls.Call(key, one.layer().inside(network), from));
      }
    }
  }

  private static Calls.Key within(Calls.Call call, Calls.Key key) {
    String place = "%s/%d/%s".formatted(call.key().layer(), call.key().number(), key.layer());
    return new Calls.Key(place, key.number());
  }

  private List<Calls.Key> resolved(List<Calls.Key> keys) {
    return keys.stream().map(this::resolved).toList();
  }

  private Calls.Key resolved(Calls.Key key) {
    Calls.Key at = key;
    for (int steps = 0; results.containsKey(at); steps++) {
      if (steps > results.size()) {
        throw new FormatException(
            "%s: \"%s\" depends on itself; expected a network without circles."
                .formatted(quote(config.file()), quote(key.layer())));
      }
      at = results.getOrDefault(at, at);
    }
    return at;
  }
}
