package dev.tarn.cli;

import dev.tarn.io.data.DataSplits;
import dev.tarn.io.json.Json;
import dev.tarn.model.Model;
import dev.tarn.train.Callback;
import dev.tarn.train.EpochResult;
import dev.tarn.train.Evaluation;
import dev.tarn.train.TrainingEvent;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Prints how training goes: a line per epoch, a bar on terminals, JSON for machines.
final class TrainReport implements Callback {
  private final Console console;
  private final boolean json;
  private final TrainSettings settings;
  private final DataSplits splits;
  private final Model model;
  private final ProgressBar bar;
  private final long began = System.nanoTime();
  private long epochBegan = System.nanoTime();
  private boolean saved;

  TrainReport(
      Console console, boolean json, TrainSettings settings, DataSplits splits, Model model) {
    this.console = console;
    this.json = json;
    this.settings = settings;
    this.splits = splits;
    this.model = model;
    this.bar = new ProgressBar(console);
  }

  /// What is going to happen, once it is known that it can.
  private void begin() {
    if (json) {
      console.json(
          Json.members()
              .with("event", "begin")
              .with("model", settings.model())
              .with("parameters", model.parameterCount())
              .with("data", settings.data())
              .with("trainingExamples", splits.training().size())
              .with("testExamples", splits.test().size())
              .with("epochs", settings.epochs())
              .with("batch", settings.batch())
              .with("optimizer", Words.word(settings.optimizer()))
              .with("lr", new Json.Real(settings.rate()))
              .with("seed", settings.seed()));
      return;
    }
    console.line(
        "%s (%d parameters) learns %s: %d examples, %d to test with; %s, learning rate %s, batch %d, seed %d"
            .formatted(
                console.bold(settings.model()),
                model.parameterCount(),
                console.bold(settings.data()),
                splits.training().size(),
                splits.test().size(),
                Words.word(settings.optimizer()),
                settings.rate(),
                settings.batch(),
                settings.seed()));
    console.flush();
  }

  @Override
  public void on(TrainingEvent event) {
    switch (event) {
      case TrainingEvent.Started started -> {
        begin();
        epochBegan = System.nanoTime();
        if (!started.history().isEmpty() || started.step() > 0) {
          console.note(
              "tarn: resuming in epoch %d of %d, step %d of %d."
                  .formatted(
                      started.epoch() + 1, started.epochs(), started.step() + 1, started.steps()));
        }
      }
      case TrainingEvent.StepDone step ->
          bar.at(
              "epoch %d/%d".formatted(step.epoch() + 1, settings.epochs()),
              step.step() + 1L,
              step.steps(),
              "loss %s accuracy %s".formatted(four(step.meanLoss()), four(step.meanAccuracy())));
      case TrainingEvent.EpochDone done -> epoch(done.result());
      case TrainingEvent.Warned warning -> {
        bar.clear();
        console.note("tarn: " + warning.message());
      }
      case TrainingEvent.CheckpointFailed failed -> {
        bar.clear();
        console.note("tarn: " + failed.cause().getMessage());
      }
      case TrainingEvent.Broken broken -> bar.clear();
      case TrainingEvent.CheckpointSaved at -> saved = true;
      case TrainingEvent.Finished finished -> bar.clear();
    }
  }

  /// Whether the state of this run is safe in its file.
  boolean hasSaved() {
    return saved;
  }

  private void epoch(EpochResult result) {
    bar.clear();
    double seconds = (System.nanoTime() - epochBegan) / 1e9;
    epochBegan = System.nanoTime();
    if (json) {
      console.json(
          Json.members()
              .with("event", "epoch")
              .with("epoch", result.epoch() + 1L)
              .with("loss", new Json.Real(result.loss()))
              .with("accuracy", new Json.Real(result.accuracy()))
              .with("testLoss", new Json.Real(result.validationLoss()))
              .with("testAccuracy", new Json.Real(result.validationAccuracy()))
              .with("lr", new Json.Real(result.rate()))
              .with("seconds", new Json.Real(seconds)));
      return;
    }
    console.line(
        "epoch %d/%d  loss %s  accuracy %s  test loss %s  test accuracy %s  %s"
            .formatted(
                result.epoch() + 1,
                settings.epochs(),
                four(result.loss()),
                four(result.accuracy()),
                four(result.validationLoss()),
                four(result.validationAccuracy()),
                console.dim(String.format(Locale.ROOT, "%.1f s", seconds))));
    console.flush();
  }

  /// What came of it; the test accuracy last.
  void end(Evaluation evaluation, Path file, @Nullable Path pictures) {
    double seconds = (System.nanoTime() - began) / 1e9;
    if (json) {
      Json.Members end =
          Json.members()
              .with("event", "end")
              .with("testAccuracy", new Json.Real(evaluation.accuracy()))
              .with("correct", evaluation.correct())
              .with("of", evaluation.size())
              .with("testLoss", new Json.Real(evaluation.loss()))
              .with("seconds", new Json.Real(seconds))
              .with("saved", file.toString());
      console.json(pictures == null ? end : end.with("pictures", pictures.toString()));
      return;
    }
    console.line(
        "saved %s after %s"
            .formatted(
                console.bold(file.toString()), String.format(Locale.ROOT, "%.1f s", seconds)));
    if (pictures != null) {
      console.line("pictures in " + pictures);
    }
    console.line(console.green(accuracy("test", evaluation)));
  }

  /// `test accuracy 0.9912 (9912 of 10000)`
  static String accuracy(String what, Evaluation evaluation) {
    return "%s accuracy %s (%d of %d)"
        .formatted(what, four(evaluation.accuracy()), evaluation.correct(), evaluation.size());
  }

  static String four(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
