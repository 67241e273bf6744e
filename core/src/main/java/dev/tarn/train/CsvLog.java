package dev.tarn.train;

import dev.tarn.error.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Writes one line per epoch to a file of comma-separated values: the learning curve.
///
/// The file is written anew when training starts, epochs before a resumed one included, so it never
/// holds an epoch twice. Values that there are not (validation without such data) are left empty.
public final class CsvLog implements Callback {
  private static final String HEADER =
      "epoch,rate,loss,accuracy,validation_loss,validation_accuracy\n";

  private final Path file;

  private CsvLog(Path file) {
    this.file = file;
  }

  /// A log to this file; its folder must exist.
  public static CsvLog to(Path file) {
    return new CsvLog(file);
  }

  @Override
  public void on(TrainingEvent event) {
    switch (event) {
      case TrainingEvent.Started started -> write(HEADER + lines(started.history()));
      case TrainingEvent.EpochDone(EpochResult result) ->
          write(lines(List.of(result)), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      default -> {}
    }
  }

  private void write(String text, StandardOpenOption... options) {
    try {
      Files.writeString(file, text, options);
    } catch (IOException e) {
      throw new StoreException(
          "log %s: cannot be written (%s). Check the folder and the space on the disk."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static String lines(List<EpochResult> results) {
    var text = new StringBuilder();
    for (EpochResult r : results) {
      text.append(r.epoch()).append(',').append(r.rate()).append(',').append(cell(r.loss()));
      text.append(',').append(cell(r.accuracy())).append(',').append(cell(r.validationLoss()));
      text.append(',').append(cell(r.validationAccuracy())).append('\n');
    }
    return text.toString();
  }

  private static String cell(double value) {
    return Double.isNaN(value) ? "" : Double.toString(value);
  }
}
