package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.io.image.Colours;
import dev.tarn.io.image.ImageFile;
import dev.tarn.io.numpy.Npy;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import java.util.Locale;

/// Tensors in files that people name: NumPy arrays and images.
final class TensorFile {
  private TensorFile() {}

  /// Whether a name is that of a NumPy array.
  static boolean isArray(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith(".npy");
  }

  /// A tensor of any shape from an array, `[3, height, width]` from an image.
  ///
  /// @throws MissingInput if there is no such file
  static Tensor read(String name) {
    Path file = MissingInput.file("input", name);
    return isArray(name) ? Npy.read(file) : ImageFile.read(file, Colours.RGB);
  }

  /// An example for a network of this input shape: an array of that shape, or an image stretched to
  /// it.
  ///
  /// @throws MissingInput if there is no such file
  static Tensor read(String name, Shape shape) {
    Path file = MissingInput.file("image", name);
    return isArray(name) ? Npy.read(file) : ImageFile.read(file, shape);
  }

  /// Finds out whether a tensor of this shape can be written, before any work is done.
  ///
  /// @throws ParameterException if the name ends in neither `.png` nor `.npy`
  /// @throws dev.tarn.error.StoreException if the file cannot be written
  static Path toWrite(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (!lower.endsWith(".png") && !lower.endsWith(".npy")) {
      throw new ParameterException(
          "--out \"%s\" ends in neither .png nor .npy; needed one of them.".formatted(quote(name)));
    }
    Path file = FileStorage.path(name);
    Publisher.preflight(FileStorage.DISK, file);
    return file;
  }

  /// Writes an array, or an image `[1 or 3, height, width]` whose values go from 0 to 1.
  static void write(Path file, Tensor tensor) {
    if (isArray(file.toString())) {
      Npy.write(file, tensor);
    } else {
      ImageFile.write(file, tensor);
    }
  }
}
