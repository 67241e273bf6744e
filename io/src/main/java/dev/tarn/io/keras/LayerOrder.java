package dev.tarn.io.keras;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The order in which Keras lists the layers of a functional network, by which it numbers their
/// weights in `.keras` files: by distance from the outputs, farthest first, and among equals in the
/// order in which a search from the outputs meets them.
final class LayerOrder {
  private LayerOrder() {}

  static List<KerasLayer> of(List<KerasLayer> layers, List<String> outputs) {
    Map<String, KerasLayer> byName = new HashMap<>();
    layers.forEach(layer -> byName.put(layer.name(), layer));
    Map<String, Integer> met = new HashMap<>();
    List<KerasLayer> finished = search(byName, outputs, met);
    Map<String, Integer> depth = new HashMap<>();
    for (KerasLayer layer : finished.reversed()) {
      int own = depth.computeIfAbsent(layer.name(), n -> 0);
      layer.inputs().forEach(input -> depth.merge(input, own + 1, Math::max));
    }
    List<KerasLayer> order = new ArrayList<>(finished);
    order.sort(
        Comparator.comparing((KerasLayer l) -> -Objects.requireNonNull(depth.get(l.name())))
            .thenComparing(l -> Objects.requireNonNull(met.get(l.name()))));
    return order;
  }

  /// Depth first; each layer after those it is applied to.
  private static List<KerasLayer> search(
      Map<String, KerasLayer> byName, List<String> outputs, Map<String, Integer> met) {
    record Step(KerasLayer layer, int next) {}
    List<KerasLayer> finished = new ArrayList<>();
    Deque<Step> open = new ArrayDeque<>();
    for (String output : outputs) {
      if (met.putIfAbsent(output, met.size()) == null) {
        open.push(new Step(Objects.requireNonNull(byName.get(output)), 0));
      }
      while (!open.isEmpty()) {
        Step step = open.pop();
        if (step.next() == step.layer().inputs().size()) {
          finished.add(step.layer());
          continue;
        }
        open.push(new Step(step.layer(), step.next() + 1));
        String input = step.layer().inputs().get(step.next());
        if (met.putIfAbsent(input, met.size()) == null) {
          open.push(new Step(Objects.requireNonNull(byName.get(input)), 0));
        }
      }
    }
    return finished;
  }
}
