package dev.tarn.io.data;

import dev.tarn.error.FormatException;
import java.nio.charset.StandardCharsets;

/// The files in a tar archive, one after the other (POSIX.1-1988, `ustar`).
final class Tar {
  private static final int BLOCK = 512;
  private static final int CHECKSUM_AT = 148;

  private final PackedReader archive;
  private long left;
  private int padding;

  Tar(PackedReader archive) {
    this.archive = archive;
  }

  /// The header of one file. Never use `name` as a path; compare it with names that are wanted.
  record Entry(String name, long size) {}

  /// Passes over what is left of the file before and reads the next header; a name of no length
  /// ends the archive.
  ///
  /// @throws FormatException if the header is damaged
  Entry next() {
    byte[] pass = new byte[BLOCK];
    for (long rest = left + padding; rest > 0; rest -= BLOCK) {
      archive.bytes(pass, 0, (int) Math.min(BLOCK, rest), "tar entry");
    }
    byte[] header = new byte[BLOCK];
    archive.bytes(header, 0, BLOCK, "tar header");
    if (header[0] == 0) {
      return new Entry("", 0);
    }
    long checksum = 8L * ' ';
    for (int i = 0; i < BLOCK; i++) {
      checksum += i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? 0 : header[i] & 0xff;
    }
    if (octal(header, CHECKSUM_AT, 8) != checksum) {
      throw archive.malformed("tar header", "damaged", "a header whose checksum is right");
    }
    int end = 0;
    while (end < 100 && header[end] != 0) {
      end++;
    }
    left = octal(header, 124, 12);
    padding = (int) Math.floorMod(-left, (long) BLOCK);
    return new Entry(new String(header, 0, end, StandardCharsets.ISO_8859_1), left);
  }

  /// The whole content of the current file, if it has at most `most` bytes.
  byte[] bytes(int most) {
    if (left > most) {
      throw archive.malformed("tar entry", left + " bytes long", "at most " + most);
    }
    byte[] content = new byte[(int) left];
    archive.bytes(content, 0, content.length, "tar entry");
    left = 0;
    return content;
  }

  private long octal(byte[] header, int at, int length) {
    long value = 0;
    boolean digits = false;
    for (int i = at; i < at + length; i++) {
      int c = header[i];
      if (c >= '0' && c <= '7') {
        value = value * 8 + (c - '0');
        digits = true;
      } else if (c != ' ' && c != 0) {
        throw archive.malformed("tar header", "damaged", "octal digits");
      } else if (digits) {
        break;
      }
    }
    return value;
  }
}
