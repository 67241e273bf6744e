package dev.tarn.cli;

import dev.tarn.cli.TrainOptions.OptimizerName;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.image.Canvas;
import dev.tarn.io.image.Canvas.Ink;
import dev.tarn.io.image.ImageSheet;
import dev.tarn.io.json.Json;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.model.ModelInfo;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Generative;
import dev.tarn.train.GenerativeStep;
import dev.tarn.train.GenerativeTrainer;
import dev.tarn.train.Optimizer;
import dev.tarn.zoo.Pair;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// `tarn train --model dcgan` and `--model vae`: trains a pair, saves both networks, and draws a
/// sheet of what it makes.
final class PairTraining {
  private static final int COLUMNS = 8;
  private static final int ROWS = 8;
  private static final int CELL = 56;

  /// The first share of momentum for adversaries (Radford et al. 2015, section 4).
  private static final double BETA = 0.5;

  private final Console console;
  private final Pair pair;
  private final TrainSettings settings;
  private final boolean json;
  private final ProgressBar bar;
  private long epochBegan = System.nanoTime();

  PairTraining(Console console, Pair pair, TrainSettings settings, boolean json) {
    this.console = console;
    this.pair = pair;
    this.settings = settings;
    this.json = json;
    this.bar = new ProgressBar(console);
  }

  /// The pair that the settings name must begin anew: it keeps no state of its training.
  static void requireNew(boolean resume) {
    if (resume) {
      throw new UnsupportedException(
          "--resume: dcgan and vae keep no state of their training; train without --resume.");
    }
  }

  /// @param file of the network that makes images
  /// @param sheet the picture
  void run(DataSplits splits, int threads, Path file, Path sheet) {
    Path other = beside(file, pair.otherId().substring(pair.id().length()) + ".tarn");
    Publisher.preflight(FileStorage.DISK, other);
    Publisher.preflight(FileStorage.DISK, sheet);
    Dataset examples = splits.training();
    GenerativeTrainer trainer =
        pair.trainer(examples.shape())
            .optimizer(optimizer())
            .epochs(settings.epochs())
            .batch(settings.batch())
            .seed(settings.seed())
            .threads(threads)
            .listener(this::on);
    if (!json) {
      console.line(
          "%s learns to make %s: %d examples, %s, learning rate %s, batch %d, seed %d"
              .formatted(
                  console.bold(pair.id()),
                  console.bold(settings.data()),
                  examples.size(),
                  Words.word(settings.optimizer()),
                  settings.rate(),
                  settings.batch(),
                  settings.seed()));
      console.flush();
    }
    Generative result = trainer.fit(examples);
    bar.clear();
    ModelInfo info = settings.noted(ModelInfo.NONE);
    ModelFile.of(result.parameters(), info).save(file);
    ModelFile.of(result.other(), info).save(other);
    sheet(result).write(sheet);
    if (json) {
      console.json(
          Json.members()
              .with("event", "end")
              .with("saved", file.toString())
              .with("other", other.toString())
              .with("sheet", sheet.toString()));
    } else {
      console.line("saved %s and %s".formatted(console.bold(file.toString()), other));
      console.line("%d images in %s".formatted(ROWS * COLUMNS, console.bold(sheet.toString())));
    }
  }

  private Optimizer optimizer() {
    return pair == Pair.DCGAN && settings.optimizer() == OptimizerName.ADAM
        ? Optimizer.adam(settings.rate()).betas(BETA, 0.999)
        : settings.toOptimizer();
  }

  private void on(GenerativeStep step) {
    String losses =
        step.losses().entrySet().stream()
            .map(e -> e.getKey() + " " + TrainReport.four(e.getValue()))
            .collect(Collectors.joining("  "));
    String epoch = "epoch %d/%d".formatted(step.epoch() + 1, settings.epochs());
    bar.at(epoch, step.step() + 1L, step.steps(), losses);
    if (step.step() + 1 < step.steps()) {
      return;
    }
    bar.clear();
    double seconds = (System.nanoTime() - epochBegan) / 1e9;
    epochBegan = System.nanoTime();
    if (json) {
      Json.Members line = Json.members().with("event", "epoch").with("epoch", step.epoch() + 1L);
      for (var loss : step.losses().entrySet()) {
        line = line.with(loss.getKey(), new Json.Real(loss.getValue()));
      }
      console.json(line.with("seconds", new Json.Real(seconds)));
    } else {
      String time = String.format(Locale.ROOT, "%.1f s", seconds);
      console.line("%s  %s  %s".formatted(epoch, losses, console.dim(time)));
      console.flush();
    }
  }

  private Canvas sheet(Generative result) {
    Tensor samples = result.samples(ROWS * COLUMNS, settings.seed());
    List<ImageSheet.Picture> pictures = new ArrayList<>();
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      Tensor image = samples.slice(i, i + 1).reshape(samples.shape().sample());
      pictures.add(new ImageSheet.Image("", Ink.BLACK, image));
    }
    return new ImageSheet(COLUMNS, CELL, pictures).draw();
  }

  /// `dcgan-discriminator.tarn` beside `dcgan.tarn`.
  static Path beside(Path file, String ending) {
    String name = String.valueOf(file.getFileName()).replaceFirst("\\.tarn$", "");
    return file.resolveSibling(name + ending);
  }
}
