package dev.tarn.cli;

import dev.tarn.engine.Workers;
import dev.tarn.error.ParameterException;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.json.Json;
import dev.tarn.train.ConfusionMatrix;
import dev.tarn.train.Dataset;
import dev.tarn.train.Evaluation;
import dev.tarn.train.Loss;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn evaluate`: how a trained network does on a data set.
@Command(
    name = "evaluate",
    description = "Test a trained network: accuracy, confusion matrix, worst examples.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class EvaluateCommand implements Runnable {
  private static final int WORST_DRAWN = 40;

  /// The parts of a data set.
  enum Split {
    TEST,
    TRAINING
  }

  @ParentCommand Tarn tarn;

  @Parameters(paramLabel = "MODEL", description = ModelSource.FILE + ".")
  String source = "";

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATA",
      description = "digits, mnist, cifar10, or a folder with one folder of images per class.")
  String name = "";

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      defaultValue = "test",
      description = "test or training; ${DEFAULT-VALUE} if not given.")
  Split split = Split.TEST;

  @Option(
      names = "--worst",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many of the worst examples to list; ${DEFAULT-VALUE} if not given.")
  int worst;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; as many as there are processors if not given.")
  @Nullable Integer threads;

  @Option(
      names = "--out-dir",
      paramLabel = "DIR",
      description = "Folder for worst.png, a picture of the worst examples.")
  @Nullable String outDir;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Override
  public void run() {
    Console console = tarn.console();
    Threads.require(threads);
    if (worst < 0) {
      throw new ParameterException("--worst %d; needed at least 0.".formatted(worst));
    }
    Path folder = outDir == null ? null : OutputFolder.create(outDir);
    ModelSource model = ModelSource.trained(source, console);
    DataSplits splits = data.open(name, model.input(), console);
    Dataset examples = model.normalized(split == Split.TEST ? splits.test() : splits.training());
    Evaluation evaluation;
    try (Workers workers = Workers.of(Threads.orAll(threads))) {
      evaluation =
          Evaluation.of(model.model(), model.weights(), examples, Loss.crossEntropy(), workers);
    }
    Path picture = folder == null ? null : folder.resolve("worst.png");
    if (picture != null) {
      Dataset drawn = split == Split.TEST ? splits.test() : splits.training();
      WorstExamples.of(evaluation.worst(WORST_DRAWN), drawn).write(picture);
    }
    if (json) {
      console.json(json(evaluation, picture));
    } else {
      print(console, evaluation, picture);
    }
  }

  private void print(Console console, Evaluation evaluation, @Nullable Path picture) {
    ConfusionMatrix confusion = evaluation.confusion();
    console.line("rows: true class; columns: predicted class");
    console.line(confusion.table().stripTrailing());
    List<Evaluation.Example> examples = evaluation.worst(worst);
    if (!examples.isEmpty()) {
      console.line("worst examples:");
    }
    for (Evaluation.Example example : examples) {
      console.line(
          "  example %d is %s, taken for %s, loss %s"
              .formatted(
                  example.index(),
                  confusion.labels().get(example.truth()),
                  confusion.labels().get(example.prediction()),
                  TrainReport.four(example.loss())));
    }
    if (picture != null) {
      console.line("picture of the worst examples: " + picture);
    }
    console.line("loss " + TrainReport.four(evaluation.loss()));
    console.line(console.green(TrainReport.accuracy(Words.word(split), evaluation)));
  }

  private Json json(Evaluation evaluation, @Nullable Path picture) {
    ConfusionMatrix confusion = evaluation.confusion();
    List<Json> rows = new ArrayList<>();
    for (int truth = 0; truth < confusion.classes(); truth++) {
      List<Json> row = new ArrayList<>();
      for (int prediction = 0; prediction < confusion.classes(); prediction++) {
        row.add(new Json.Whole(confusion.count(truth, prediction)));
      }
      rows.add(new Json.Items(row));
    }
    List<Json> examples = new ArrayList<>();
    for (Evaluation.Example example : evaluation.worst(worst)) {
      examples.add(
          Json.members()
              .with("index", example.index())
              .with("truth", confusion.labels().get(example.truth()))
              .with("prediction", confusion.labels().get(example.prediction()))
              .with("loss", new Json.Real(example.loss())));
    }
    Json.Members object =
        Json.members()
            .with("split", Words.word(split))
            .with("accuracy", new Json.Real(evaluation.accuracy()))
            .with("correct", evaluation.correct())
            .with("of", evaluation.size())
            .with("loss", new Json.Real(evaluation.loss()))
            .with("labels", Json.texts(confusion.labels()))
            .with("confusion", new Json.Items(rows))
            .with("worst", new Json.Items(examples));
    return picture == null ? object : object.with("picture", picture.toString());
  }
}
