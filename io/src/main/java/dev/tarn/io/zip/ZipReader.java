package dev.tarn.io.zip;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// The members of a zip archive, never written to disk (APPNOTE 6.3.10, PKWARE).
///
/// The whole directory is checked before a member can be opened: names are unique (also when upper
/// and lower case are the same), relative and without `..`; local headers say what the directory
/// says; members overlap neither each other nor the directory; nothing lies before or after the
/// archive. What a member really unpacks to is counted, whatever it declares.
public final class ZipReader {
  private static final long LOCAL = 0x04034b50L;
  private static final long CENTRAL = 0x02014b50L;
  private static final long END_64 = 0x06064b50L;
  private static final long LOCATOR_64 = 0x07064b50L;
  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int LONGEST_COMMENT = 0xffff;
  private static final int MOST_MEMBERS = 10_000;
  private static final long MAX_16 = 0xffffL;
  private static final long MAX_32 = 0xffffffffL;

  /// All members of an archive together may unpack to this much …
  private static final long FREE_BYTES = 64L << 20;

  /// … and this many times the archive's size: arrays of numbers do not shrink further, bombs do.
  private static final long MOST_RATIO = 100;

  private static final int UNIX_TYPE = 0170000;
  private static final int UNIX_LINK = 0120000;

  private final Cursor file;
  private final List<ZipMember> members;
  private long unpacked;

  private ZipReader(Cursor file, List<ZipMember> members) {
    this.file = file;
    this.members = members;
  }

