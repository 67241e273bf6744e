package dev.tarn.io.data;

import dev.tarn.error.StoreException;
import dev.tarn.io.store.Publisher;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// CIFAR-10 as it is published: one packed archive with six batch files.
final class Cifar10Archive {
  static final URI MIRROR = URI.create("https://www.cs.toronto.edu/~kriz/");

  /// Size and checksum as the TensorFlow data sets and many others publish them.
  static final Download FILE =
      new Download(
          "cifar-10-binary.tar.gz",
          170_052_171,
          "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd");

  private static final String FOLDER = "cifar-10-batches-bin/";
  private static final List<String> BATCHES =
      List.of(
          "data_batch_1.bin",
          "data_batch_2.bin",
          "data_batch_3.bin",
          "data_batch_4.bin",
          "data_batch_5.bin",
          "test_batch.bin");
  private static final int MOST_BATCH_BYTES = 10_000 * 3073;

  private Cifar10Archive() {}

  /// Whether all batch files lie in a folder.
  static boolean isComplete(Path folder) {
    return BATCHES.stream().allMatch(batch -> Files.isRegularFile(folder.resolve(batch)));
  }

  /// Unpacks the batch files of the archive that lies in `folder` beside it, and removes the
  /// archive.
  ///
  /// Only the six names above are ever written, whatever the archive holds.
  static void unpack(Path folder) {
    Path archive = folder.resolve(FILE.name());
    try (PackedReader reader = PackedReader.open(archive)) {
      var tar = new Tar(reader);
      for (Tar.Entry entry = tar.next(); !entry.name().isEmpty(); entry = tar.next()) {
        for (String batch : BATCHES) {
          if (entry.name().equals(FOLDER + batch)) {
            byte[] bytes = tar.bytes(MOST_BATCH_BYTES);
            Publisher.write(folder.resolve(batch), (OutputStream out) -> out.write(bytes));
          }
        }
      }
    }
    if (!isComplete(folder)) {
      throw new StoreException(
          "%s: holds not all of %s. Remove it and try again.".formatted(archive, BATCHES));
    }
    try {
      Files.deleteIfExists(archive);
    } catch (IOException e) {
      // it only takes room: the batches are there and complete
    }
  }
}
