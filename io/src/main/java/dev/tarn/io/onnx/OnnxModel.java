package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FileStorage;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// A network that was read from an ONNX file.
///
/// Operators became layers, constants and shape arithmetic are gone. Where the graph's first axis
/// is the batch, so it is in the model; a graph that mixes samples became a model whose single
/// sample is the whole of each value.
///
/// @param model the graph
/// @param parameters its numbers
/// @param inputs the graph's names of the model's inputs
/// @param outputs the graph's names of the model's outputs
/// @param axes what the first axis is
public record OnnxModel(
    Model model, Parameters parameters, List<String> inputs, List<String> outputs, FirstAxis axes) {
  /// What the first axis of a graph's values is.
  public enum FirstAxis {
    /// The batch: the model's samples have all axes but this.
    BATCH,
    /// An axis like others: the model takes one sample, which has it too.
    PART_OF_SAMPLE
  }

  public OnnxModel {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /// Reads a file, and what it has in files beside it.
  ///
  /// @throws dev.tarn.error.FormatException if anything in it does not fit
  /// @throws UnsupportedException if it has what Tarn has no layer for; all unknown operators are
  ///   named at once
  /// @throws dev.tarn.error.UnsafeException if it names a file outside its folder
  /// @throws dev.tarn.error.StoreException if there is no such file
  public static OnnxModel load(Path file) {
    return load(file, OnnxOptions.NONE);
  }

  /// Reads a file whose inputs are left open in part.
  public static OnnxModel load(Path file, OnnxOptions options) {
    try (Source source = FileStorage.read(file);
        ExternalData external =
            new ExternalData(source.name(), file.toAbsolutePath().getParent())) {
      return read(source, external, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Reads a model that has nothing beside it.
  public static OnnxModel read(Source source, OnnxOptions options) {
    try (ExternalData external = new ExternalData(source.name(), null)) {
      return read(source, external, options);
    }
  }

  private static OnnxModel read(Source source, ExternalData external, OnnxOptions options) {
    Cursor cursor = Cursor.of(source);
    Graph graph = Graph.of(cursor.name(), MessageScanner.model(cursor));
    Importer.Result result = new Importer(graph, cursor, external, options).read();
    try {
      return of(result);
    } catch (TarnException e) {
      throw e.at(cursor.name());
    }
  }

  static OnnxModel of(Importer.Result result) {
    Emitter emitter = result.emitter();
    List<Node> nodes = new ArrayList<>();
    result.outputs().forEach((name, value) -> nodes.add(emitter.computed(value, 0).node()));
    Model model = Model.of(nodes.toArray(Node[]::new));
    Set<String> used = new HashSet<>();
    model.inputs().forEach(node -> used.add(node.name()));
    List<String> names = new ArrayList<>();
    for (Node node : model.inputs()) {
      names.add(
          result.inputs().entrySet().stream()
              .filter(e -> source(e.getValue().node()).name().equals(node.name()))
              .map(Map.Entry::getKey)
              .findFirst()
              .orElseThrow());
    }
    if (used.size() < result.inputs().size()) {
      throw new UnsupportedException(
          "inputs %s do not matter to any output, which is not supported. Remove them."
              .formatted(
                  quote(
                      result.inputs().keySet().stream()
                          .filter(n -> !names.contains(n))
                          .toList()
                          .toString())));
    }
    var parameters = Parameters.zeros(model);
    for (Parameter parameter : model.parameters()) {
      Map<String, Emitter.Filler> fillers =
          Objects.requireNonNull(emitter.parameters().get(parameter.node()), parameter::name);
      Objects.requireNonNull(fillers.get(parameter.spec().name()), parameter::name)
          .fill(parameters.array(), parameter.at());
    }
    parameters.changed();
    boolean batched = emitter.batch() == Emitter.Batch.FIRST_AXIS;
    return new OnnxModel(
        model,
        parameters,
        names,
        List.copyOf(result.outputs().keySet()),
        batched ? FirstAxis.BATCH : FirstAxis.PART_OF_SAMPLE);
  }

  /// The input node of an input, which may have a reshape behind it.
  private static Node source(Node node) {
    return node.inputs().isEmpty() ? node : source(node.inputs().getFirst());
  }
}
