package dev.tarn.io.hdf5;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.ElementType;
import java.nio.ByteOrder;
import java.util.List;

/// What one element of an array or attribute is.
sealed interface Datatype {
  /// Bytes per element.
  int size();

  /// A number.
  record Numeric(ElementType type, ByteOrder order) implements Datatype {
    @Override
    public int size() {
      return type.bytes();
    }
  }

  /// A text of fixed length, filled up with zeros or spaces.
  record Text(int size) implements Datatype {}

  /// A text that lies in a global heap.
  record HeapText() implements Datatype {
    @Override
    public int size() {
      return 16;
    }
  }

  List<String> CLASSES =
      List.of(
          "whole numbers",
          "floating point",
          "times",
          "texts",
          "bit fields",
          "opaque bytes",
          "compounds",
          "references",
          "enumerations",
          "sequences of variable length",
          "arrays");

  /// Reads a datatype message.
  ///
  /// @throws UnsupportedException for anything but texts, whole numbers, and floating-point numbers
  ///   of IEEE 754
  static Datatype read(Cursor at, String where) {
    int first = at.u8("datatype");
    int kind = first & 15;
    int bits = at.u8("datatype bits");
    int more = at.u8("datatype bits");
    at.skip(1, "datatype bits");
    long size = at.u32("datatype size");
    if (kind >= CLASSES.size() || size == 0 || size > Integer.MAX_VALUE) {
      throw at.malformed(
          "datatype", "class %d of %d bytes".formatted(kind, size), "a class from 0 to 10");
    }
    return switch (kind) {
      case 0 -> whole(at, where, (int) size, bits);
      case 1 -> real(at, where, (int) size, bits, more);
      case 3 -> new Text((int) size);
      case 9 -> {
        if ((bits & 15) != 1 || size != 16) {
          throw unsupported(where, CLASSES.get(9));
        }
        yield new HeapText();
      }
      default -> throw unsupported(where, CLASSES.get(kind));
    };
  }

  private static ByteOrder order(int bits) {
    return (bits & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
  }

  private static Numeric whole(Cursor at, String where, int size, int bits) {
    int offset = at.u16("bit offset");
    int precision = at.u16("bit precision");
    boolean signed = (bits & 8) != 0;
    if (offset != 0 || precision != 8L * size) {
      throw unsupported(where, "whole numbers of %d bits".formatted(precision));
    }
    ElementType type =
        switch (size) {
          case 1 -> signed ? ElementType.I8 : ElementType.U8;
          case 2 -> signed ? ElementType.I16 : ElementType.U16;
          case 4 -> signed ? ElementType.I32 : ElementType.U32;
          case 8 -> signed ? ElementType.I64 : ElementType.U64;
          default -> throw unsupported(where, "whole numbers of %d bytes".formatted(size));
        };
    return new Numeric(type, order(bits));
  }

  private static Numeric real(Cursor at, String where, int size, int bits, int sign) {
    List<Integer> found =
        List.of(
            sign,
            at.u16("bit offset"),
            at.u16("bit precision"),
            at.u8("exponent location"),
            at.u8("exponent size"),
            at.u8("mantissa location"),
            at.u8("mantissa size"),
            at.i32("exponent bias"));
    boolean vax = (bits & 64) != 0;
    ElementType type = null;
    if (found.equals(List.of(31, 0, 32, 23, 8, 0, 23, 127)) && size == 4) {
      type = ElementType.F32;
    } else if (found.equals(List.of(63, 0, 64, 52, 11, 0, 52, 1023)) && size == 8) {
      type = ElementType.F64;
    } else if (found.equals(List.of(15, 0, 16, 10, 5, 0, 10, 15)) && size == 2) {
      type = ElementType.F16;
    } else if (found.equals(List.of(15, 0, 16, 7, 8, 0, 7, 127)) && size == 2) {
      type = ElementType.BF16;
    }
    if (type == null || vax) {
      throw unsupported(where, "floating-point numbers that are not those of IEEE 754");
    }
    return new Numeric(type, order(bits));
  }

  private static UnsupportedException unsupported(String where, String what) {
    return new UnsupportedException(
        "%s: holds %s; numbers and texts are supported.".formatted(where, what));
  }
}
