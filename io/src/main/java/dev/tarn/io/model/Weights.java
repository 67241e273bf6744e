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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// A model's parameters alone, as a safetensors file with their names: `conv1.weight`,
/// `conv1.bias`, …
///
/// The state of a PyTorch network, saved as safetensors, differs in names alone: weights have the
/// same shapes and order. Where `modules` says that our layer `conv1` is PyTorch's `features.0`,
/// `conv1.weight` is `features.0.weight`, and `runningMean` and `runningVariance` of batch norm are
/// `running_mean` and `running_var`. The counters `num_batches_tracked`, which nothing here needs,
/// are passed over.
public final class Weights {
  private static final int MOST_SHOWN = 8;
  private static final String COUNTER = ".num_batches_tracked";
  private static final Map<String, String> STATES =
      Map.of("runningMean", "running_mean", "runningVariance", "running_var");

  private Weights() {}

  /// Writes all parameters.
  public static void save(Path file, Parameters parameters) {
    var writer = new SafeTensorsWriter();
    add(writer, "", parameters.model(), parameters.array());
    Publisher.write(file, writer);
  }

  /// Writes all parameters under the names of a PyTorch network.
  ///
  /// @param modules PyTorch's names of layers by ours; a layer that is not in it keeps its name
  public static void save(Path file, Parameters parameters, Map<String, String> modules) {
    requireLayers(parameters.model(), modules);
    var writer = new SafeTensorsWriter();
    for (Parameter p : parameters.model().parameters()) {
      writer.add(inModule(p, modules), p.spec().shape(), parameters.array(), p.at());
    }
    Publisher.write(file, writer);
  }

  /// Reads all parameters of `model`.
  ///
  /// @throws ShapeException if names or shapes are not those of the model, listing the differences;
  ///   nothing is loaded partially
  public static Parameters load(Path file, Model model) {
    return TarnArchive.read(
        FileStorage.DISK, file, source -> read(source, model, Parameter::name, ""));
  }

  /// Reads all parameters of `model`, saved by PyTorch.
  ///
  /// @param modules PyTorch's names of layers by ours; a layer that is not in it keeps its name
  /// @throws ShapeException if names or shapes are not those of the model, listing the differences;
  ///   nothing is loaded partially
  public static Parameters load(Path file, Model model, Map<String, String> modules) {
    requireLayers(model, modules);
    return TarnArchive.read(
        FileStorage.DISK, file, source -> read(source, model, p -> inModule(p, modules), COUNTER));
  }

  /// The names of the arrays in a file.
  public static Set<String> names(Path file) {
    return TarnArchive.read(
        FileStorage.DISK, file, source -> Set.copyOf(SafeTensors.read(source).names()));
  }

  private static void requireLayers(Model model, Map<String, String> modules) {
    modules.keySet().forEach(model::node);
  }

  private static String inModule(Parameter p, Map<String, String> modules) {
    String name = p.spec().name();
    return "%s.%s"
        .formatted(modules.getOrDefault(p.node(), p.node()), STATES.getOrDefault(name, name));
  }

  private static Parameters read(
      Source source, Model model, Function<Parameter, String> name, String passedOver) {
    SafeTensors arrays = SafeTensors.read(source);
    List<String> there = new ArrayList<>(arrays.names());
    there.removeIf(array -> !passedOver.isEmpty() && array.endsWith(passedOver));
    requireMatch(source.name(), arrays, there, name, model);
    var parameters = Parameters.zeros(model);
    fill(arrays, name, parameters);
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
    List<String> there = new ArrayList<>(arrays.names());
    there.removeIf(name -> !name.startsWith(prefix));
    return requireMatch(file, arrays, there, p -> prefix + p.name(), model);
  }

  private static Model requireMatch(
      String file,
      SafeTensors arrays,
      List<String> there,
      Function<Parameter, String> nameOf,
      Model model) {
    List<String> differences = new ArrayList<>();
    Set<String> left = new LinkedHashSet<>(there);
    for (Parameter p : model.parameters()) {
      String name = nameOf.apply(p);
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
    fill(arrays, p -> prefix + p.name(), parameters);
  }

  private static void fill(
      SafeTensors arrays, Function<Parameter, String> name, Parameters parameters) {
    for (Parameter p : parameters.model().parameters()) {
      arrays.copy(name.apply(p), parameters.array(), p.at());
    }
  }
}
