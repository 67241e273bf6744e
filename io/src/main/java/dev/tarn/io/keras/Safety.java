package dev.tarn.io.keras;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.UnsafeException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import java.util.Set;

/// Refuses files that hold code, name code, or name other files. Nothing of that kind is ever run
/// or opened here; such a network would only be another one without it.
final class Safety {
  private static final Set<String> CODE =
      Set.of(
          "Lambda",
          "__lambda__",
          "__typespec__",
          "function",
          "TorchModuleWrapper",
          "TFSMLayer",
          "JaxLayer",
          "FlaxLayer");
  private static final Set<String> NAMING_FILES =
      Set.of("StringLookup", "IntegerLookup", "IndexLookup", "TextVectorization");

  private Safety() {}

  /// Looks through everything that describes the network.
  ///
  /// @throws UnsafeException if any object of it is code, comes from outside Keras, or names a file
  static void require(JsonCursor at) {
    switch (at.value()) {
      case Json.Members members -> {
        requireObject(at);
        at.members().values().forEach(Safety::require);
      }
      case Json.Items items -> at.items().forEach(Safety::require);
      default -> {
        // A text or number does nothing.
      }
    }
  }

  private static void requireObject(JsonCursor at) {
    String kind = text(at, "class_name");
    if (CODE.contains(kind)) {
      throw refused(at, "is a \"%s\", which holds or names code".formatted(kind));
    }
    if (NAMING_FILES.contains(kind)) {
      throw refused(at, "is a \"%s\", which may name a file".formatted(kind));
    }
    if (kind.isEmpty() || !at.has("config")) {
      return;
    }
    String module = text(at, "module");
    if (!module.isEmpty() && !module.equals("keras") && !module.startsWith("keras.")) {
      throw refused(at, "is of module \"%s\", which is not Keras".formatted(module));
    }
    String registered = text(at, "registered_name");
    if (!registered.isEmpty() && !registered.equals(kind)) {
      throw refused(at, "is registered as \"%s\", which is not Keras".formatted(registered));
    }
  }

  private static String text(JsonCursor at, String member) {
    return at.has(member) && at.get(member).value() instanceof Json.Text(String text) ? text : "";
  }

  private static UnsafeException refused(JsonCursor at, String what) {
    return new UnsafeException(
        "%s: %s %s. No code from files is run, and no other file opened. Save the network without it."
            .formatted(quote(at.file()), quote(at.path()), quote(what)));
  }
}
