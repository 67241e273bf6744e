package dev.tarn.cli;

import dev.tarn.cli.TrainOptions.OptimizerName;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.train.Optimizer;
import dev.tarn.zoo.Pair;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What `tarn train` does, every choice made: by the command line, else by the run that is resumed,
/// else by what suits the network.
///
/// @param model name or file of the network
/// @param data name or folder of the examples
record TrainSettings(
    String model,
    String data,
    int epochs,
    int batch,
    OptimizerName optimizer,
    double rate,
    long seed) {
  private static final double MOMENTUM = 0.9;
  private static final String DEFAULT_MODEL = "textbook";
  private static final String DEFAULT_DATA = "digits";

  /// What suits a network.
  private record Recipe(int epochs, int batch, OptimizerName optimizer, double rate) {
    static Recipe of(String model) {
      return switch (model) {
        case "textbook" -> new Recipe(6, 32, OptimizerName.SGD, 0.02);
        case "textbook2" -> new Recipe(5, 32, OptimizerName.SGD, 0.02);
        case "lenet5" -> new Recipe(6, 32, OptimizerName.SGD, 0.02);
        case "dcgan" -> new Recipe(12, 64, OptimizerName.ADAM, 2e-4);
        case "vae" -> new Recipe(12, 64, OptimizerName.ADAM, 1e-3);
        default -> new Recipe(10, 32, OptimizerName.SGD, 0.01);
      };
    }
  }

  /// Settings by the command line alone.
  static TrainSettings of(TrainOptions options) {
    return of(options, ModelInfo.NONE);
  }

  /// Settings by the command line and, where that says nothing, by the notes of an earlier run.
  static TrainSettings of(TrainOptions options, ModelInfo earlier) {
    String model = or(options.model, note(earlier, "model").orElse(DEFAULT_MODEL));
    Recipe recipe = Recipe.of(model);
    OptimizerName optimizer =
        or(
            options.optimizer,
            note(earlier, "optimizer")
                .map(new Words<>(OptimizerName.class)::convert)
                .orElse(recipe.optimizer()));
    return new TrainSettings(
        model,
        or(options.data, note(earlier, "data").orElse(DEFAULT_DATA)),
        or(options.epochs, note(earlier, "epochs").map(Integer::valueOf).orElse(recipe.epochs())),
        or(options.batch, note(earlier, "batch").map(Integer::valueOf).orElse(recipe.batch())),
        optimizer,
        or(options.rate, note(earlier, "lr").map(Double::valueOf).orElse(rate(optimizer, recipe))),
        or(options.seed, note(earlier, "seed").map(Long::valueOf).orElse(1L)));
  }

  private static <T> T or(@Nullable T given, T otherwise) {
    return given == null ? otherwise : given;
  }

  private static Optional<String> note(ModelInfo info, String key) {
    return Optional.ofNullable(info.notes().get("train." + key));
  }

  /// Rates that suit the optimizers where another than the network's own is wanted.
  private static double rate(OptimizerName optimizer, Recipe recipe) {
    return optimizer == recipe.optimizer()
        ? recipe.rate()
        : switch (optimizer) {
          case SGD, ADAGRAD -> 0.01;
          case ADAM, ADAMW, RMSPROP -> 0.001;
        };
  }

  Optimizer toOptimizer() {
    return switch (optimizer) {
      case SGD -> Optimizer.sgd(rate).momentum(MOMENTUM);
      case ADAM -> Optimizer.adam(rate);
      case ADAMW -> Optimizer.adamW(rate);
      case RMSPROP -> Optimizer.rmsProp(rate);
      case ADAGRAD -> Optimizer.adagrad(rate);
    };
  }

  /// Notes in the model's file, from which [#of(TrainOptions, ModelInfo)] goes on.
  ModelInfo noted(ModelInfo info) {
    return info.note("train.model", model)
        .note("train.data", data)
        .note("train.epochs", Integer.toString(epochs))
        .note("train.batch", Integer.toString(batch))
        .note("train.optimizer", Words.word(optimizer))
        .note("train.lr", Double.toString(rate))
        .note("train.seed", Long.toString(seed));
  }

  /// Where the model is saved if nobody said: `textbook.tarn` for the network of that name,
  /// `mine-trained.tarn` for a file `mine.tarn` or `mine.onnx`.
  String defaultOut() {
    String name = model.substring(Math.max(model.lastIndexOf('/'), model.lastIndexOf('\\')) + 1);
    return ModelSource.isInZoo(model) || Pair.of(model).isPresent()
        ? name + ".tarn"
        : name.replaceFirst("\\.(tarn|onnx|keras|h5)$", "") + "-trained.tarn";
  }
}
