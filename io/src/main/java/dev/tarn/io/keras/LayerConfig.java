package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// What a file says about one layer. It is data: its class is a word that is compared with those
/// that are known.
///
/// @param kind the class, as `Conv2D`
/// @param name unique in the network; in a network inside it, behind that one's name: `base/conv`
/// @param path where a `.keras` file has its weights: `functional/layers/conv2d_1`
/// @param config its settings
record LayerConfig(String kind, String name, String path, JsonCursor config) {
  private static final int MOST = 1 << 24;

  /// Reads the description of a layer: an object with `class_name` and `config`.
  static LayerConfig read(JsonCursor at) {
    JsonCursor config = at.get("config");
    JsonCursor name = config.has("name") ? config.get("name") : at.get("name");
    return new LayerConfig(at.get("class_name").text(), name.text(), "", config);
  }

  LayerConfig at(String place) {
    return new LayerConfig(kind, name, place, config);
  }

  /// The same as a layer of a network that is a layer itself.
  LayerConfig inside(LayerConfig network) {
    return new LayerConfig(
        kind, network.name + "/" + name, network.path + "/layers/" + path, config);
  }

  /// Whether it is a network of its own.
  boolean isNetwork() {
    return kind.equals("Functional") || kind.equals("Sequential") || kind.equals("Model");
  }

  String where() {
    return "%s: layer \"%s\" (%s)".formatted(quote(config.file()), quote(name), quote(kind));
  }

  /// A setting that is there and not null.
  Optional<JsonCursor> given(String setting) {
    return config.has(setting) && !(config.get(setting).value() instanceof Json.Nothing)
        ? Optional.of(config.get(setting))
        : Optional.empty();
  }

  boolean flag(String setting, boolean otherwise) {
    return given(setting).map(JsonCursor::truth).orElse(otherwise);
  }

  double real(String setting, double otherwise) {
    return given(setting).map(JsonCursor::real).orElse(otherwise);
  }

  String text(String setting, String otherwise) {
    return given(setting).map(JsonCursor::text).orElse(otherwise);
  }

  int whole(String setting, int otherwise) {
    return given(setting).map(at -> (int) at.whole(-MOST, MOST)).orElse(otherwise);
  }

  /// A number that must be there.
  int whole(String setting) {
    return (int) config.get(setting).whole(-MOST, MOST);
  }

  /// One number per spatial axis; a single number stands for all.
  int[] perAxis(String setting, int axes, int otherwise) {
    Optional<JsonCursor> at = given(setting);
    if (at.isEmpty()) {
      return IntStream.generate(() -> otherwise).limit(axes).toArray();
    }
    if (at.get().value() instanceof Json.Whole) {
      int number = (int) at.get().whole(-MOST, MOST);
      return IntStream.generate(() -> number).limit(axes).toArray();
    }
    List<Integer> numbers = at.get().list(n -> (int) n.whole(-MOST, MOST));
    if (numbers.size() != axes) {
      throw at.get()
          .malformed(
              "has %d numbers".formatted(numbers.size()),
              "one, or one per spatial axis, %d".formatted(axes));
    }
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /// Whether channels are the last axis; they are unless the layer says otherwise.
  boolean channelsLast() {
    String format = text("data_format", "channels_last");
    return switch (format) {
      case "channels_last" -> true;
      case "channels_first" -> false;
      default ->
          throw config
              .get("data_format")
              .malformed("is \"%s\"".formatted(format), "channels_last or channels_first");
    };
  }

  /// The fault that a setting has a value that Tarn has no layer for; the caller throws it.
  UnsupportedException unsupported(String setting, String why) {
    return new UnsupportedException(
        "%s: %s %s, which is not supported.".formatted(where(), setting, quote(why)));
  }

  /// Refuses a setting with any value but the one that changes nothing.
  void requireFlag(String setting, boolean needed) {
    if (flag(setting, needed) != needed) {
      throw unsupported(setting, "is " + !needed);
    }
  }
}
