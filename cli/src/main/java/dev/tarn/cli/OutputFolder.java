package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.StoreException;
import dev.tarn.io.store.FileStorage;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Folders that people name for output.
final class OutputFolder {
  private OutputFolder() {}

  /// Makes a folder ready to be written to, before any work is done.
  ///
  /// @throws StoreException if it is not there and cannot be made, or cannot be written
  static Path create(String name) {
    Path folder = FileStorage.path(name);
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".tarn", ".probe"));
      return folder;
    } catch (FileAlreadyExistsException e) {
      throw new StoreException(
          "folder \"%s\": a file has that name. Choose another folder.".formatted(quote(name)), e);
    } catch (IOException e) {
      throw new StoreException(
          "folder \"%s\" cannot be created or written: %s. Choose another folder."
              .formatted(quote(name), quote(e.getClass().getSimpleName() + ": " + e.getMessage())),
          e);
    }
  }

  /// As [#create], and nothing may be in it yet.
  ///
  /// @throws StoreException also if there is anything
  static Path createEmpty(String name) {
    Path folder = create(name);
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new StoreException(
            "folder \"%s\" is not empty; what is in it would be mixed with what is written. Choose another folder."
                .formatted(quote(name)),
            new DirectoryNotEmptyException(name));
      }
      return folder;
    } catch (IOException e) {
      throw new StoreException("folder \"%s\" cannot be read.".formatted(quote(name)), e);
    }
  }
}
