package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsafeException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FileStorage;
import dev.tarn.onnx.StringStringEntryProto;
import dev.tarn.onnx.TensorProto;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The files beside a model that hold values too long for it.
///
/// A name in a model is an attacker's: what is opened is a regular file that has no other name, in
/// the model's own folder or below, reached through no link. Everything else is [UnsafeException].
final class ExternalData implements Closeable {
  private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum");
  private static final int LONGEST_LOCATION = 1024;

  private final String model;
  private final @Nullable Path folder;
  private final Map<String, Source> files = new HashMap<>();

  /// @param model what messages call the model
  /// @param folder where the model lies; null if it is not in a file
  ExternalData(String model, @Nullable Path folder) {
    this.model = model;
    this.folder = folder;
  }

  /// A cursor over the bytes of a tensor.
  Cursor open(TensorProto tensor) {
    String where = "%s: tensor \"%s\"".formatted(quote(model), quote(tensor.getName()));
    Map<String, String> entries = new HashMap<>();
    for (StringStringEntryProto entry : tensor.getExternalDataList()) {
      if (!KEYS.contains(entry.getKey())) {
        throw new FormatException(
            "%s: external data has the key \"%s\"; expected location, offset, length or checksum."
                .formatted(where, quote(entry.getKey())));
      }
      if (entries.put(entry.getKey(), entry.getValue()) != null) {
        throw new FormatException(
            "%s: external data has the key \"%s\" twice; expected it once."
                .formatted(where, entry.getKey()));
      }
    }
    String location = entries.get("location");
    if (location == null) {
      throw new FormatException(where + ": external data has no location; expected a file name.");
    }
    Source file = files.computeIfAbsent(location, l -> source(where, l));
    long at = number(where, entries, "offset", 0);
    if (at > file.size()) {
      throw new FormatException(
          "%s: external data begins at byte %d; %s has %d."
              .formatted(where, at, quote(location), file.size()));
    }
    long length = number(where, entries, "length", file.size() - at);
    return Cursor.of(file).part(at, length, "external data of \"" + quote(tensor.getName()) + "\"");
  }

  private static long number(String where, Map<String, String> entries, String key, long missing) {
    String text = entries.get(key);
    if (text == null) {
      return missing;
    }
    if (!text.matches("[0-9]{1,18}")) {
      throw new FormatException(
          "%s: external data has %s \"%s\"; expected a whole number of at least 0."
              .formatted(where, key, quote(text)));
    }
    return Long.parseLong(text);
  }

  private Source source(String where, String location) {
    if (folder == null) {
      throw unsafe(where, location, "the model is not in a file, so there is nothing beside it");
    }
    if (location.isEmpty()
        || location.length() > LONGEST_LOCATION
        || location.contains("\\")
        || location.contains(":")
        || location.chars().anyMatch(Character::isISOControl)) {
      throw unsafe(where, location, "it is not a plain file name");
    }
    try {
      Path name = Path.of(location);
      if (name.isAbsolute() || !name.equals(name.normalize()) || name.startsWith("..")) {
        throw unsafe(where, location, "it leaves the model's folder");
      }
      Path real = folder.toRealPath();
      Path wanted = real.resolve(name);
      if (!Files.exists(wanted, LinkOption.NOFOLLOW_LINKS)) {
        throw new StoreException(
            "%s: its values lie in %s, which does not exist. Put that file beside the model."
                .formatted(where, quote(wanted.toString())));
      }
      if (!Files.isRegularFile(wanted, LinkOption.NOFOLLOW_LINKS)
          || !wanted.toRealPath().equals(wanted)) {
        throw unsafe(where, location, "it is a link or no regular file");
      }
      if (names(wanted) > 1) {
        throw unsafe(where, location, "that file has a second name elsewhere (a hard link)");
      }
      return FileStorage.read(wanted);
    } catch (InvalidPathException e) {
      throw unsafe(where, location, "it is not a possible file name");
    } catch (IOException e) {
      throw new StoreException(
          "%s: %s cannot be read: %s."
              .formatted(where, quote(location), quote(String.valueOf(e.getMessage()))),
          e);
    }
  }

  /// How many names a file has; 1 where the file system does not say.
  private static int names(Path file) throws IOException {
    try {
      return Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS)
              instanceof Integer count
          ? count
          : 1;
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return 1;
    }
  }

  private static UnsafeException unsafe(String where, String location, String why) {
    return new UnsafeException(
        "%s: external data lies in \"%s\": %s. Only a file in the model's folder or below it is opened."
            .formatted(where, quote(location), why));
  }

  @Override
  public void close() {
    for (Source file : files.values()) {
      try {
        file.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
