package dev.tarn.io.image;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.zip.CRC32;

/// The chunks of a PNG file, each checked (PNG specification, third edition, §5 and §11).
///
/// The JDK's reader does not look at checksums and unpacks colour profiles and texts of any size;
/// so we check the file, and hand on only what the pixels need.
final class PngChunks {
  private static final int SIGNATURE = 8;
  private static final int NAME_AND_CHECKSUM = 8;
  private static final Set<String> ESSENTIAL = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");

  private PngChunks() {}

  /// The same file with only its essential chunks.
  ///
  /// @throws FormatException if a chunk is damaged, missing or cut off
  static byte[] essential(String name, byte[] file) {
    Cursor cursor = Cursor.of(name, file).order(ByteOrder.BIG_ENDIAN);
    var kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, SIGNATURE);
    cursor.skip(SIGNATURE, "signature");
    boolean first = true;
    boolean data = false;
    boolean palette = false;
    boolean needsPalette = false;
    while (true) {
      int at = (int) cursor.position();
      long length = cursor.u32("chunk length");
      if (length > cursor.remaining() - NAME_AND_CHECKSUM) {
        throw cursor.malformed(
            "chunk length",
            String.valueOf(length),
            "at most %d, what the file has left; it is cut off"
                .formatted(Math.max(0, cursor.remaining() - NAME_AND_CHECKSUM)));
      }
      String type = new String(cursor.bytes(4, "chunk type"), StandardCharsets.ISO_8859_1);
      Cursor body = cursor.part(cursor.position(), length, type);
      cursor.skip(length, type);
      var crc = new CRC32();
      crc.update(file, at + 4, (int) length + 4);
      long checksum = cursor.u32("checksum of " + type);
      if (checksum != crc.getValue()) {
        throw cursor.malformed(
            "checksum of " + type,
            "%08x".formatted(checksum),
            "%08x; the file is damaged".formatted(crc.getValue()));
      }
      if (first != type.equals("IHDR")) {
        throw cursor.malformed("chunk", type, first ? "IHDR first" : "IHDR only once");
      }
      if (first) {
        needsPalette = header(name, body);
        first = false;
      }
      palette |= type.equals("PLTE");
      data |= type.equals("IDAT");
      if (ESSENTIAL.contains(type)) {
        kept.write(file, at, (int) length + 12);
      } else if ((type.charAt(0) & 0x20) == 0) {
        throw new UnsupportedException(
            "%s: byte %d: PNG chunk %s is needed to read the image, and not known."
                .formatted(cursor.name(), at, quote(type)));
      }
      if (type.equals("IEND")) {
        break;
      }
    }
    if (!data || (needsPalette && !palette)) {
      throw cursor.malformed(
          "end", "IEND", data ? "a palette (PLTE) before it" : "image data (IDAT) before it");
    }
    return kept.toByteArray();
  }

  /// Checks the header; true if the pixels are numbers in a palette.
  private static boolean header(String name, Cursor header) {
    if (header.size() != 13) {
      throw header.malformed("length of IHDR", String.valueOf(header.size()), "13");
    }
    long width = header.u32("width");
    long height = header.u32("height");
    int depth = header.u8("bit depth");
    int type = header.u8("colour type");
    boolean known =
        switch (type) {
          case 0 -> Set.of(1, 2, 4, 8, 16).contains(depth);
          case 3 -> Set.of(1, 2, 4, 8).contains(depth);
          case 2, 4, 6 -> depth == 8 || depth == 16;
          default -> false;
        };
    if (!known) {
      throw header.malformed(
          "bit depth and colour type",
          "%d and %d".formatted(depth, type),
          "1, 2, 4, 8 or 16 for grey (0), 1 to 8 for a palette (3), 8 or 16 for 2, 4 and 6");
    }
    int compression = header.u8("compression method");
    int filter = header.u8("filter method");
    int interlace = header.u8("interlace method");
    if (compression != 0 || filter != 0 || interlace > 1) {
      throw header.malformed(
          "compression, filter and interlace method",
          "%d, %d, %d".formatted(compression, filter, interlace),
          "0, 0, and 0 or 1");
    }
    ImageFile.requirePixels(name, width, height);
    return type == 3;
  }
}
