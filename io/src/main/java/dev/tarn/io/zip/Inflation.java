package dev.tarn.io.zip;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.tensor.Heap;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Unpacks deflated bytes, counting what really comes out.
final class Inflation {
  private static final int BLOCK_BYTES = 1 << 16;

  private Inflation() {}

  /// @param most bytes it may unpack to
  static byte[] inflate(Cursor packed, ZipMember member, long most) {
    String what = "\"%s\"".formatted(quote(member.name()));
    if (member.size() > most) {
      throw new LimitException(
          "%s: %s declares %d bytes from %d packed; at most %d more are unpacked from this archive (64 MiB + 100 × its size)."
              .formatted(packed.name(), what, member.size(), member.packed(), most));
    }
    Inflater inflater = new Inflater(true);
    try {
      // Grows with what comes out, not with what is declared.
      byte[] bytes = new byte[(int) Math.min(BLOCK_BYTES, member.size())];
      byte[] block = new byte[(int) Math.min(BLOCK_BYTES, packed.remaining())];
      byte[] beyond = new byte[1];
      int done = 0;
      while (!inflater.finished()) {
        if (inflater.needsInput() && packed.remaining() > 0) {
          int count = (int) Math.min(block.length, packed.remaining());
          packed.bytes(block, 0, count, what);
          inflater.setInput(block, 0, count);
        }
        if (done == bytes.length && done < member.size()) {
          byte[] more = Heap.bytes((int) Math.min(member.size(), 2L * done), what);
          System.arraycopy(bytes, 0, more, 0, done);
          bytes = more;
        }
        boolean full = done == bytes.length;
        int count =
            full
                ? inflater.inflate(beyond, 0, 1)
                : inflater.inflate(bytes, done, bytes.length - done);
        if (full && count > 0) {
          throw packed.malformed(what, "longer than it declares", member.size() + " bytes");
        }
        done += count;
        // Without progress a damaged stream would be asked for ever.
        if (count == 0
            && !inflater.finished()
            && (inflater.needsDictionary() || packed.remaining() == 0)) {
          throw packed.malformed(what, "a deflated stream without end", "a complete one");
        }
      }
      if (done != member.size() || inflater.getRemaining() > 0 || packed.remaining() > 0) {
        throw packed.malformed(
            what,
            "%d bytes unpacked, %d packed bytes left over"
                .formatted(done, inflater.getRemaining() + packed.remaining()),
            "%d and none".formatted(member.size()));
      }
      return bytes;
    } catch (DataFormatException e) {
      throw new FormatException(
          "%s: byte %d: %s is not deflated data: %s. The file is damaged."
              .formatted(
                  packed.name(), packed.position(), what, quote(String.valueOf(e.getMessage()))),
          e);
    } finally {
      inflater.end();
    }
  }
}
