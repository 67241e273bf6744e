package dev.tarn.cli;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.json.Json;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Prediction;
import dev.tarn.train.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn predict`: what a trained network takes images for.
@Command(
    name = "predict",
    description = "Print the likeliest classes of images.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class PredictCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Parameters(index = "0", paramLabel = "MODEL", description = ModelSource.FILE + ".")
  String source = "";

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "IMAGE",
      description =
          "PNG, JPEG, GIF or BMP, stretched to the network's input; or an .npy array of that shape.")
  List<String> images = List.of();

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many classes to print; ${DEFAULT-VALUE} if not given.")
  int top;

  @Option(
      names = "--invert",
      description =
          "Swap dark and light first: the digits of mnist and of the built-in data are light on dark.")
  boolean invert;

  @Option(names = "--json", description = "Print one JSON object per image.")
  boolean json;

  @Override
  public void run() {
    if (top < 1) {
      throw new ParameterException("--top %d; needed at least 1.".formatted(top));
    }
    ModelSource model = ModelSource.trained(source, tarn.console());
    // One thread: while a process is young, the JIT needs the other processors more.
    Predictor predictor = Predictor.sharing(model.model(), model.weights());
    if (!model.info().labels().isEmpty()) {
      predictor = predictor.labels(model.info().labels());
    }
    for (String image : images) {
      print(image, predictor.classify(example(image, model)));
    }
  }

  private Tensor example(String image, ModelSource model) {
    Tensor example = TensorFile.read(image, model.input());
    if (example.shape().equals(model.input().batch(1))) {
      example = example.reshape(model.input());
    }
    if (!example.shape().equals(model.input())) {
      throw new ShapeException(
          "\"%s\" has shape %s; the network needs %s."
              .formatted(image, example.shape(), model.input()));
    }
    if (invert) {
      float[] values = example.array();
      for (int i = 0; i < values.length; i++) {
        values[i] = 1f - values[i];
      }
    }
    model.normalize(example.array(), 0);
    return example;
  }

  private void print(String image, Prediction prediction) {
    List<Prediction.Ranked> ranked = prediction.top(top);
    if (json) {
      List<Json> classes = new ArrayList<>();
      for (Prediction.Ranked one : ranked) {
        classes.add(
            Json.members()
                .with("label", one.label())
                .with("number", one.number())
                .with("probability", new Json.Real(one.probability())));
      }
      tarn.console()
          .json(Json.members().with("image", image).with("classes", new Json.Items(classes)));
      return;
    }
    tarn.console()
        .line(
            "%s: %s"
                .formatted(
                    image,
                    ranked.stream()
                        .map(r ->
                            "%s (%s)"
                                .formatted(
                                    tarn.console().bold(r.label()),
                                    String.format(Locale.ROOT, "%.4f", r.probability())))
                        .collect(Collectors.joining(", "))));
  }
}
