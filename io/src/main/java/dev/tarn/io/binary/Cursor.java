package dev.tarn.io.binary;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.StoreException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// A place in a [Source] from which numbers, bytes and text are read: the only way binary formats
/// are read.
///
/// Nothing outside `[start, end)` is ever touched. Every read names the field it is for, so that
/// each fault says file, byte offset, field, what was found and what was expected. Offsets in
/// messages count from the start of the source, also in a [#part].
public final class Cursor {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final VarHandle LITTLE_64 =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final Source source;
  private final long start;
  private final long end;
  private final byte[] buffer;
  private long bufferAt;
  private int buffered;
  private long at;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;

  private Cursor(Source source, long start, long end) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.at = start;
    this.buffer = new byte[(int) Math.max(8, Math.min(BUFFER_BYTES, end - start))];
  }

  /// A cursor at the first byte of `source`, little-endian.
  public static Cursor of(Source source) {
    return new Cursor(source, 0, source.size());
  }

  /// A cursor at the first byte of an array.
  public static Cursor of(String name, byte[] bytes) {
    return of(Source.of(name, bytes));
  }

  /// What messages call the source, safe to print.
  public String name() {
    return quote(source.name());
  }

  /// Sets the byte order of all numbers read from here on.
  public Cursor order(ByteOrder wanted) {
    order = wanted;
    return this;
  }

  public ByteOrder order() {
    return order;
  }

  /// Bytes between the start and here.
  public long position() {
    return at - start;
  }

  /// Bytes between start and end.
  public long size() {
    return end - start;
  }

  /// Bytes between here and the end.
  public long remaining() {
    return end - at;
  }

  /// Goes to a byte counted from the start.
  public Cursor seek(long position, String field) {
    if (position < 0 || position > size()) {
      throw malformed(
          field, "an offset of " + position, "0 to %d, the size of the data".formatted(size()));
    }
    at = start + position;
    return this;
  }

  public void skip(long bytes, String field) {
    require(bytes, field);
    at += bytes;
  }

  /// A cursor of its own over `length` bytes that start at `position`; this one does not move.
  public Cursor part(long position, long length, String field) {
    if (position < 0 || length < 0 || position > size() || length > size() - position) {
      throw malformed(
          field,
          "%d bytes at offset %d".formatted(length, position),
          "a range inside the %d bytes of data".formatted(size()));
    }
    return new Cursor(source, start + position, start + position + length).order(order);
  }

  /// An unsigned byte.
  public int u8(String field) {
    return buffer[fill(1, field)] & 0xff;
  }

  public int u16(String field) {
    int low = fill(2, field);
    int first = buffer[low] & 0xff;
    int second = buffer[low + 1] & 0xff;
    return order == ByteOrder.LITTLE_ENDIAN ? second << 8 | first : first << 8 | second;
  }

  public int i32(String field) {
    return (int) u32(field);
  }

  public long u32(String field) {
    int from = fill(4, field);
    long value = 0;
    for (int i = 0; i < 4; i++) {
      int index = order == ByteOrder.LITTLE_ENDIAN ? from + 3 - i : from + i;
      value = value << 8 | (buffer[index] & 0xff);
    }
    return value;
  }

  /// 64 bits, signed.
  public long i64(String field) {
    long little = (long) LITTLE_64.get(buffer, fill(8, field));
    return order == ByteOrder.LITTLE_ENDIAN ? little : Long.reverseBytes(little);
  }

  /// An unsigned number of 64 bits that must fit in 63: a size or an offset.
  public long u63(String field) {
    long value = i64(field);
    if (value < 0) {
      at -= 8;
      throw malformed(field, Long.toUnsignedString(value), "less than 2^63");
    }
    return value;
  }

  /// The next `count` bytes as a new array.
  public byte[] bytes(int count, String field) {
    require(count, field);
    byte[] into = new byte[count];
    bytes(into, 0, count, field);
    return into;
  }

  /// The next `count` bytes into `into[from…]`.
  public void bytes(byte[] into, int from, int count, String field) {
    require(count, field);
    int copied = 0;
    if (at >= bufferAt && at < bufferAt + buffered) {
      copied = (int) Math.min(count, bufferAt + buffered - at);
      System.arraycopy(buffer, (int) (at - bufferAt), into, from, copied);
    }
    if (copied < count) {
      load(at + copied, into, from + copied, count - copied);
    }
    at += count;
  }

  /// The next `count` bytes as text; anything but well-formed UTF-8 is refused.
  public String utf8(int count, String field) {
    long before = at;
    byte[] bytes = bytes(count, field);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      at = before;
      throw malformed(field, "bytes that are not UTF-8", "UTF-8 text");
    }
  }

  /// Refuses bytes after what the format defines.
  public void requireEnd(String what) {
    if (at != end) {
      throw malformed(
          "what follows " + what, remaining() + " more bytes", "the end of the data here");
    }
  }

  /// The fault "`field` is `found`" at this place; the caller throws it.
  public FormatException malformed(String field, String found, String expected) {
    return new FormatException(
        "%s: byte %d: %s is %s; expected %s."
            .formatted(name(), at, field, quote(found), quote(expected)));
  }

  /// The fault "`field` is `found`, more than `most`" at this place; the caller throws it.
  public LimitException tooMuch(String field, long found, long most, String unit) {
    return new LimitException(
        "%s: byte %d: %s is %d %s; at most %d are read."
            .formatted(name(), at, field, found, unit, most));
  }

  private void require(long bytes, String field) {
    if (bytes < 0 || bytes > end - at) {
      throw new FormatException(
          "%s: byte %d: %s needs %d bytes, found %d; expected a complete file. It is cut off or damaged."
              .formatted(name(), at, field, bytes, end - at));
    }
  }

  /// Makes sure that `count` bytes lie in the buffer, moves past them, and says where they start.
  private int fill(int count, String field) {
    require(count, field);
    if (at < bufferAt || at + count > bufferAt + buffered) {
      int take = (int) Math.min(buffer.length, end - at);
      buffered = 0;
      load(at, buffer, 0, take);
      bufferAt = at;
      buffered = take;
    }
    int from = (int) (at - bufferAt);
    at += count;
    return from;
  }

  private void load(long from, byte[] into, int to, int count) {
    try {
      source.read(from, into, to, count);
    } catch (IOException e) {
      throw new StoreException(
          "%s: byte %d: could not read %d bytes: %s. Check the disk, then try again."
              .formatted(name(), from, count, quote(String.valueOf(e.getMessage()))),
          e);
    }
  }
}
