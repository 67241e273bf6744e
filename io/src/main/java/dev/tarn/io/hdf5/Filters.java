package dev.tarn.io.hdf5;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// What was done to chunks before they were stored, to be undone in reverse order: deflate, byte
/// shuffling and Fletcher's checksum.
///
/// @param ids in the order in which they were applied
record Filters(List<Integer> ids, List<Integer> elementBytes) {
  private static final int DEFLATE = 1;
  private static final int SHUFFLE = 2;
  private static final int FLETCHER = 3;
  private static final int OWN_IDS = 256;
  private static final int CHECKSUM_BYTES = 4;
  private static final int MOST = 32;

  Filters {
    ids = List.copyOf(ids);
    elementBytes = List.copyOf(elementBytes);
  }

  /// The filters of an array.
  ///
  /// @throws UnsupportedException naming a filter that is none of these
  static Filters read(ObjectHeader header, String where) {
    var message = header.first(ObjectHeader.FILTERS);
    if (message.isEmpty()) {
      return new Filters(List.of(), List.of());
    }
    Cursor at = message.get().open();
    int version = at.u8("filter version");
    int count = at.u8("number of filters");
    if (version < 1 || version > 2 || count > MOST) {
      throw at.malformed(
          "filters", "%d of version %d".formatted(count, version), "up to 32 of version 1 or 2");
    }
    at.skip(version == 1 ? 6 : 0, "reserved");
    List<Integer> ids = new ArrayList<>();
    List<Integer> elementBytes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int id = at.u16("filter");
      int nameBytes = version == 1 || id >= OWN_IDS ? at.u16("filter name length") : 0;
      at.skip(2, "filter flags");
      int values = at.u16("number of filter values");
      at.skip(version == 1 ? (nameBytes + 7) / 8 * 8 : nameBytes, "filter name");
      int first = 1;
      for (int v = 0; v < values; v++) {
        int value = at.i32("filter value");
        first = v == 0 ? value : first;
      }
      at.skip(version == 1 && values % 2 == 1 ? 4 : 0, "padding");
      if (id != DEFLATE && id != SHUFFLE && id != FLETCHER) {
        throw new UnsupportedException(
            "%s is packed by filter %d%s; deflate (1), shuffle (2) and Fletcher32 (3) are supported. Write it without compression."
                .formatted(where, id, id == 4 ? " (szip)" : ""));
      }
      ids.add(id);
      elementBytes.add(first);
    }
    return new Filters(ids, elementBytes);
  }

  /// The bytes of a chunk.
  ///
  /// @param skipped bit `i` is set if filter `i` was not applied
  byte[] decode(Cursor stored, int skipped, int bytes, String where) {
    Cursor at = stored.part(0, stored.size(), "chunk");
    // No chunk that fits takes more than what it unpacks to, and a little for each filter.
    long most = bytes + (1L << 16) + (bytes >> 3);
    if (at.size() > most) {
      throw at.malformed("chunk", at.size() + " bytes", "at most " + most);
    }
    byte[] now = at.bytes((int) at.size(), "chunk");
    for (int i = ids.size() - 1; i >= 0; i--) {
      if ((skipped >> i & 1) != 0) {
        continue;
      }
      now =
          switch (ids.get(i)) {
            case DEFLATE -> inflate(now, bytes + CHECKSUM_BYTES * ids.size(), where);
            case SHUFFLE -> unshuffle(now, elementBytes.get(i));
            default -> checked(now, where);
          };
    }
    if (now.length != bytes) {
      throw new FormatException(
          "%s: a chunk has %d bytes; expected %d.".formatted(where, now.length, bytes));
    }
    return now;
  }

  private static byte[] inflate(byte[] packed, int most, String where) {
    byte[] into = new byte[most];
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(packed);
      int done = 0;
      while (!inflater.finished()) {
        int count = inflater.inflate(into, done, into.length - done);
        if (count == 0 && !inflater.finished()) {
          throw new FormatException(
              "%s: a chunk's deflate data %s; expected a complete stream of at most %d bytes."
                  .formatted(where, done == most ? "are too long" : "end early", most));
        }
        done += count;
      }
      return Arrays.copyOf(into, done);
    } catch (DataFormatException e) {
      throw new FormatException(
          "%s: a chunk is no deflate data: %s".formatted(where, e.getMessage()), e);
    }
  }

  private static byte[] unshuffle(byte[] bytes, int width) {
    if (width <= 1 || width > bytes.length) {
      return bytes;
    }
    byte[] into = bytes.clone(); // what is left over at the end stays where it is
    int count = bytes.length / width;
    for (int b = 0; b < width; b++) {
      for (int i = 0; i < count; i++) {
        into[i * width + b] = bytes[b * count + i];
      }
    }
    return into;
  }

  private static byte[] checked(byte[] bytes, String where) {
    int count = bytes.length - CHECKSUM_BYTES;
    if (count < 0) {
      throw new FormatException(where + ": a chunk is shorter than its checksum.");
    }
    int found = fletcher32(bytes, count);
    int expected = Cursor.of(where, bytes).seek(count, "checksum").i32("checksum");
    if (found != expected) {
      throw new FormatException(
          "%s: a chunk has checksum %08x; expected %08x. The file is damaged."
              .formatted(where, found, expected));
    }
    return Arrays.copyOf(bytes, count);
  }

  /// Fletcher's checksum over big-endian words of 16 bits (J. Fletcher 1982).
  static int fletcher32(byte[] bytes, int count) {
    long sum = 0;
    long sums = 0;
    for (int i = 0; i < count; i += 2) {
      int low = i + 1 < count ? bytes[i + 1] & 0xff : 0;
      sum = folded(sum + ((bytes[i] & 0xff) << 8 | low));
      sums = folded(sums + sum);
    }
    return (int) (sums << 16 | sum);
  }

  /// The remainder by 65535, where 65535 stands for all multiples but 0.
  private static long folded(long sum) {
    return sum > 0xffff ? (sum & 0xffff) + (sum >> 16) : sum;
  }
}
