package dev.tarn.io.onnx;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.FormatException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FileStorage;
import dev.tarn.model.Model;
import dev.tarn.onnx.ValueInfoProto;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Runs ONNX operator tests: folders with a `model.onnx` and folders `test_data_set_0`, … of
/// `input_0.pb`, … and `output_0.pb`, …, as the `onnx` package writes them.
///
/// Inputs that an operator needs while reading (weights, shapes) are taken as constants; the others
/// go through the model as any input does. Outputs must agree within [#RELATIVE] and [#ABSOLUTE],
/// the standard's tolerances; outputs of 16 bits within two of their roundings, for Tarn computes
/// in float32.
public final class Conformance {
  /// Relative difference that is allowed.
  public static final double RELATIVE = 1e-3;

  /// Absolute difference that is allowed beside it.
  public static final double ABSOLUTE = 1e-7;

  /// What became of one test.
  public sealed interface Outcome {
    /// All outputs of all data sets agree.
    record Passed() implements Outcome {}

    /// Something differs, or reading it failed.
    ///
    /// @param why what differs
    record Failed(String why) implements Outcome {}

    /// It asks for something that Tarn does not have.
    ///
    /// @param why what that is
    record Unsupported(String why) implements Outcome {}
  }

  private Conformance() {}

  /// The tests in a folder, in the order of their names: its subfolders that hold a model, or the
  /// folder itself.
  ///
  /// @throws StoreException if it cannot be listed
  public static List<Path> tests(Path folder) {
    if (Files.exists(folder.resolve("model.onnx"))) {
      return List.of(folder);
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(c -> Files.exists(c.resolve("model.onnx"))).sorted().toList();
    } catch (IOException e) {
      throw new StoreException(
          "%s cannot be listed: %s. Check the path."
              .formatted(TarnException.quote(folder.toString()), TarnException.quote(e.toString())),
          e);
    }
  }

  /// Runs one test.
  public static Outcome run(Path test, Workers workers) {
    try (Stream<Path> children = Files.list(test)) {
      List<Path> sets =
          children
              .filter(c -> String.valueOf(c.getFileName()).startsWith("test_data_set_"))
              .sorted()
              .toList();
      if (sets.isEmpty()) {
        return new Outcome.Failed("has no data sets");
      }
      for (Path set : sets) {
        Optional<String> difference = run(test.resolve("model.onnx"), set, workers);
        if (difference.isPresent()) {
          return new Outcome.Failed(difference.get());
        }
      }
      return new Outcome.Passed();
    } catch (UnsupportedException e) {
      return new Outcome.Unsupported(String.valueOf(e.getMessage()));
    } catch (TarnException e) {
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) { // a fault of ours fails one test, not the run
      return new Outcome.Failed("a fault in Tarn: " + e + " at " + e.getStackTrace()[0]);
    } catch (IOException e) {
      return new Outcome.Failed(e.toString());
    }
  }

