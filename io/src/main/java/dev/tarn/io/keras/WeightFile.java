package dev.tarn.io.keras;

import dev.tarn.io.hdf5.Hdf5Array;
import dev.tarn.io.hdf5.Hdf5Group;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Finds the arrays of a layer.
interface WeightFile {
  /// The arrays of a layer in Keras' order; none if it has no weights.
  List<Hdf5Array> of(LayerConfig layer);

  /// The weights of a `.keras` file: groups named by class and running number,
  /// `layers/conv2d_1/vars/0`.
  static WeightFile numbered(Hdf5Group root) {
    return layer -> {
      Hdf5Group at = root.has("layers") ? root.group("layers") : root;
      for (String step : (layer.path() + "/vars").split("/", -1)) {
        if (!at.has(step)) {
          return List.of();
        }
        at = at.group(step);
      }
      List<Hdf5Array> arrays = new ArrayList<>();
      for (int i = 0; i < at.names().size(); i++) {
        arrays.add(at.array(Integer.toString(i)));
      }
      return arrays;
    };
  }

  /// The name of the next layer of a class.
  static String path(String kind, Map<String, Integer> counts) {
    String stem = snake(kind);
    int number = counts.merge(stem, 1, Integer::sum) - 1;
    return number == 0 ? stem : stem + "_" + number;
  }

  /// `BatchNormalization` becomes `batch_normalization`, `Conv2D` `conv2d`, `LeakyReLU`
  /// `leaky_re_lu`.
  private static String snake(String kind) {
    return kind.replaceAll("\\W+", "")
        .replaceAll("(.)([A-Z][a-z]+)", "$1_$2")
        .replaceAll("([a-z])([A-Z])", "$1_$2")
        .toLowerCase(java.util.Locale.ROOT);
  }

  /// The weights of an `.h5` file: groups named as layers, each with a list of its arrays; a
  /// network inside the network has those of all its layers, `conv/kernel`.
  static WeightFile named(Hdf5Group root) {
    Hdf5Group weights = root.has("model_weights") ? root.group("model_weights") : root;
    return layer -> {
      int inside = layer.path().contains("/layers/") ? layer.name().indexOf('/') : -1;
      String top = inside < 0 ? layer.name() : layer.name().substring(0, inside);
      if (!weights.has(top)) {
        return List.of();
      }
      Hdf5Group group = weights.group(top);
      String owner = layer.name().substring(layer.name().lastIndexOf('/') + 1);
      List<Hdf5Array> arrays = new ArrayList<>();
      for (String name : names(group)) {
        List<String> steps = List.of(name.split("/", -1));
        if (inside < 0 || (steps.size() > 1 && steps.get(steps.size() - 2).equals(owner))) {
          arrays.add(group.array(name));
        }
      }
      return arrays;
    };
  }

  /// Long lists are split: `weight_names0`, `weight_names1`, …
  private static List<String> names(Hdf5Group group) {
    if (group.hasAttribute("weight_names")) {
      return group.texts("weight_names");
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; group.hasAttribute("weight_names" + i); i++) {
      names.addAll(group.texts("weight_names" + i));
    }
    return names;
  }
}
