package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.image.ImageFile;
import dev.tarn.io.json.Json;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `tarn data`: a data set as images, one folder per class, as `--data DIR` reads them.
@Command(
    name = "data",
    description = "Write a data set as PNG images, one folder per class, which --data DIR reads.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class DataCommand implements Runnable {
  /// The size to which images of another folder are stretched.
  private static final Shape IMAGES = Shape.of(1, 28, 28);

  @ParentCommand Tarn tarn;

  @Parameters(
      paramLabel = "NAME",
      description = "digits, mnist, cifar10, or a folder with one folder of images per class.")
  String name = "";

  @Mixin DataOptions data = new DataOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "A folder that is not there yet or empty.")
  String out = "";

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "The most images of each of train and test; all if not given.")
  @Nullable Integer count;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Override
  public void run() {
    int most = count == null ? Integer.MAX_VALUE : count;
    if (most < 1) {
      throw new ParameterException("--count %d; needed at least 1.".formatted(most));
    }
    Path folder = OutputFolder.createEmpty(out);
    DataSplits splits = data.open(name, IMAGES, tarn.console());
    write(splits.training().first(most), folder.resolve("train"));
    write(splits.test().first(most), folder.resolve("test"));
    int training = Math.min(most, splits.training().size());
    int test = Math.min(most, splits.test().size());
    if (json) {
      tarn.console()
          .json(
              Json.members()
                  .with("data", name)
                  .with("folder", out)
                  .with("training", training)
                  .with("test", test)
                  .with("labels", Json.texts(splits.training().labels())));
    } else {
      tarn.console()
          .line(
              "%s: %d images in %s/train, %d in %s/test".formatted(name, training, out, test, out));
    }
  }

  private void write(Dataset examples, Path folder) {
    var bar = new ProgressBar(tarn.console());
    Tensor image = Tensor.zeros(examples.shape());
    int width = Integer.toString(Math.max(0, examples.size() - 1)).length();
    try {
      for (String label : examples.labels()) {
        Files.createDirectories(folder.resolve(label));
      }
      for (int i = 0; i < examples.size(); i++) {
        examples.read(i, 0, image.array(), 0);
        String number = Integer.toString(i);
        String file = "0".repeat(width - number.length()) + number + ".png";
        String label = examples.labels().get(examples.label(i));
        Files.write(folder.resolve(label).resolve(file), ImageFile.encode(image));
        bar.at(name, i + 1L, examples.size(), "%d of %d".formatted(i + 1, examples.size()));
      }
      bar.clear();
    } catch (IOException e) {
      throw new StoreException(
          "\"%s\" could not be written: %s. Make room or choose another folder."
              .formatted(quote(folder.toString()), quote(String.valueOf(e.getMessage()))),
          e);
    }
  }
}
