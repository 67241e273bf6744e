package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.StoreException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.FileStorage;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// Reads a file from front to back, unpacking it on the way if it is gzip (told by its first bytes,
/// not by its name).
///
/// Several gzip members in a row are one file (RFC 1952 §2.2). The checksum and the length of each
/// member are verified, and anything that follows the last one is refused; the JDK's own
/// `GZIPInputStream` passes over it in silence.
final class PackedReader implements Closeable {
  private static final int MOST_EXPANSION = 16;
  private static final long ALWAYS_ALLOWED = 64L << 20;
  private static final int GZIP_MAGIC = 0x1f8b;
  private static final int DEFLATE = 8;
  private static final int HEADER_CHECKSUM = 2;
  private static final int EXTRA_FIELD = 4;
  private static final int FILE_NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  private final Source source;
  private final byte[] input = new byte[1 << 16];
  private int inputAt;
  private int inputEnd;
  private long sourceAt;

  private final @Nullable Inflater inflater;
  private final CRC32 crc = new CRC32();
  private long memberBytes;
  private boolean inMember;

  private long position;

  private PackedReader(Source source) {
    this.source = source;
    boolean packed = source.size() >= 2 && (raw() << 8 | raw()) == GZIP_MAGIC;
    inputAt = 0;
    this.inflater = packed ? new Inflater(true) : null;
    if (packed) {
      beginMember();
    }
  }

  /// Opens a file.
  ///
  /// @throws StoreException if it cannot be opened
  static PackedReader open(Path file) {
    Source source = FileStorage.read(file);
    try {
      return new PackedReader(source);
    } catch (RuntimeException e) {
      try (source) {
        throw e;
      } catch (IOException onClose) {
        e.addSuppressed(onClose);
        throw e;
      }
    }
  }

  /// What messages call the file.
  String name() {
    return quote(source.name());
  }

  /// Unpacked bytes read so far.
  long position() {
    return position;
  }

  /// The next byte, unsigned.
  int u8(String field) {
    byte[] one = new byte[1];
    bytes(one, 0, 1, field);
    return one[0] & 0xff;
  }

  /// The next four bytes as an unsigned number, the highest first.
  long u32(String field) {
    long value = 0;
    for (int i = 0; i < 4; i++) {
      value = value << 8 | u8(field);
    }
    return value;
  }

  /// Exactly `count` bytes into `to[from…]`.
  void bytes(byte[] to, int from, int count, String field) {
    int got = some(to, from, count);
    if (got < count) {
      throw malformed(
          field,
          "cut off after %d of %d bytes".formatted(got, count),
          "a complete file; fetch it again");
    }
  }

  /// Up to `count` bytes into `to[from…]`; fewer only at the end.
  int some(byte[] to, int from, int count) {
    int got = 0;
    while (got < count) {
      int n =
          inflater == null
              ? copy(to, from + got, count - got)
              : inflate(to, from + got, count - got);
      if (n == 0) {
        break;
      }
      got += n;
      position += n;
    }
    return got;
  }

  /// The next `count` bytes as a new array, allocated only if the file can hold them.
  ///
  /// @throws FormatException if the file is too small
  /// @throws LimitException if it would expand more than 16 times beyond 64 MiB
  byte[] payload(long count, String field) {
    long present = inflater == null ? source.size() - position : Long.MAX_VALUE;
    if (count > present) {
      throw malformed(
          field,
          "%d bytes long by its header".formatted(count),
          "%d, what the file has left".formatted(present));
    }
    requireAllowed(count, field);
    byte[] payload = new byte[(int) count];
    bytes(payload, 0, payload.length, field);
    return payload;
  }

  /// Refuses to hold `count` bytes of this file in memory if they are far more than its size
  /// explains.
  void requireAllowed(long count, String field) {
    long most = Math.min(Integer.MAX_VALUE - 8L, ALWAYS_ALLOWED + MOST_EXPANSION * source.size());
    if (count > most) {
      throw new LimitException(
          "%s: %s is %d bytes long; at most %d are read from a file of %d bytes. Unpack the file, or split it."
              .formatted(name(), field, count, most, source.size()));
    }
  }

  /// Refuses bytes after what the format defines.
  void requireEnd(String what) {
    if (some(new byte[1], 0, 1) != 0) {
      throw malformed("what follows " + what, "more bytes", "the end of the file");
    }
  }

