package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.numpy.Npy;
import dev.tarn.io.onnx.OnnxModel;
import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `tarn run`: computes the outputs of a network for arrays.
@Command(
    name = "run",
    description = "Compute a network's outputs for NumPy arrays, whose first axis is the batch.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RunCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @picocli.CommandLine.Parameters(paramLabel = "MODEL", description = ModelSource.FILE + ".")
  String source = "";

  @Option(
      names = "--input",
      required = true,
      paramLabel = "[NAME=]FILE",
      description = "An array for an input; the name may be left out if there is one input.")
  List<String> inputs = new ArrayList<>();

  @Option(
      names = "--output",
      required = true,
      paramLabel = "[NAME=]FILE",
      description = "Where an output goes, as .npy; without a name the first one.")
  List<String> outputs = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads; one per processor if not given. Results do not depend on it.")
  @Nullable Integer threads;

  /// A network with the names its file gives to what goes in and out.
  private record Named(
      Model model,
      Parameters parameters,
      List<String> inputs,
      List<String> outputs,
      OnnxModel.FirstAxis axes) {}

  @Override
  public void run() {
    Threads.require(threads);
    Map<String, Tensor> given = new LinkedHashMap<>();
    named(inputs)
        .forEach((name, file) -> given.put(name, Npy.read(MissingInput.file("input", file))));
    Map<String, Path> targets = new LinkedHashMap<>();
    named(outputs)
        .forEach((name, file) -> {
          Path target = FileStorage.path(file);
          Publisher.preflight(FileStorage.DISK, target);
          targets.put(name, target);
        });
    Named network = load(given);
    for (String name : targets.keySet()) {
      requireKnown("output", name, network.outputs());
    }
    given.keySet().forEach(name -> requireKnown("input", name, network.inputs()));
    List<Tensor> results = compute(network, given);
    targets.forEach((name, target) -> {
      int number = name.isEmpty() ? 0 : network.outputs().indexOf(name);
      Npy.write(target, results.get(number));
      tarn.console().line("%s: %s".formatted(target, results.get(number).shape()));
    });
  }

  /// `[NAME=]FILE`; an empty name where there is none.
  private static Map<String, String> named(List<String> options) {
    Map<String, String> named = new LinkedHashMap<>();
    for (String option : options) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? "" : option.substring(0, equals);
      if (named.put(name, option.substring(equals + 1)) != null) {
        throw new ParameterException(
            "\"%s\" is given twice; needed a name for each, as in NAME=FILE."
                .formatted(quote(option)));
      }
    }
    return named;
  }

  private static void requireKnown(String what, String name, List<String> known) {
    if (!name.isEmpty() && !known.contains(name)) {
      throw new ParameterException(
          "--%s %s: the network has none of that name; it has %s."
              .formatted(
                  what,
                  quote(name),
                  String.join(", ", known.stream().map(n -> quote(n)).toList())));
    }
  }

  private Named load(Map<String, Tensor> given) {
    if (ModelFormat.ONNX.fits(source)) {
      var options = OnnxOptions.NONE;
      for (var entry : given.entrySet()) {
        if (!entry.getKey().isEmpty()) {
          options =
              options
                  .shape(entry.getKey(), entry.getValue().shape())
                  .constant(entry.getKey(), entry.getValue());
        }
      }
      OnnxModel read = OnnxModel.load(MissingInput.file("model", source), options);
      return new Named(read.model(), read.parameters(), read.inputs(), read.outputs(), read.axes());
    }
    ModelSource file = ModelSource.trained(source, tarn.console());
    Model model = file.model();
    return new Named(
        model,
        file.weights(),
        model.inputs().stream().map(Node::name).toList(),
        model.outputs().stream().map(Node::name).toList(),
        OnnxModel.FirstAxis.BATCH);
  }

  private List<Tensor> compute(Named network, Map<String, Tensor> given) {
    Model model = network.model();
    boolean batched = network.axes() == OnnxModel.FirstAxis.BATCH;
    int samples = 1;
    List<Tensor> values = new ArrayList<>();
    for (int i = 0; i < model.inputs().size(); i++) {
      String name = network.inputs().get(i);
      Tensor value = given.containsKey(name) ? given.get(name) : given.get("");
      Shape sample = model.inputs().get(i).shape();
      if (value == null || (!given.containsKey(name) && model.inputs().size() > 1)) {
        throw new ParameterException(
            "input %s is missing; needed --input %s=FILE.".formatted(quote(name), quote(name)));
      }
      boolean single = value.shape().elements() == sample.elements() && !batchFits(value, sample);
      Tensor fitted = single ? value.reshape(sample.batch(1)) : value;
      if (!batchFits(fitted, sample)) {
        throw new ShapeException(
            "input %s has shape %s; needed %s, with or without a batch before."
                .formatted(quote(name), value.shape(), sample));
      }
      if (i > 0 && fitted.shape().size(0) != samples) {
        throw new ShapeException(
            "input %s has %d samples, the first input %d; needed as many."
                .formatted(quote(name), fitted.shape().size(0), samples));
      }
      samples = fitted.shape().size(0);
      values.add(fitted);
    }
    Plan plan = Plan.inference(model, Math.max(1, samples));
    Frame frame = plan.frame(network.parameters());
    List<Tensor> results = new ArrayList<>();
    try (Workers workers = Workers.of(Threads.orAll(threads))) {
      for (int i = 0; i < values.size(); i++) {
        plan.input(frame, i, values.get(i));
      }
      plan.forward(frame, workers, samples);
      for (int i = 0; i < model.outputs().size(); i++) {
        Tensor result = plan.output(frame, i, samples);
        results.add(batched ? result : result.reshape(model.outputs().get(i).shape()));
      }
    }
    return results;
  }

  private static boolean batchFits(Tensor value, Shape sample) {
    return value.shape().rank() == sample.rank() + 1 && value.shape().sample().equals(sample);
  }
}