  /// Reads and checks the directory of an archive.
  ///
  /// @throws FormatException if it is malformed
  /// @throws UnsafeException if a member's name would leave the folder, or it is a link
  /// @throws UnsupportedException if a member is encrypted or packed by another method than stored
  ///   or deflated
  /// @throws LimitException if it has more than 10 000 members
  public static ZipReader read(Source source) {
    Cursor file = Cursor.of(source);
    long directoryEnd = seekEnd(file);
    Directory directory = directory(file, directoryEnd);
    if (directory.count > MOST_MEMBERS) {
      throw file.tooMuch("member count", directory.count, MOST_MEMBERS, "members");
    }
    Cursor central = file.part(directory.at, directory.bytes, "directory");
    var members = new ArrayList<ZipMember>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < directory.count; i++) {
      ZipMember member = central(file, central);
      if (!names.add(member.name().toLowerCase(Locale.ROOT))) {
        throw new FormatException(
            "%s: two members are named \"%s\"; expected each name once."
                .formatted(file.name(), quote(member.name())));
      }
      members.add(member);
    }
    central.requireEnd("the last directory entry");
    requireDisjoint(file, members, directory.at);
    return new ZipReader(file, List.copyOf(members));
  }

  /// All members, in the order of the directory.
  public List<ZipMember> members() {
    return members;
  }

  /// The unpacked bytes of a member, their CRC32 checked.
  ///
  /// A stored member is read where it lies; a deflated one is unpacked into memory.
  ///
  /// @throws LimitException if all members unpacked so far come to more than 64 MiB and 100 times
  ///   the archive
  public Cursor open(ZipMember member) {
    Cursor packed = file.part(member.dataAt(), member.packed(), quote(member.name()));
    if (member.method() == ZipMember.STORED) {
      var crc = new CRC32();
      byte[] block = new byte[(int) Math.min(1 << 16, member.size())];
      while (packed.remaining() > 0) {
        int count = (int) Math.min(block.length, packed.remaining());
        packed.bytes(block, 0, count, quote(member.name()));
        crc.update(block, 0, count);
      }
      requireCrc(member, crc.getValue());
      return packed.seek(0, "start");
    }
    long most = FREE_BYTES + MOST_RATIO * Math.min(file.size(), 1L << 40) - unpacked;
    byte[] bytes = Inflation.inflate(packed, member, Math.min(Integer.MAX_VALUE - 8, most));
    unpacked += bytes.length;
    var crc = new CRC32();
    crc.update(bytes);
    requireCrc(member, crc.getValue());
    return Cursor.of("%s!%s".formatted(file.name(), member.name()), bytes);
  }

  /// The bytes of a stored member where they lie. Their CRC32 is not checked: for archives under
  /// checksums of their own.
  ///
  /// @throws UnsupportedException if it is deflated
  public Cursor stored(ZipMember member) {
    if (member.method() != ZipMember.STORED) {
      throw new UnsupportedException(
          "%s: the member \"%s\" is deflated; expected it stored."
              .formatted(file.name(), quote(member.name())));
    }
    return file.part(member.dataAt(), member.packed(), quote(member.name()));
  }

  private void requireCrc(ZipMember member, long found) {
    if (found != member.crc()) {
      throw new FormatException(
          "%s: the bytes of \"%s\" have CRC32 %08x; expected %08x. The file is damaged."
              .formatted(file.name(), quote(member.name()), found, member.crc()));
    }
  }

  /// Finds the end record, whose comment reaches exactly to the end of the file, and stops after
  /// its signature.
  private static long seekEnd(Cursor file) {
    long least = Math.max(0, file.size() - END_BYTES - LONGEST_COMMENT);
    int window = (int) (file.size() - least);
    byte[] tail = file.seek(least, "end record").bytes(window, "end record");
    for (int i = window - END_BYTES; i >= 0; i--) {
      boolean signature =
          tail[i] == 'P' && tail[i + 1] == 'K' && tail[i + 2] == 5 && tail[i + 3] == 6;
      if (signature
          && ((tail[i + 20] & 0xff) | (tail[i + 21] & 0xff) << 8) == window - i - END_BYTES) {
        file.seek(least + i, "end record").u32("end record");
        return least + i;
      }
    }
    file.seek(file.size(), "end");
    throw file.malformed(
        "end of the file",
        "not the end of a zip archive",
        "an end record: the file is cut off or no zip");
  }

  private record Directory(long at, long bytes, long count) {}

  private static Directory directory(Cursor file, long endAt) {
    int disk = file.u16("disk");
    int startDisk = file.u16("directory disk");
    long here = file.u16("members on this disk");
    long count = file.u16("member count");
    long bytes = file.u32("directory size");
    long at = file.u32("directory offset");
    if (disk != 0 || startDisk != 0 || here != count) {
      throw new UnsupportedException(
          "%s: the archive is split over several disks; expected one file.".formatted(file.name()));
    }
    long end = endAt;
    if (count == MAX_16 || bytes == MAX_32 || at == MAX_32) {
      file.seek(endAt - LOCATOR_BYTES, "zip64 locator");
      require(file, "zip64 locator", LOCATOR_64);
      file.skip(4, "zip64 disk");
      end = file.u63("zip64 end record offset");
      file.seek(end, "zip64 end record");
      require(file, "zip64 end record", END_64);
      file.skip(8 + 2 + 2 + 4 + 4 + 8, "zip64 end record");
      count = file.u63("member count");
      bytes = file.u63("directory size");
      at = file.u63("directory offset");
    }
    if (at > end || bytes != end - at) {
      throw file.malformed(
          "directory",
          "%d bytes at %d".formatted(bytes, at),
          "a directory that ends at %d, where the end record begins".formatted(end));
    }
    return new Directory(at, bytes, count);
  }

  private static void require(Cursor file, String what, long signature) {
    long at = file.position();
    long found = file.u32(what);
    if (found != signature) {
      file.seek(at, what);
      throw file.malformed(what, "%08x".formatted(found), "%08x".formatted(signature));
    }
  }

  private static ZipMember central(Cursor file, Cursor central) {
    require(central, "directory entry", CENTRAL);
    int madeBy = central.u16("version made by");
    central.skip(2, "version needed");
    int flags = central.u16("flags");
    int method = central.u16("method");
    central.skip(4, "time");
    long crc = central.u32("CRC32");
    long packed = central.u32("packed size");
    long size = central.u32("size");
    int nameBytes = central.u16("name length");
    int extraBytes = central.u16("extra length");
    int commentBytes = central.u16("comment length");
    central.skip(4, "disk and attributes");
    long attributes = central.u32("attributes");
    long headerAt = central.u32("local header offset");
    String name = central.utf8(nameBytes, "member name");
    requireSafe(file, name, madeBy, attributes);
    Cursor extra = central.part(central.position(), extraBytes, "extra field");
    central.skip((long) extraBytes + commentBytes, "extra field and comment");
    Cursor wide = wide(extra);
    size = size == MAX_32 && wide != null ? wide.u63("zip64 size") : size;
    packed = packed == MAX_32 && wide != null ? wide.u63("zip64 packed size") : packed;
    headerAt = headerAt == MAX_32 && wide != null ? wide.u63("zip64 offset") : headerAt;
    if ((flags & 1) != 0 || (method != ZipMember.STORED && method != ZipMember.DEFLATED)) {
      throw new UnsupportedException(
          "%s: the member \"%s\" is %s; stored and deflated members are supported."
              .formatted(
                  file.name(),
                  quote(name),
                  (flags & 1) != 0 ? "encrypted" : "packed by method " + method));
    }
    if (method == ZipMember.STORED && packed != size) {
      throw central.malformed(
          "packed size of \"%s\"".formatted(quote(name)),
          Long.toString(packed),
          "%d, its size, because it is stored".formatted(size));
    }
    long dataAt = local(file, headerAt, name, new Declared(method, flags, crc, packed, size));
    var member = new ZipMember(name, method, crc, packed, size, headerAt, dataAt);
    file.part(dataAt, packed, "data of \"%s\"".formatted(quote(name)));
    return member;
  }

  /// The zip64 part of an extra field, null if there is none.
  private static @Nullable Cursor wide(Cursor extra) {
    while (extra.remaining() >= 4) {
      int id = extra.u16("extra field id");
      int bytes = extra.u16("extra field length");
      if (id == 1) {
        return extra.part(extra.position(), bytes, "zip64 extra field");
      }
      extra.skip(bytes, "extra field");
    }
    return null;
  }

  private record Declared(int method, int flags, long crc, long packed, long size) {}

  /// Checks a local header against the directory; where its data begin.
  private static long local(Cursor file, long headerAt, String name, Declared declared) {
    file.seek(headerAt, "local header offset of \"%s\"".formatted(quote(name)));
    require(file, "local header of \"%s\"".formatted(quote(name)), LOCAL);
    file.skip(2, "version needed");
    int flags = file.u16("flags");
    int method = file.u16("method");
    file.skip(4, "time");
    long crc = file.u32("CRC32");
    long packed = file.u32("packed size");
    long size = file.u32("size");
    int nameBytes = file.u16("name length");
    int extraBytes = file.u16("extra length");
    String localName = file.utf8(nameBytes, "local name");
    // Flag 8: sizes and CRC follow the data, and are only in the directory.
    boolean later = (flags & 8) != 0;
    boolean same =
        localName.equals(name)
            && method == declared.method
            && flags == declared.flags
            && (later || crc == declared.crc)
            && (later || packed == MAX_32 || packed == declared.packed)
            && (later || size == MAX_32 || size == declared.size);
    if (!same) {
      throw new FormatException(
          "%s: byte %d: the local header of \"%s\" and the directory disagree; expected the same name, method, sizes and CRC32."
              .formatted(file.name(), headerAt, quote(name)));
    }
    file.skip(extraBytes, "local extra field");
    return file.position();
  }

  private static void requireSafe(Cursor file, String name, int madeBy, long attributes) {
    boolean unix = madeBy >> 8 == 3;
    boolean link = unix && (attributes >> 16 & UNIX_TYPE) == UNIX_LINK;
    boolean leaves =
        name.startsWith("/")
            || name.contains("\\")
            || name.contains(":")
            || List.of(name.split("/", -1)).contains("..");
    if (link || leaves) {
      throw new UnsafeException(
          "%s: the member \"%s\" %s; expected plain files with relative names."
              .formatted(
                  file.name(),
                  quote(name),
                  link ? "is a symbolic link" : "names a place outside the archive"));
    }
    if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
      throw new FormatException(
          "%s: a member is named \"%s\"; expected a name without control characters."
              .formatted(file.name(), quote(name)));
    }
  }

  private static void requireDisjoint(Cursor file, List<ZipMember> members, long directoryAt) {
    var inOrder = new ArrayList<>(members);
    inOrder.sort(Comparator.comparingLong(ZipMember::headerAt));
    for (int i = 0; i < inOrder.size(); i++) {
      ZipMember member = inOrder.get(i);
      long next = i + 1 < inOrder.size() ? inOrder.get(i + 1).headerAt() : directoryAt;
      if (member.end() > next) {
        throw new FormatException(
            "%s: the member \"%s\" takes bytes %d to %d, but what follows begins at %d; expected no overlap."
                .formatted(
                    file.name(), quote(member.name()), member.headerAt(), member.end(), next));
      }
    }
  }
}
