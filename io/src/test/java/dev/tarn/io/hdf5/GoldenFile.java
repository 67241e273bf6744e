package dev.tarn.io.hdf5;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// Files made by the scripts beside them, packed with gzip.
public final class GoldenFile {
  private GoldenFile() {}

  /// The bytes of `src/test/golden/NAME.gz`.
  public static byte[] bytes(String name) {
    try (var in =
        new GZIPInputStream(Files.newInputStream(Path.of("src/test/golden", name + ".gz")))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
