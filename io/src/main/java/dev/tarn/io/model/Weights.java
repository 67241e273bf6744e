package dev.tarn.io.model;

import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.safetensors.SafeTensorsWriter;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A model's parameters alone, as a safetensors file with their names: `conv1.weight`,
/// `conv1.bias`, …
public final class Weights {
  private static final int MOST_SHOWN = 8;

  private Weights() {}

  /// Writes all parameters.
  public static void save(Path file, Parameters parameters) {
    var writer = new SafeTensorsWriter();
    add(writer, "", parameters.model(), parameters.array());
    Publisher.write(file, writer);
  }

  /// Reads all parameters of `model`.
  ///
  /// @throws ShapeException if names or shapes are not those of the model, listing the differences;
  ///   nothing is loaded partially
  public static Parameters load(Path file, Model model) {
    return TarnArchive.read(FileStorage.DISK, file, source -> read(source, model));
  }

  private static Parameters read(Source source, Model model) {
    SafeTensors arrays = SafeTensors.read(source);
    var parameters = Parameters.zeros(requireMatch(source.name(), arrays, "", model));
    fill(arrays, "", parameters);
    return parameters;
  }

  /// Adds every parameter that lies in a flat array, under a prefix.
  static void add(SafeTensorsWriter writer, String prefix, Model model, float[] array) {
    for (Parameter p : model.parameters()) {
      writer.add(prefix + p.name(), p.spec().shape(), array, p.at());
    }
  }

  /// Checks that the arrays under a prefix are exactly the model's parameters, before anything is
  /// allocated.
  static Model requireMatch(String file, SafeTensors arrays, String prefix, Model model) {
    List<String> differences = new ArrayList<>();
    List<String> left = new ArrayList<>(arrays.names());
    left.removeIf(name -> !name.startsWith(prefix));
    for (Parameter p : model.parameters()) {
      String name = prefix + p.name();
      if (!left.remove(name)) {
        differences.add("%s %s is missing".formatted(name, p.spec().shape()));
      } else if (!arrays.shape(name).equals(p.spec().shape())) {
        differences.add(
            "%s is %s, the model has %s".formatted(name, arrays.shape(name), p.spec().shape()));
      }
    }
    left.forEach(name -> differences.add("%s is not in the model".formatted(name)));
    if (!differences.isEmpty()) {
      int more = differences.size() - MOST_SHOWN;
      throw new ShapeException(
          "%s: its %d arrays do not fit the model's %d parameters: %s%s. Use the model they were trained with."
              .formatted(
                  TarnException.quote(file),
                  arrays.names().size(),
                  model.parameters().size(),
                  String.join(
                      "; ",
                      differences.stream().limit(MOST_SHOWN).map(TarnException::quote).toList()),
                  more > 0 ? "; and %d more".formatted(more) : ""));
    }
    return model;
  }

  /// Fills parameters with the arrays under a prefix, which were found to match.
  static void fill(SafeTensors arrays, String prefix, Parameters parameters) {
    for (Parameter p : parameters.model().parameters()) {
      arrays.copy(prefix + p.name(), parameters.array(), p.at());
    }
  }
}