  /// The fault "`field` is `found`" at this place; the caller throws it.
  FormatException malformed(String field, String found, String expected) {
    return new FormatException(
        "%s: byte %d: %s is %s; expected %s."
            .formatted(name(), position, field, quote(found), quote(expected)));
  }

  @Override
  public void close() {
    if (inflater != null) {
      inflater.end();
    }
    try {
      source.close();
    } catch (IOException e) {
      throw new StoreException("%s: could not be closed.".formatted(name()), e);
    }
  }

  private int copy(byte[] to, int from, int count) {
    if (!fill()) {
      return 0;
    }
    int n = Math.min(count, inputEnd - inputAt);
    System.arraycopy(input, inputAt, to, from, n);
    inputAt += n;
    return n;
  }

  private int inflate(byte[] to, int from, int count) {
    Inflater unpack = inflater;
    if (unpack == null) {
      return 0;
    }
    while (inMember || beginMember()) {
      int n;
      try {
        n = unpack.inflate(to, from, count);
      } catch (DataFormatException e) {
        throw new FormatException(
            "%s: byte %d of the unpacked data: the packed data is damaged (%s). Fetch the file again."
                .formatted(name(), position, quote(String.valueOf(e.getMessage()))),
            e);
      }
      if (n > 0) {
        crc.update(to, from, n);
        memberBytes += n;
        return n;
      }
      if (unpack.finished()) {
        inputAt = inputEnd - unpack.getRemaining();
        endMember();
      } else if (unpack.needsInput() && fill()) {
        unpack.setInput(input, inputAt, inputEnd - inputAt);
        inputAt = inputEnd;
      } else {
        throw malformed("gzip data", "cut off", "a complete file; fetch it again");
      }
    }
    return 0;
  }

  /// Reads a member's header; false at the end of the file.
  private boolean beginMember() {
    if (inputAt == inputEnd && sourceAt == source.size()) {
      return false;
    }
    int magic = raw() << 8 | raw();
    if (magic != GZIP_MAGIC) {
      throw malformed("what follows the gzip data", "something else", "the end of the file");
    }
    int method = raw();
    int flags = raw();
    if (method != DEFLATE || (flags & RESERVED) != 0) {
      throw malformed(
          "gzip header",
          "method %d, flags %d".formatted(method, flags),
          "method 8, flags below 32");
    }
    pass(6);
    if ((flags & EXTRA_FIELD) != 0) {
      pass(raw() | raw() << 8);
    }
    if ((flags & FILE_NAME) != 0) {
      passText();
    }
    if ((flags & COMMENT) != 0) {
      passText();
    }
    if ((flags & HEADER_CHECKSUM) != 0) {
      pass(2);
    }
    crc.reset();
    memberBytes = 0;
    inMember = true;
    Inflater unpack = inflater;
    if (unpack != null) {
      unpack.reset();
      unpack.setInput(input, inputAt, inputEnd - inputAt);
      inputAt = inputEnd;
    }
    return true;
  }

  private void endMember() {
    long checksum = raw32();
    long length = raw32();
    if (checksum != crc.getValue() || length != (memberBytes & 0xffffffffL)) {
      throw malformed(
          "gzip checksum",
          "%08x over %d bytes".formatted(checksum, length),
          "%08x over %d; fetch the file again".formatted(crc.getValue(), memberBytes));
    }
    inMember = false;
  }

  private void pass(int count) {
    for (int i = 0; i < count; i++) {
      raw();
    }
  }

  private void passText() {
    while (raw() != 0) {
      // up to and with the zero byte that ends it
    }
  }

  private long raw32() {
    return raw() | raw() << 8 | raw() << 16 | (long) raw() << 24;
  }

  /// The next byte of the file as it lies there.
  private int raw() {
    if (!fill()) {
      throw malformed("gzip header or checksum", "cut off", "a complete file; fetch it again");
    }
    return input[inputAt++] & 0xff;
  }

  /// Makes sure that a byte lies in the input buffer; false at the end of the file.
  private boolean fill() {
    if (inputAt < inputEnd) {
      return true;
    }
    int count = (int) Math.min(input.length, source.size() - sourceAt);
    if (count == 0) {
      return false;
    }
    try {
      source.read(sourceAt, input, 0, count);
    } catch (IOException e) {
      throw new StoreException(
          "%s: byte %d: could not be read (%s). Check the disk, then try again."
              .formatted(name(), sourceAt, quote(String.valueOf(e.getMessage()))),
          e);
    }
    sourceAt += count;
    inputAt = 0;
    inputEnd = count;
    return true;
  }
}
