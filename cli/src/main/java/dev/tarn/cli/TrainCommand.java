package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.engine.Workers;
import dev.tarn.error.CancelledException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.model.CheckpointFile;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Checkpoints;
import dev.tarn.train.Dataset;
import dev.tarn.train.Evaluation;
import dev.tarn.train.Loss;
import dev.tarn.train.Schedule;
import dev.tarn.train.Trainer;
import dev.tarn.train.TrainerState;
import dev.tarn.train.Training;
import dev.tarn.zoo.Pair;
import dev.tarn.zoo.Zoo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/// `tarn train`: trains a network, tests it, saves it.
@Command(
    name = "train",
    description = "Train a network, test it, and save it as a .tarn file.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TrainCommand implements Runnable {
  @ParentCommand Tarn tarn;

  @Mixin TrainOptions options = new TrainOptions();

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that compute; the result does not depend on it. As many as there are processors if not given.")
  @Nullable Integer threads;

  @Option(
      names = "--memory-limit",
      paramLabel = "SIZE",
      converter = MemorySize.Converter.class,
      description =
          "Most memory for weights, gradients and activations, as in 2GB; what is not kept is computed again, and the result does not depend on it.")
  @Nullable MemorySize memoryLimit;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Where to save, after every epoch and at the end; the network's name with .tarn if not given.")
  @Nullable String out;

  @Option(
      names = "--out-dir",
      paramLabel = "DIR",
      description =
          "Folder for pictures: the learning curve, and feature maps before and after pooling.")
  @Nullable String outDir;

  @Option(
      names = "--resume",
      description =
          "Go on with the interrupted run whose file --out names; those of the options from --model to --seed that are not given are that run's.")
  boolean resume;

  @Option(names = "--json", description = "Print one JSON object per epoch and one at the end.")
  boolean json;

  @Override
  public void run() {
    Console console = tarn.console();
    TrainSettings settings = TrainSettings.of(options);
    Path file = FileStorage.path(out == null ? settings.defaultOut() : out);
    if (resume) {
      settings = TrainSettings.of(options, interrupted(file));
    }
    Threads.require(threads);
    Path pictures = outDir == null ? null : OutputFolder.create(outDir);
    Publisher.preflight(FileStorage.DISK, file);
    Optional<Pair> pair = Pair.of(settings.model());
    if (pair.isPresent()) {
      PairTraining.requireNew(resume);
      DataSplits splits = data.open(settings.data(), Zoo.TEXTBOOK.input(), console);
      Path sheet =
          pictures == null ? PairTraining.beside(file, ".png") : pictures.resolve("generated.png");
      new PairTraining(console, pair.get(), settings, json)
          .run(splits, Threads.orAll(threads), file, sheet);
      return;
    }

    ModelSource start =
        ModelSource.isInZoo(settings.model())
            ? null
            : ModelSource.trained(settings.model(), console);
    Shape wanted = start == null ? Zoo.of(settings.model()).input() : start.input();
    DataSplits splits = data.open(settings.data(), wanted, console);
    Dataset training = splits.training();
    Model model =
        start == null
            ? Zoo.model(settings.model(), training.shape(), training.labels().size())
            : start.model();
    requireClasses(model, training, settings);
    ModelInfo info = settings.noted(ModelInfo.NONE.labels(training.labels()));

    var report = new TrainReport(console, json, settings, splits, model);
    Trainer trainer =
        Trainer.of(model)
            .optimizer(settings.toOptimizer())
            .schedule(Schedule.cosine(settings.epochs()))
            .epochs(settings.epochs())
            .batch(settings.batch())
            .seed(settings.seed())
            .threads(Threads.orAll(threads))
            .callback(report);
    if (memoryLimit != null) {
      trainer = trainer.memoryLimit(memoryLimit.bytes());
    }
    if (start != null) {
      trainer = trainer.from(start.weights());
    }
    try (CheckpointFile store = CheckpointFile.open(file, model, info)) {
      if (resume) {
        Optional<TrainerState> state = store.newest();
        store.damage().ifPresent(damage -> console.note("tarn: " + damage.getMessage()));
        trainer = trainer.resume(state);
      }
      Training result = trainer.checkpoints(Checkpoints.to(store)).fit(training, splits.test());
      Evaluation evaluation = evaluate(result, splits.test());
      store.finish(
          result.parameters(), info.note("test.accuracy", TrainReport.four(evaluation.accuracy())));
      if (pictures != null) {
        draw(pictures, result, splits.test());
      }
      report.end(evaluation, file, pictures);
    } catch (CancelledException e) {
      throw report.hasSaved()
          ? new CancelledException(
              "cancelled. What was learned so far is in \"%s\"; go on with --resume --out \"%s\"."
                  .formatted(quote(file.toString()), quote(file.toString())),
              e)
          : e;
    }
  }

  private static void requireClasses(Model model, Dataset training, TrainSettings settings) {
    int outputs = model.outputs().getFirst().shape().channels();
    if (outputs != training.labels().size()) {
      throw new ShapeException(
          "model \"%s\" has %d outputs, data \"%s\" has %d classes; needed as many of both."
              .formatted(
                  quote(settings.model()),
                  outputs,
                  quote(settings.data()),
                  training.labels().size()));
    }
  }

  /// What an interrupted run noted about itself.
  private static ModelInfo interrupted(Path file) {
    if (!Files.exists(file) && !Files.exists(Publisher.previous(file))) {
      throw new MissingInput(
          "--resume: there is no file \"%s\" of an interrupted run. Name its file with --out, or train without --resume."
              .formatted(quote(file.toString())));
    }
    return ModelFile.loadNewest(file).value().info();
  }

  private Evaluation evaluate(Training result, Dataset test) {
    try (Workers workers = Workers.of(Threads.orAll(threads))) {
      return Evaluation.of(result.model(), result.parameters(), test, Loss.crossEntropy(), workers);
    }
  }

  private static void draw(Path folder, Training result, Dataset test) {
    if (!result.history().isEmpty()) {
      LearningCurve.of(result.history()).write(folder.resolve("learning-curve.png"));
    }
    FeatureMaps.of(result.model(), result.parameters(), test)
        .ifPresent(maps -> maps.write(folder.resolve("feature-maps.png")));
  }
}
