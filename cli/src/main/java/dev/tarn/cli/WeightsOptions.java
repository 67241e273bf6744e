package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.store.Storage;
import dev.tarn.model.Model;
import dev.tarn.zoo.Zoo;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `tarn convert` for `.safetensors` files, which hold weights and no network.
final class WeightsOptions {
  private static final String OURS = "tarn";
  private static final String TORCHVISION = "torchvision";

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "The network that .safetensors weights belong to: a name, or a file.")
  @Nullable String model;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Classes of the network that --model names, if not as many as in its paper.")
  @Nullable Integer classes;

  @Option(
      names = "--names",
      paramLabel = "NAMES",
      description =
          "What layers are called in the .safetensors file: tarn, torchvision, or a JSON file of its names by ours, as in {\"conv1\": \"features.0\"}. Weights of a network that torchvision has are read with the names of either.")
  @Nullable String names;

  /// The same options for reading a file.
  FormatOptions reading(ModelFormat format, FormatOptions options, Console console) {
    if (format != ModelFormat.SAFETENSORS || model == null) {
      return options;
    }
    Optional<Zoo> zoo = zoo();
    if (classes != null && zoo.isEmpty()) {
      throw new ParameterException(
          "--classes %d: --model \"%s\" is no network by name; a file has its classes."
              .formatted(classes, quote(model)));
    }
    Model network =
        zoo.map(z -> z.model(z.input(), classes == null ? z.classes() : classes))
            .orElseGet(() -> ModelSource.of(model, console).model());
    Map<String, String> modules =
        names == null ? zoo.map(Zoo::torchvision).orElse(Map.of()) : modules(names);
    return options.weights(Optional.of(network), modules);
  }

  /// The same options for writing a file, if what was read has names of ours.
  FormatOptions writing(ModelFormat from, ModelFormat to, FormatOptions options) {
    boolean used = to == ModelFormat.SAFETENSORS && names != null;
    if (from == ModelFormat.SAFETENSORS) {
      return options.weights(Optional.empty(), Map.of());
    }
    if ((names != null && !used) || (model != null && !used) || classes != null) {
      throw new ParameterException(
          "--model, --classes and --names are for .safetensors files; needed one of those, or none of these.");
    }
    return used ? options.weights(Optional.empty(), modules(names)) : options;
  }

  private Optional<Zoo> zoo() {
    return model != null && ModelSource.isInZoo(model)
        ? Optional.of(Zoo.of(model))
        : Optional.empty();
  }

  private Map<String, String> modules(String wanted) {
    if (wanted.equals(OURS)) {
      return Map.of();
    }
    if (!wanted.equals(TORCHVISION)) {
      return table(MissingInput.file("names", wanted));
    }
    Map<String, String> modules = zoo().map(Zoo::torchvision).orElse(Map.of());
    if (modules.isEmpty()) {
      throw new ParameterException(
          "--names torchvision: it has no network \"%s\"; needed --model with one it has, or a JSON file of names."
              .formatted(quote(String.valueOf(model))));
    }
    return modules;
  }

  private static Map<String, String> table(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new FormatException(
          "%s is not UTF-8; needed a JSON object of names.".formatted(quote(file.toString())), e);
    } catch (IOException e) {
      throw new StoreException(
          "%s cannot be read: %s.".formatted(quote(file.toString()), quote(Storage.reason(e))), e);
    }
    Map<String, String> names = new LinkedHashMap<>();
    JsonCursor.parse(file.toString(), text)
        .members()
        .forEach((ours, theirs) -> names.put(ours, theirs.text()));
    return names;
  }
}
