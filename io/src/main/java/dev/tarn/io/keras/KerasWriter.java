package dev.tarn.io.keras;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.hdf5.Hdf5Writer;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonText;
import dev.tarn.io.store.Content;
import dev.tarn.io.zip.ZipWriter;
import dev.tarn.model.Parameters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Writes a model as a functional network of Keras. The same model gives the same bytes.
final class KerasWriter {
  /// What Keras is told wrote the file: the first version with this format.
  private static final String VERSION = "3.0.0";

  private static final int LONGEST_LIST = 60_000;

  private final List<KerasLayer> layers;
  private final List<String> inputs;
  private final List<String> outputs;

  /// @throws UnsupportedException naming every node that Keras has no layer for
  KerasWriter(Parameters parameters) {
    var writer = new LayerWriter(parameters);
    List<KerasLayer> all = writer.layers();
    this.inputs = parameters.model().inputs().stream().map(writer::name).toList();
    this.outputs = parameters.model().outputs().stream().map(writer::name).toList();
    this.layers = LayerOrder.of(all, outputs);
  }

  /// The `.keras` file.
  Content keras() {
    String metadata =
        "{\"keras_version\": \"%s\", \"date_saved\": \"1980-01-01@00:00:00\"}".formatted(VERSION);
    String config = JsonText.compact(network());
    Hdf5Writer weights = numbered();
    return out -> {
      var zip = new ZipWriter(out);
      zip.add("metadata.json", Content.of(metadata.getBytes(StandardCharsets.UTF_8)));
      zip.add("config.json", Content.of(config.getBytes(StandardCharsets.UTF_8)));
      zip.add("model.weights.h5", weights);
      zip.finish();
    };
  }

  /// The `.h5` file.
  Content h5() {
    var file = new Hdf5Writer();
    file.root().text("backend", "tensorflow");
    file.root().text("keras_version", VERSION);
    file.root().text("model_config", JsonText.compact(network()));
    Hdf5Writer.Group group = file.root().group("model_weights");
    group.text("backend", "tensorflow");
    group.text("keras_version", VERSION);
    texts(group, "layer_names", layers.stream().map(KerasLayer::name).toList());
    for (KerasLayer layer : layers) {
      Hdf5Writer.Group own = group.group(layer.name());
      texts(
          own,
          "weight_names",
          layer.weights().stream().map(w -> layer.name() + "/" + w.name()).toList());
      layer.weights().forEach(w -> own.group(layer.name()).array(w.name(), w.shape(), w::writeTo));
    }
    texts(group.group("top_level_model_weights"), "weight_names", List.of());
    return file;
  }

  /// A list of texts, in parts if it is long.
  private static void texts(Hdf5Writer.Group group, String name, List<String> texts) {
    int longest =
        Math.max(
            1,
            texts.stream()
                .mapToInt(t -> t.getBytes(StandardCharsets.UTF_8).length)
                .max()
                .orElse(1));
    int most = Math.max(1, LONGEST_LIST / longest);
    if (texts.size() <= most) {
      group.texts(name, texts);
      return;
    }
    for (int first = 0, part = 0; first < texts.size(); first += most, part++) {
      group.texts(name + part, texts.subList(first, Math.min(texts.size(), first + most)));
    }
  }

  private Hdf5Writer numbered() {
    var file = new Hdf5Writer();
    Map<String, Integer> counts = new HashMap<>();
    for (KerasLayer layer : layers) {
      Hdf5Writer.Group vars =
          file.root().group("layers").group(WeightFile.path(layer.kind(), counts)).group("vars");
      for (int i = 0; i < layer.weights().size(); i++) {
        KerasLayer.Weight weight = layer.weights().get(i);
        vars.array(Integer.toString(i), weight.shape(), weight::writeTo);
      }
    }
    file.root().group("vars");
    return file;
  }

  private Json network() {
    Map<String, List<Integer>> sizes = new HashMap<>();
    layers.forEach(layer -> sizes.put(layer.name(), layer.output()));
    List<Json> all = new ArrayList<>();
    for (KerasLayer layer : layers) {
      all.add(
          layer.json(
              layer.inputs().stream().map(n -> Objects.requireNonNull(sizes.get(n))).toList()));
    }
    Json.Members config =
        Json.members()
            .with("name", "network")
            .with("trainable", new Json.Truth(true))
            .with("layers", new Json.Items(all))
            .with("input_layers", ends(inputs))
            .with("output_layers", ends(outputs));
    return Json.members()
        .with("module", "keras.src.models.functional")
        .with("class_name", "Functional")
        .with("config", config)
        .with("registered_name", "Functional");
  }

  /// One `[name, 0, 0]`, or a list of them.
  private static Json ends(List<String> names) {
    return names.size() == 1
        ? KerasLayer.history(names.getFirst())
        : new Json.Items(names.stream().map(KerasLayer::history).toList());
  }
}
