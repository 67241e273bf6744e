package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// A file that a command was told to read and that is not there or not readable.
final class MissingInput extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MissingInput(String message) {
    super(message);
  }

  MissingInput(String message, Throwable cause) {
    super(message, cause);
  }

  /// The path of a file to read.
  ///
  /// @throws MissingInput if there is none that can be read
  static Path file(String what, String text) {
    return readable(what, text, "file");
  }

  /// The path of a folder to read.
  ///
  /// @throws MissingInput if there is none that can be read
  static Path folder(String what, String text) {
    return readable(what, text, "folder");
  }

  private static Path readable(String what, String text, String kind) {
    Path path;
    try {
      path = Path.of(text);
    } catch (InvalidPathException e) {
      throw new MissingInput(
          "%s \"%s\" is not a possible file name: %s."
              .formatted(what, quote(text), quote(e.getReason())));
    }
    if (!Files.exists(path)) {
      throw new MissingInput(
          "%s \"%s\": there is no such %s. Check the name.".formatted(what, quote(text), kind));
    }
    if (Files.isDirectory(path) != kind.equals("folder")) {
      throw new MissingInput(
          "%s \"%s\" is %s; needed a %s."
              .formatted(what, quote(text), Files.isDirectory(path) ? "a folder" : "a file", kind));
    }
    if (!Files.isReadable(path)) {
      throw new MissingInput(
          "%s \"%s\" cannot be read: permission denied. Change its permissions or choose another %s."
              .formatted(what, quote(text), kind));
    }
    return path;
  }
}
