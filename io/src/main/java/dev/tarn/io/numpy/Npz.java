package dev.tarn.io.numpy;

import dev.tarn.error.FormatException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.io.zip.ZipMember;
import dev.tarn.io.zip.ZipReader;
import dev.tarn.io.zip.ZipWriter;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Named arrays in NumPy's .npz format: a zip of .npy files, compressed or not.
public final class Npz {
  private static final String ENDING = ".npy";

  private Npz() {}

  public static SequencedMap<String, Tensor> read(Path file) {
    try (Source source = FileStorage.read(file)) {
      return read(source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// All arrays by name, in the order of the archive.
  ///
  /// @throws FormatException if the zip or one of its members is malformed, or a member is no .npy
  ///   file
  public static SequencedMap<String, Tensor> read(Source source) {
    ZipReader zip = ZipReader.read(source);
    var arrays = new LinkedHashMap<String, Tensor>();
    for (ZipMember member : zip.members()) {
      String name = member.name();
      if (!name.endsWith(ENDING)) {
        throw new FormatException(
            "%s: the member \"%s\" is not an .npy file; expected nothing else in an .npz file."
                .formatted(TarnException.quote(source.name()), TarnException.quote(name)));
      }
      arrays.put(name.substring(0, name.length() - ENDING.length()), Npy.read(zip.open(member)));
    }
    return arrays;
  }

  /// Writes tensors as float32, uncompressed.
  public static void write(Path file, SequencedMap<String, Tensor> arrays) {
    Publisher.write(file, content(arrays));
  }

  /// The bytes of an .npz file; the same arrays give the same bytes.
  public static Content content(SequencedMap<String, Tensor> arrays) {
    return out -> {
      var zip = new ZipWriter(out);
      for (var array : arrays.entrySet()) {
        zip.add(array.getKey() + ENDING, Npy.content(array.getValue()));
      }
      zip.finish();
    };
  }
}
