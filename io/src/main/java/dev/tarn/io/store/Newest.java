package dev.tarn.io.store;

import dev.tarn.error.FormatException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/// What the newest complete file of a target holds, and why it is not the target itself if it is
/// not.
///
/// @param value what was read
/// @param file the file it was read from: the target, or its [Publisher#previous]
/// @param damage what is wrong with the target; empty if nothing is
public record Newest<T>(T value, Path file, Optional<TarnException> damage) {
  /// Reads the target or, if that is missing or damaged, the file before it.
  ///
  /// A file of a format version this program does not know is no damage: its fault is thrown.
  ///
  /// @param read reads all it needs before it returns; throws [FormatException] for a damaged file
  /// @throws FormatException if both are damaged
  /// @throws StoreException if there is neither
  public static <T> Newest<T> read(Storage storage, Path target, Function<Source, T> read) {
    try {
      return new Newest<>(one(storage, target, read), target, Optional.empty());
    } catch (FormatException | StoreException damage) {
      Path previous = Publisher.previous(target);
      try {
        return new Newest<>(one(storage, previous, read), previous, Optional.of(damage));
      } catch (FormatException | StoreException e) {
        damage.addSuppressed(e);
        throw damage;
      }
    }
  }

  private static <T> T one(Storage storage, Path file, Function<Source, T> read) {
    try (Source source = storage.source(file)) {
      return read.apply(source);
    } catch (IOException e) {
      throw new StoreException(
          "%s could not be closed: %s."
              .formatted(TarnException.quote(file.toString()), Storage.reason(e)),
          e);
    }
  }
}
