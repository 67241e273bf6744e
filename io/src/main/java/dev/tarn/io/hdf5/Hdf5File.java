package dev.tarn.io.hdf5;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// A file that is being read, and what reading it may cost (HDF5 File Format Specification 3.0, The
/// HDF Group).
///
/// The classic structures are read, which the HDF5 library writes unless told otherwise: superblock
/// 0 and 1, object headers of version 1, groups as symbol tables. Whatever an address says, each
/// structure is read through a bounds-checked cursor, and the number of links, objects and letters
/// is bounded for the whole file, so that structures that are shared by many cost no more than the
/// bound.
final class Hdf5File {
  static final long UNDEFINED = -1;

  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  private static final int WIDTH = 8;
  private static final int LAST_USER_BLOCK = 1 << 20;
  private static final int MOST_OBJECTS = 200_000;
  private static final int MOST_LINKS = 200_000;
  private static final long MOST_TEXT = 100_000_000;

  private final Cursor file;
  private final Map<Long, ObjectHeader> headers = new HashMap<>();
  private final Map<Long, Hdf5Group> groups = new HashMap<>();
  private final Map<Long, GlobalHeap> heaps = new HashMap<>();
  private long links;
  private long letters;

  private Hdf5File(Cursor file) {
    this.file = file;
  }

  /// Checks the superblock; the root group.
  static Hdf5Group read(Source source) {
    Cursor file = Cursor.of(source);
    requireSignature(file);
    int version = file.u8("superblock version");
    if (version > 1) {
      throw new UnsupportedException(
          "%s: superblock version %d is not supported; 0 and 1 are. Write the file without libver=\"latest\"."
              .formatted(file.name(), version));
    }
    file.skip(4, "versions of parts");
    for (String what : new String[] {"size of offsets", "size of lengths"}) {
      int width = file.u8(what);
      if (width != WIDTH) {
        throw file.malformed(what, width + " bytes", WIDTH + " bytes");
      }
    }
    file.skip(1 + 2 + 2 + 4 + (version == 1 ? 4 : 0), "sizes of nodes");
    long base = file.i64("base address");
    if (base != 0) {
      throw file.malformed("base address", Long.toString(base), "0");
    }
    file.skip(WIDTH, "free space address");
    long end = file.u63("end of file address");
    if (end > file.size()) {
      throw file.malformed(
          "end of file address",
          Long.toString(end),
          "at most %d, the size of the file: it is cut off".formatted(file.size()));
    }
    file.skip(WIDTH + WIDTH, "driver address and name");
    long root = file.u63("root group address");
    return new Hdf5File(file).group("/", root);
  }

  private static void requireSignature(Cursor file) {
    for (long at = 0; at <= LAST_USER_BLOCK && at + SIGNATURE.length <= file.size(); ) {
      byte[] found = file.seek(at, "signature").bytes(SIGNATURE.length, "signature");
      if (Arrays.equals(found, SIGNATURE)) {
        if (at > 0) {
          throw new UnsupportedException(
              "%s: %d bytes lie before the HDF5 signature; files with a user block are not supported."
                  .formatted(file.name(), at));
        }
        return;
      }
      at = at == 0 ? 512 : at * 2;
    }
    throw new FormatException(
        "%s: has no HDF5 signature; expected an HDF5 file.".formatted(file.name()));
  }

  String name() {
    return file.name();
  }

  long size() {
    return file.size();
  }

  /// A range of the file.
  Cursor part(long at, long bytes, String field) {
    return file.part(at, bytes, field);
  }

  /// Refuses a structure that does not begin with its four letters.
  void requireTag(Cursor at, String tag) {
    String found = new String(at.bytes(tag.length(), tag), StandardCharsets.ISO_8859_1);
    if (!found.equals(tag)) {
      throw at.malformed("structure", "\"%s\"".formatted(found), "\"%s\"".formatted(tag));
    }
  }

  /// The group at an address, whose links are read once.
  Hdf5Group group(String path, long at) {
    Hdf5Group known = groups.get(at);
    if (known == null) {
      known = new Hdf5Group(this, path, at);
      groups.put(at, known);
    }
    return known;
  }

  ObjectHeader header(long at, String path) {
    ObjectHeader known = headers.get(at);
    if (known == null) {
      if (headers.size() >= MOST_OBJECTS) {
        throw tooMuch(path, "objects", MOST_OBJECTS);
      }
      known = ObjectHeader.read(this, at, path);
      headers.put(at, known);
    }
    return known;
  }

  GlobalHeap globalHeap(long at) {
    GlobalHeap known = heaps.get(at);
    if (known == null) {
      known = GlobalHeap.read(this, at);
      heaps.put(at, known);
    }
    return known;
  }

  void countLink(String path) {
    if (++links > MOST_LINKS) {
      throw tooMuch(path, "links", MOST_LINKS);
    }
  }

  void countText(String path, long bytes) {
    letters += bytes;
    if (letters > MOST_TEXT) {
      throw tooMuch(path, "bytes of text", MOST_TEXT);
    }
  }

  LimitException tooMuch(String path, String what, long most) {
    return new LimitException(
        "%s: %s: more than %d %s up to here, the most that are read."
            .formatted(name(), quote(path), most, what));
  }
}
