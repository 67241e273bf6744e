package dev.tarn.cli;

import dev.tarn.error.StoreException;
import dev.tarn.io.data.BadFiles;
import dev.tarn.io.data.DataCatalog;
import dev.tarn.io.data.DataSplits;
import dev.tarn.io.data.ImageFolder;
import dev.tarn.tensor.Shape;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say where labelled examples come from.
final class DataOptions {
  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description =
          "Folder with the files of mnist or cifar10; without it the cache, else a download.")
  @Nullable String folder;

  @Option(
      names = "--skip-bad",
      description = "Leave out files of an image folder that cannot be read, and count them.")
  boolean skipBad;

  /// The data set of this name, or the folder of images at this path.
  ///
  /// @param imageShape what images of a folder are stretched to
  /// @throws MissingInput if its files are not there and cannot be fetched
  DataSplits open(String name, Shape imageShape, Console console) {
    var bar = new ProgressBar(console);
    DataCatalog catalog =
        DataCatalog.standard()
            .badFiles(skipBad ? BadFiles.SKIP : BadFiles.REFUSE)
            .progress((what, done, total) ->
                bar.at(what, done, total, "%d of %d".formatted(done, total)));
    String from = folder;
    if (from != null) {
      catalog = catalog.dataFolder(MissingInput.folder("--data-dir", from));
    }
    try {
      DataSplits splits = catalog.open(name, imageShape);
      bar.clear();
      tellOfSkipped(splits, console);
      return splits;
    } catch (StoreException e) {
      throw new MissingInput(String.valueOf(e.getMessage()), e);
    }
  }

  private static void tellOfSkipped(DataSplits splits, Console console) {
    int skipped = 0;
    String first = "";
    for (var part : new Object[] {splits.training(), splits.test()}) {
      if (part instanceof ImageFolder images && !images.skipped().isEmpty()) {
        skipped += images.skipped().size();
        first = first.isEmpty() ? images.skipped().getFirst() : first;
      }
    }
    if (skipped > 0) {
      console.note(
          "tarn: left out %d files that cannot be read; the first: %s".formatted(skipped, first));
    }
  }
}
