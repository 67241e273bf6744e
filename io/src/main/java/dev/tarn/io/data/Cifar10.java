package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Images and labels in the binary format of CIFAR-10, plain or gzip.
///
/// A file is a row of records of 3073 bytes: the label, then 32×32 red values row by row, then
/// green, then blue. Source: <https://www.cs.toronto.edu/~kriz/cifar.html>.
public final class Cifar10 {
  /// The classes in the order of their numbers.
  public static final List<String> LABELS =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  private static final Shape SHAPE = Shape.of(3, 32, 32);
  private static final int SAMPLE = 3 * 32 * 32;

  private Cifar10() {}

  /// The images of all files, in the order given, values 0 to 1, shape `[3, 32, 32]`.
  ///
  /// @throws FormatException if a file is empty, does not end with a record, or has a label above 9
  /// @throws LimitException if a file unpacks to far more than its size explains
  public static Dataset read(List<Path> files) {
    if (files.isEmpty()) {
      throw new ParameterException("CIFAR-10: no files given; needed at least one batch file.");
    }
    var records = new Records();
    for (Path file : files) {
      records.readAll(file);
    }
    return records.dataset();
  }

  /// The records read so far; the arrays grow with what really arrives, never with what a file
  /// claims.
  private static final class Records {
    private byte[] values = new byte[1000 * SAMPLE];
    private byte[] classes = new byte[1000];
    private int count;

    void readAll(Path path) {
      int before = count;
      byte[] label = new byte[1];
      try (PackedReader file = PackedReader.open(path)) {
        while (file.some(label, 0, 1) == 1) {
          int number = label[0] & 0xff;
          if (number >= LABELS.size()) {
            throw new FormatException(
                "%s: byte %d: label of record %d is %d; expected 0 to 9."
                    .formatted(file.name(), file.position() - 1, count - before, number));
          }
          file.requireAllowed(file.position(), "the batch");
          makeRoom();
          classes[count] = label[0];
          file.bytes(values, count * SAMPLE, SAMPLE, "record " + (count - before));
          count++;
        }
      }
      if (count == before) {
        throw new FormatException(
            "%s: no records; expected at least one of 3073 bytes."
                .formatted(quote(path.toString())));
      }
    }

    private void makeRoom() {
      if (count < classes.length) {
        return;
      }
      long wanted = Math.min(2L * classes.length, Shape.MOST_ELEMENTS / SAMPLE);
      if (wanted == classes.length) {
        throw new LimitException(
            "CIFAR-10: more than %d images; at most so many fit in one data set. Give fewer files."
                .formatted(count));
      }
      values = Arrays.copyOf(values, (int) (wanted * SAMPLE));
      classes = Arrays.copyOf(classes, (int) wanted);
    }

    Dataset dataset() {
      return new ByteImages(
          SHAPE, Arrays.copyOf(values, count * SAMPLE), Arrays.copyOf(classes, count), LABELS);
    }
  }
}
