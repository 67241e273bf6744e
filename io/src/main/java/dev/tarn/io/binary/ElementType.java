package dev.tarn.io.binary;

import dev.tarn.error.FormatException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.UnsupportedException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// What one number of an array in a file is, and how it becomes a float32.
///
/// Nothing is lost silently: F16, BF16, F32 and all integers are converted exactly, and an integer
/// that float32 cannot hold exactly (beyond ±2^24) is refused; F64 is rounded to the nearest
/// float32, and a finite number that would become infinite is refused.
public enum ElementType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1);

  private static final int CHUNK_BYTES = 1 << 16;
  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes per element.
  public int bytes() {
    return bytes;
  }

  /// Fills `into` with as many elements from `cursor`, in its byte order, as float32.
  public void floats(Cursor cursor, float[] into, String field) {
    floats(cursor, into, 0, into.length, field);
  }

  /// Fills `into[from … from + count)` from `cursor`, in its byte order, as float32.
  public void floats(Cursor cursor, float[] into, int from, int count, String field) {
    byte[] chunk = chunk(count);
    for (int done = 0; done < count; ) {
      int now = Math.min(chunk.length / bytes, count - done);
      ByteBuffer block = block(cursor, chunk, now, field);
      if (this == F32) {
        block.asFloatBuffer().get(into, from + done, now);
      } else {
        for (int i = 0; i < now; i++) {
          into[from + done + i] = oneFloat(cursor, block, field, (long) done + i);
        }
      }
      done += now;
    }
  }

  /// Fills `into` from F64 or anything that double holds exactly.
  public void doubles(Cursor cursor, double[] into, String field) {
    byte[] chunk = chunk(into.length);
    for (int done = 0; done < into.length; ) {
      int count = Math.min(chunk.length / bytes, into.length - done);
      ByteBuffer block = block(cursor, chunk, count, field);
      for (int i = 0; i < count; i++) {
        into[done + i] =
            this == F64 ? block.getDouble() : oneFloat(cursor, block, field, (long) done + i);
      }
      done += count;
    }
  }

  /// Fills `into` from an integer type.
  ///
  /// @throws FormatException if this is not an integer type, or a U64 is 2^63 or more
  public void longs(Cursor cursor, long[] into, String field) {
    byte[] chunk = chunk(into.length);
    for (int done = 0; done < into.length; ) {
      int count = Math.min(chunk.length / bytes, into.length - done);
      ByteBuffer block = block(cursor, chunk, count, field);
      for (int i = 0; i < count; i++) {
        into[done + i] = oneLong(cursor, block, field, (long) done + i);
      }
      done += count;
    }
  }

  private byte[] chunk(int elements) {
    return new byte[(int) Math.min(CHUNK_BYTES, (long) elements * bytes)];
  }

  private ByteBuffer block(Cursor cursor, byte[] chunk, int count, String field) {
    int size = count * bytes;
    cursor.bytes(chunk, 0, size, field);
    ByteOrder order = cursor.order();
    return ByteBuffer.wrap(chunk, 0, size).order(order);
  }

  private float oneFloat(Cursor cursor, ByteBuffer block, String field, long index) {
    return switch (this) {
      case F64 -> {
        double wide = block.getDouble();
        float value = (float) wide;
        if (Float.isInfinite(value) && !Double.isInfinite(wide)) {
          throw new NonFiniteException(
              "%s: %s[%d] is %s; float32 holds at most %s. Scale the values, or store float32."
                  .formatted(cursor.name(), field, index, wide, Float.MAX_VALUE));
        }
        yield value;
      }
      case F32 -> block.getFloat();
      case F16 -> Float.float16ToFloat(block.getShort());
      case BF16 -> Float.intBitsToFloat(block.getShort() << 16);
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> {
        long whole = this == U64 ? block.getLong() : oneLong(cursor, block, field, index);
        float value = this == U64 && whole < 0 ? exactUnsigned(whole) : exact(whole);
        if (Float.isNaN(value)) {
          throw new UnsupportedException(
              "%s: %s[%d] is %s, which float32 cannot hold exactly (whole numbers are exact to 16777216). Store it as float32, or make it smaller."
                  .formatted(
                      cursor.name(),
                      field,
                      index,
                      this == U64 ? Long.toUnsignedString(whole) : Long.toString(whole)));
        }
        yield value;
      }
    };
  }

  /// The float32 of the same value, or NaN if there is none.
  private static float exact(long whole) {
    float value = (float) whole;
    // 2^63 as a float casts back to Long.MAX_VALUE, which only looks equal.
    return (long) value == whole && whole != Long.MAX_VALUE ? value : Float.NaN;
  }

  private static float exactUnsigned(long whole) {
    return (whole & 1) == 0 ? 2 * exact(whole >>> 1) : Float.NaN;
  }

  private long oneLong(Cursor cursor, ByteBuffer block, String field, long index) {
    return switch (this) {
      case I64 -> block.getLong();
      case I32 -> block.getInt();
      case I16 -> block.getShort();
      case I8 -> block.get();
      case U32 -> block.getInt() & 0xffffffffL;
      case U16 -> block.getShort() & 0xffffL;
      case U8 -> block.get() & 0xffL;
      case U64 -> {
        long value = block.getLong();
        if (value < 0) {
          throw new FormatException(
              "%s: %s[%d] is %s; expected less than 2^63."
                  .formatted(cursor.name(), field, index, Long.toUnsignedString(value)));
        }
        yield value;
      }
      case BOOL -> {
        byte value = block.get();
        if (value != 0 && value != 1) {
          throw new FormatException(
              "%s: %s[%d] is %d; expected a boolean, 0 or 1."
                  .formatted(cursor.name(), field, index, value));
        }
        yield value;
      }
      case F64, F32, F16, BF16 ->
          throw new FormatException(
              "%s: %s is %s; expected whole numbers.".formatted(cursor.name(), field, this));
    };
  }
}
