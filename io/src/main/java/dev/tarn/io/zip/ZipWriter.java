package dev.tarn.io.zip;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.BinaryWriter;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// Writes a zip archive of stored members with a fixed time: the same members give the same bytes.
///
/// Each member's content is asked for twice, first to learn its length and CRC32, which stand
/// before it. What this writes is the only spelling: [#requireCanonical] compares every byte
/// outside the members.
public final class ZipWriter {
  private static final long MOST_BYTES = 0xffff_ffffL;
  private static final int VERSION = 20;
  private static final int UTF_8_NAMES = 1 << 11;

  /// 1 January 1980, 0:00, the first moment of MS-DOS dates.
  private static final long TIME = 0x0021_0000L;

  private final OutputStream out;
  private final List<ZipMember> members = new ArrayList<>();
  private long at;

  public ZipWriter(OutputStream out) {
    this.out = out;
  }

  /// Adds a member.
  ///
  /// @throws StoreException if the content changed between its two writings
  public void add(String name, Content content) throws IOException {
    if (members.stream().anyMatch(m -> m.name().equalsIgnoreCase(name))) {
      throw new ParameterException(
          "zip: two members named \"%s\"; each needs its own name."
              .formatted(TarnException.quote(name)));
    }
    var measured = new Counting(OutputStream.nullOutputStream());
    content.writeTo(measured);
    byte[] header = local(name, measured.crc.getValue(), measured.length);
    var member =
        new ZipMember(
            name,
            ZipMember.STORED,
            measured.crc.getValue(),
            measured.length,
            measured.length,
            at,
            at + header.length);
    if (member.end() > MOST_BYTES) {
      throw new LimitException(
          "zip: %d bytes up to the end of \"%s\"; at most %d are written to one archive."
              .formatted(member.end(), TarnException.quote(name), MOST_BYTES));
    }
    out.write(header);
    var written = new Counting(out);
    content.writeTo(written);
    if (written.length != measured.length || written.crc.getValue() != measured.crc.getValue()) {
      throw new StoreException(
          "zip: \"%s\" changed while it was written. Do not change a model while it is saved."
              .formatted(TarnException.quote(name)));
    }
    members.add(member);
    at = member.end();
  }

  /// Writes the directory; nothing can be added after it.
  public void finish() throws IOException {
    out.write(directory(members));
  }

  /// Refuses an archive whose bytes outside its members are not exactly what this writer would
  /// write.
  ///
  /// @param members of the archive, in the order of its directory
  public static void requireCanonical(Source archive, List<ZipMember> members) {
    var cursor = Cursor.of(archive);
    for (ZipMember member : members) {
      requireSame(cursor, local(member.name(), member.crc(), member.size()), member.name());
      cursor.skip(member.packed(), member.name());
    }
    requireSame(cursor, directory(members), "directory");
    cursor.requireEnd("the directory");
  }

  private static void requireSame(Cursor cursor, byte[] expected, String what) {
    for (byte wanted : expected) {
      int found = cursor.u8(what);
      if (found != (wanted & 0xff)) {
        cursor.seek(cursor.position() - 1, what);
        throw cursor.malformed(
            "header of \"%s\"".formatted(what),
            "%02x".formatted(found),
            "%02x".formatted(wanted & 0xff));
      }
    }
  }

  private static byte[] local(String name, long crc, long size) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    return record(to -> {
      to.u32(0x04034b50L).u16(VERSION).u16(UTF_8_NAMES).u16(ZipMember.STORED).u32(TIME);
      to.u32(crc).u32(size).u32(size).u16(text.length).u16(0).bytes(text);
    });
  }

  private static byte[] directory(List<ZipMember> members) {
    return record(to -> {
      long bytes = 0;
      for (ZipMember member : members) {
        byte[] text = member.name().getBytes(StandardCharsets.UTF_8);
        to.u32(0x02014b50L).u16(VERSION).u16(VERSION).u16(UTF_8_NAMES).u16(ZipMember.STORED);
        to.u32(TIME).u32(member.crc()).u32(member.size()).u32(member.size());
        to.u16(text.length).u16(0).u16(0).u16(0).u16(0).u32(0).u32(member.headerAt());
        to.bytes(text);
        bytes += 46L + text.length;
      }
      long start = members.isEmpty() ? 0 : members.getLast().end();
      to.u32(0x06054b50L).u16(0).u16(0).u16(members.size()).u16(members.size());
      to.u32(bytes).u32(start).u16(0);
    });
  }

  private interface Fields {
    void writeTo(BinaryWriter to) throws IOException;
  }

  private static byte[] record(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    var writer = new BinaryWriter(bytes);
    try {
      fields.writeTo(writer);
      writer.flush();
    } catch (IOException e) {
      throw new IllegalStateException("an array cannot fail", e);
    }
    return bytes.toByteArray();
  }

  /// Passes bytes on and counts them.
  private static final class Counting extends OutputStream {
    private final OutputStream next;
    private final CRC32 crc = new CRC32();
    private long length;

    Counting(OutputStream next) {
      this.next = next;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      next.write(bytes, from, count);
      crc.update(bytes, from, count);
      length += count;
    }
  }
}
