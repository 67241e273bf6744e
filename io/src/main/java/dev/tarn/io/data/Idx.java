package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Images and labels in the IDX format of MNIST, plain or gzip.
///
/// | file | header | then |
/// |---|---|---|
/// | images | `0x00000803`, count, height, width | count × height × width unsigned bytes |
/// | labels | `0x00000801`, count | count unsigned bytes |
///
/// All numbers have the highest byte first. Source: <http://yann.lecun.com/exdb/mnist/>.
public final class Idx {
  private static final int UNSIGNED_BYTE = 8;

  private Idx() {}

  /// The images of one file with the labels of another, values 0 to 1, shape `[1, height, width]`.
  ///
  /// @param names the names of the classes, in the order of their numbers
  /// @throws FormatException if a file is malformed, if the counts differ or are 0, or if a label
  ///   has no name
  /// @throws UnsupportedException if the values are not unsigned bytes
  /// @throws LimitException if a file unpacks to far more than its size explains
  public static Dataset read(Path images, Path labels, List<String> names) {
    int[] imageSizes;
    byte[] values;
    int[] labelSizes;
    byte[] classes;
    try (PackedReader file = PackedReader.open(images)) {
      imageSizes = header(file, 3);
      values = body(file, imageSizes);
    }
    try (PackedReader file = PackedReader.open(labels)) {
      labelSizes = header(file, 1);
      classes = body(file, labelSizes);
    }
    if (imageSizes[0] != labelSizes[0]) {
      throw new FormatException(
          "%s has %d images but %s has %d labels; needed one label for each image. Do the files belong together?"
              .formatted(
                  quote(images.toString()),
                  imageSizes[0],
                  quote(labels.toString()),
                  labelSizes[0]));
    }
    for (int i = 0; i < classes.length; i++) {
      if ((classes[i] & 0xff) >= names.size()) {
        throw new FormatException(
            "%s: byte %d: label of image %d is %d; expected 0 to %d."
                .formatted(
                    quote(labels.toString()), 8 + i, i, classes[i] & 0xff, names.size() - 1));
      }
    }
    return new ByteImages(Shape.of(1, imageSizes[1], imageSizes[2]), values, classes, names);
  }

  private static int[] header(PackedReader file, int axes) {
    long magic = file.u32("magic number");
    long type = magic >> 8 & 0xff;
    if (magic >> 16 != 0 || (magic & 0xff) != axes) {
      throw file.malformed(
          "magic number",
          "0x%08x".formatted(magic),
          "0x%08x, an IDX file of %s"
              .formatted(UNSIGNED_BYTE << 8 | axes, axes == 1 ? "labels" : "images"));
    }
    if (type != UNSIGNED_BYTE) {
      throw new UnsupportedException(
          "%s: IDX values of type 0x%02x are not supported; only unsigned bytes (0x08) are."
              .formatted(file.name(), type));
    }
    int[] sizes = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      long size = file.u32("size of axis " + axis);
      if (size < 1 || size > Integer.MAX_VALUE) {
        throw file.malformed("size of axis " + axis, String.valueOf(size), "1 to 2147483647");
      }
      sizes[axis] = (int) size;
    }
    return sizes;
  }

  private static byte[] body(PackedReader file, int[] sizes) {
    long bytes = 1;
    for (int size : sizes) {
      if (bytes > Long.MAX_VALUE / size) {
        throw file.malformed("sizes", Arrays.toString(sizes), "fewer than 2^63 bytes");
      }
      bytes *= size;
    }
    byte[] body = file.payload(bytes, sizes.length == 1 ? "labels" : "images");
    file.requireEnd(
        "%s of %s".formatted(sizes.length == 1 ? "labels" : "images", Arrays.toString(sizes)));
    return body;
  }
}
