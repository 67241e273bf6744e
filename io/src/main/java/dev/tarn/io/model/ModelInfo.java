package dev.tarn.io.model;

import dev.tarn.error.ParameterException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a user of a model needs to know beside its graph and weights.
///
/// @param labels the names of the classes in the order of the outputs, or empty
/// @param normalization what was done to inputs before the model saw them, if anything
/// @param notes anything else: data set, date, accuracy
public record ModelInfo(
    List<String> labels, Optional<Normalization> normalization, SortedMap<String, String> notes) {
  /// Nothing known.
  public static final ModelInfo NONE = new ModelInfo(List.of(), Optional.empty(), new TreeMap<>());

  public ModelInfo {
    labels = List.copyOf(labels);
    notes = Collections.unmodifiableSortedMap(new TreeMap<>(notes));
  }

  /// Inputs are `(x − mean) / deviation`, channel by channel.
  ///
  /// @param mean one number per channel
  /// @param deviation one number per channel, above 0
  public record Normalization(List<Double> mean, List<Double> deviation) {
    public Normalization {
      mean = List.copyOf(mean);
      deviation = List.copyOf(deviation);
      if (mean.size() != deviation.size() || mean.isEmpty()) {
        throw new ParameterException(
            "normalization: %d means and %d deviations; needed one of each per channel."
                .formatted(mean.size(), deviation.size()));
      }
      if (!mean.stream().allMatch(Double::isFinite)
          || !deviation.stream().allMatch(d -> d > 0 && Double.isFinite(d))) {
        throw new ParameterException(
            "normalization: means %s, deviations %s; needed finite numbers, deviations above 0."
                .formatted(mean, deviation));
      }
    }
  }

  public ModelInfo labels(List<String> names) {
    return new ModelInfo(names, normalization, notes);
  }

  public ModelInfo normalization(Normalization of) {
    return new ModelInfo(labels, Optional.of(of), notes);
  }

  /// The same with one more note.
  public ModelInfo note(String key, String text) {
    var more = new TreeMap<>(notes);
    more.put(key, text);
    return new ModelInfo(labels, normalization, more);
  }

  Json json() {
    var members = new LinkedHashMap<String, Json>();
    members.put("labels", Json.texts(labels));
    normalization.ifPresent(n ->
        members.put(
            "normalization",
            Json.members().with("mean", reals(n.mean())).with("deviation", reals(n.deviation()))));
    members.put("notes", Json.texts(notes));
    return new Json.Members(members);
  }

  private static Json reals(List<Double> numbers) {
    return new Json.Items(numbers.stream().map(JsonCursor::real).toList());
  }

  static ModelInfo read(JsonCursor at) {
    at.only("labels", "normalization", "notes");
    Map<String, String> notes = new LinkedHashMap<>();
    at.get("notes").members().forEach((key, text) -> notes.put(key, text.text()));
    ModelInfo info =
        new ModelInfo(
            at.get("labels").list(JsonCursor::text), Optional.empty(), new TreeMap<>(notes));
    return at.has("normalization")
        ? info.normalization(normalization(at.get("normalization")))
        : info;
  }

  private static Normalization normalization(JsonCursor at) {
    at.only("mean", "deviation");
    try {
      return new Normalization(
          at.get("mean").list(JsonCursor::real), at.get("deviation").list(JsonCursor::real));
    } catch (ParameterException e) {
      throw at.malformed("is not possible: " + e.getMessage(), "means and deviations");
    }
  }
}