  private static Optional<String> run(Path file, Path set, Workers workers) {
    try (Source source = FileStorage.read(file);
        ExternalData external =
            new ExternalData(source.name(), file.toAbsolutePath().getParent())) {
      Cursor cursor = Cursor.of(source);
      Graph graph = Graph.of(cursor.name(), MessageScanner.model(cursor));
      Map<String, Known> given = new HashMap<>();
      var options = OnnxOptions.NONE;
      for (int i = 0; i < graph.inputs().size(); i++) {
        ValueInfoProto input = graph.inputs().get(i);
        Path values = set.resolve("input_%d.pb".formatted(i));
        if (Files.exists(values)) {
          Known known = tensor(values);
          given.put(input.getName(), known);
          options = options.shape(input.getName(), Shape.of(known.dims()));
        }
      }
      Importer.Result result = new Importer(graph, cursor, external, options, given).read();
      return compare(result, given, set, workers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Known tensor(Path file) throws IOException {
    try (Source source = FileStorage.read(file);
        ExternalData nothing = new ExternalData(source.name(), null)) {
      Cursor cursor = Cursor.of(source);
      Known known = Known.of(MessageScanner.tensor(cursor), cursor, nothing);
      return Known.of(known.type(), known.dims(), known.values()); // the file is closed again
    }
  }

  private static Optional<String> compare(
      Importer.Result result, Map<String, Known> given, Path set, Workers workers)
      throws IOException {
    List<Known> outputs = outputs(result, given, workers);
    List<String> names = List.copyOf(result.outputs().keySet());
    for (int i = 0; i < names.size(); i++) {
      Path file = set.resolve("output_%d.pb".formatted(i));
      if (!Files.exists(file)) {
        throw new FormatException(
            "%s: there is no such file; expected the values of output \"%s\"."
                .formatted(
                    TarnException.quote(file.toString()), TarnException.quote(names.get(i))));
      }
      Optional<String> difference = compare(names.get(i), outputs.get(i), tensor(file));
      if (difference.isPresent()) {
        return difference;
      }
    }
    return Optional.empty();
  }

  /// Two roundings of a type narrower than float32, in which Tarn computes.
  private static double roundings(Known wanted) {
    return switch (wanted.type()) {
      case F16 -> 2.0 / (1 << 10);
      case BF16 -> 2.0 / (1 << 7);
      default -> 0;
    };
  }

  private static Optional<String> compare(String name, Known got, Known wanted) {
    if (!Arrays.equals(got.dims(), wanted.dims())) {
      return Optional.of(
          "output %s has shape %s; expected %s"
              .formatted(name, Arrays.toString(got.dims()), Arrays.toString(wanted.dims())));
    }
    double[] ours = got.values();
    double[] theirs = wanted.values();
    for (int i = 0; i < ours.length; i++) {
      double narrow = roundings(wanted) * Math.abs(theirs[i]);
      boolean same =
          Double.compare(ours[i], theirs[i]) == 0
              || Math.abs(ours[i] - theirs[i])
                  <= ABSOLUTE + Math.max(narrow, RELATIVE * Math.abs(theirs[i]));
      if (!same) {
        return Optional.of(
            "output %s[%d] is %s; expected %s".formatted(name, i, ours[i], theirs[i]));
      }
    }
    return Optional.empty();
  }

  /// The outputs of a graph for these inputs.
  private static List<Known> outputs(
      Importer.Result result, Map<String, Known> given, Workers workers) {
    List<Known> all = new ArrayList<>();
    if (result.outputs().values().stream().allMatch(Known.class::isInstance)) {
      result.outputs().values().forEach(value -> all.add((Known) value));
      return all;
    }
    OnnxModel read = OnnxModel.of(result);
    Model model = read.model();
    boolean batched = read.axes() == OnnxModel.FirstAxis.BATCH;
    int samples = batched ? given.get(read.inputs().getFirst()).dims()[0] : 1;
    Plan plan = Plan.inference(model, Math.max(1, samples));
    Frame frame = plan.frame(read.parameters());
    for (int i = 0; i < model.inputs().size(); i++) {
      Known values = given.get(read.inputs().get(i));
      float[] floats = new float[values.elements()];
      values.copy(floats, 0);
      Shape shape = model.inputs().get(i).shape().batch(samples);
      plan.input(frame, i, Tensor.of(shape, floats));
    }
    plan.forward(frame, workers, samples);
    int number = 0;
    for (Value value : result.outputs().values()) {
      float[] floats = plan.output(frame, number++, samples).array();
      double[] wide = new double[floats.length];
      Arrays.setAll(wide, i -> floats[i]);
      int[] dims = value instanceof Known known ? known.dims() : value.dims();
      if (dims.length > 0 && dims[0] == Computed.BATCH) {
        dims[0] = samples;
      }
      all.add(value instanceof Known known ? known : Known.of(value.type(), dims, wide));
    }
    return all;
  }
}
