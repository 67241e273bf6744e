package dev.tarn.io.numpy;

import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.BinaryWriter;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One array in NumPy's .npy format, versions 1 to 3 (numpy.lib.format, NEP 1).
///
/// Read: f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1, little- and big-endian, C and Fortran order, all as
/// float32 under the rules of [dev.tarn.io.binary.ElementType]. Pickled objects are
/// [dev.tarn.error.UnsafeException], always. Bytes after the array and duplicate header keys, which
/// NumPy lets pass, are refused.
public final class Npy {
  /// The longest header that is read, as in NumPy.
  public static final int LONGEST_HEADER = 10_000;

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int ALIGNMENT = 64;
  private static final int MOST_AXES = 8;

  private Npy() {}

  public static Tensor read(Path file) {
    try (Source source = FileStorage.read(file)) {
      return read(Cursor.of(source));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The array that goes from `cursor` to its end.
  ///
  /// @throws dev.tarn.error.FormatException if anything in it does not fit
  public static Tensor read(Cursor cursor) {
    cursor.order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = cursor.bytes(MAGIC.length, "magic");
    if (!Arrays.equals(magic, MAGIC)) {
      cursor.seek(0, "magic");
      throw cursor.malformed("magic", Arrays.toString(magic), "\\x93NUMPY: an .npy file");
    }
    int major = cursor.u8("major version");
    int minor = cursor.u8("minor version");
    if (major < 1 || major > 3 || minor != 0) {
      throw new UnsupportedException(
          "%s: byte 6: .npy version %d.%d; versions 1.0, 2.0 and 3.0 are supported."
              .formatted(cursor.name(), major, minor));
    }
    long length = major == 1 ? cursor.u16("header length") : cursor.u32("header length");
    if (length > LONGEST_HEADER) {
      throw cursor.tooMuch("header length", length, LONGEST_HEADER, "bytes");
    }
    long headerAt = cursor.position();
    String text = cursor.utf8((int) length, "header");
    NpyHeader header = NpyHeader.parse(cursor, headerAt, text);
    Shape shape = shape(cursor, header);
    float[] values = new float[shape.arraySize()];
    cursor.order(header.order());
    header.type().floats(cursor, values, "array");
    cursor.requireEnd("the array");
    return Tensor.of(
        shape, header.axes() == NpyHeader.Axes.FORTRAN ? rowMajor(values, shape) : values);
  }

  /// The shape, after its bytes were found to be there: nothing is allocated for a promise.
  private static Shape shape(Cursor cursor, NpyHeader header) {
    List<Long> sizes = header.shape();
    if (sizes.size() > MOST_AXES) {
      throw new UnsupportedException(
          "%s: the array has %d axes; at most %d are supported."
              .formatted(cursor.name(), sizes.size(), MOST_AXES));
    }
    long bytes;
    try {
      bytes =
          sizes.contains(0L)
              ? 0
              : sizes.stream().reduce((long) header.type().bytes(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw new LimitException(
          "%s: shape %s has more than 2^63 bytes.".formatted(cursor.name(), sizes), e);
    }
    if (bytes > cursor.remaining()) {
      throw cursor.malformed(
          "array",
          "%d bytes long".formatted(cursor.remaining()),
          "%d for shape %s".formatted(bytes, sizes));
    }
    for (long size : sizes) {
      if (size > Shape.MOST_ELEMENTS) {
        throw new LimitException(
            "%s: shape %s; one axis holds at most %d."
                .formatted(cursor.name(), sizes, Shape.MOST_ELEMENTS));
      }
    }
    return Shape.of(sizes.stream().mapToInt(Math::toIntExact).toArray());
  }

  /// Values whose first axis varies fastest, in the order in which the last one does.
  private static float[] rowMajor(float[] values, Shape shape) {
    int rank = shape.rank();
    float[] to = new float[values.length];
    int[] index = new int[rank];
    int[] stride = new int[rank];
    for (int axis = 0, step = 1; axis < rank; axis++) {
      stride[axis] = step;
      step *= shape.size(axis);
    }
    int from = 0;
    for (int at = 0; at < to.length; at++) {
      to[at] = values[from];
      for (int axis = rank - 1; axis >= 0; axis--) {
        from += stride[axis];
        if (++index[axis] < shape.size(axis)) {
          break;
        }
        from -= stride[axis] * shape.size(axis);
        index[axis] = 0;
      }
    }
    return to;
  }

  /// Writes a tensor as float32 in logical order; NumPy sees the tensor's shape.
  public static void write(Path file, Tensor tensor) {
    Publisher.write(file, content(tensor));
  }

  /// The bytes of an .npy file: version 1.0, little-endian float32, C order, values at a multiple
  /// of 64 bytes.
  public static Content content(Tensor tensor) {
    return out -> {
      Shape shape = tensor.shape();
      String sizes =
          IntStream.range(0, shape.rank())
              .mapToObj(axis -> Integer.toString(shape.size(axis)))
              .collect(Collectors.joining(", "));
      String header =
          "{'descr': '<f4', 'fortran_order': False, 'shape': (%s%s), }"
              .formatted(sizes, shape.rank() == 1 ? "," : "");
      int before = MAGIC.length + 2 + 2 + header.length() + 1;
      header += " ".repeat(-before & (ALIGNMENT - 1)) + "\n";
      new BinaryWriter(out)
          .bytes(MAGIC)
          .u8(1)
          .u8(0)
          .u16(header.length())
          .utf8(header)
          .floats(tensor.to(Layout.NCHW).array())
          .flush();
    };
  }
}
