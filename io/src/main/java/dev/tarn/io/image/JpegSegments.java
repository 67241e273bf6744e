package dev.tarn.io.image;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import java.io.ByteArrayOutputStream;
import java.nio.ByteOrder;

/// The segments of a JPEG file (ITU-T T.81, annex B), walked to their end.
///
/// The JDK's decoder fills what is missing of a cut-off file with grey, and unpacks colour profiles
/// and previews; so we check that the file is whole, and hand on only what the pixels need. Of the
/// application segments these are JFIF (APP0) and Adobe's (APP14), which tells how the colours are
/// meant. Damage inside the compressed data cannot be told: JPEG has no checksums.
final class JpegSegments {
  private static final int START = 0xd8;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;
  private static final int COMMENT = 0xfe;

  private JpegSegments() {}

  /// The same file with only its essential segments, up to the end of the image.
  ///
  /// @throws FormatException if the file is cut off or has no image
  /// @throws UnsupportedException if it is lossless, arithmetic-coded, hierarchical, or has 12 bits
  ///   a value
  static byte[] essential(String name, byte[] file) {
    Cursor cursor = Cursor.of(name, file).order(ByteOrder.BIG_ENDIAN);
    var kept = new ByteArrayOutputStream(file.length);
    cursor.skip(2, "start of image");
    kept.write(file, 0, 2);
    boolean frame = false;
    boolean scan = false;
    while (true) {
      int marker = marker(cursor);
      if (marker == END) {
        break;
      }
      if (marker == START || marker < 0xc0) {
        throw cursor.malformed("marker", "0x%02x".formatted(marker), "the next segment");
      }
      int at = (int) cursor.position();
      int length = cursor.u16("segment length");
      if (length < 2) {
        throw cursor.malformed("segment length", String.valueOf(length), "at least 2");
      }
      cursor.skip(length - 2L, "segment 0x%02x".formatted(marker));
      if (isFrame(marker)) {
        frame(name, marker, cursor.part(at + 2L, length - 2L, "frame header"));
        frame = true;
      }
      if (marker == SCAN) {
        scan = true;
        passEntropyCoded(cursor, file);
      }
      boolean application = marker >= 0xe0 && marker <= 0xef;
      if (marker != COMMENT && (!application || marker == 0xe0 || marker == 0xee)) {
        kept.write(0xff);
        kept.write(marker);
        kept.write(file, at, (int) cursor.position() - at);
      }
    }
    if (!frame || !scan) {
      throw cursor.malformed("end", "the end of the image", "a frame and a scan before it");
    }
    kept.write(0xff);
    kept.write(END);
    return kept.toByteArray();
  }

  private static int marker(Cursor cursor) {
    int prefix = cursor.u8("marker");
    if (prefix != 0xff) {
      throw cursor.malformed("marker", "0x%02x".formatted(prefix), "0xff");
    }
    int marker = cursor.u8("marker");
    while (marker == 0xff) {
      marker = cursor.u8("marker");
    }
    return marker;
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
  }

  private static void frame(String name, int marker, Cursor header) {
    int precision = header.u8("precision");
    int height = header.u16("height");
    int width = header.u16("width");
    int components = header.u8("number of components");
    if (marker > 0xc2 || precision != 8) {
      throw new UnsupportedException(
          "%s: JPEG process %d with %d bits is not read; only baseline and progressive with 8 bits are. Convert it to PNG."
              .formatted(header.name(), marker - 0xc0, precision));
    }
    if (components != 1 && components != 3 && components != 4) {
      throw header.malformed("number of components", String.valueOf(components), "1, 3 or 4");
    }
    ImageFile.requirePixels(name, width, height);
  }

  /// Passes over compressed data: up to a marker that is neither a stuffed 0 nor a restart.
  private static void passEntropyCoded(Cursor cursor, byte[] file) {
    int at = (int) cursor.position();
    while (at + 1 < file.length) {
      int next = file[at + 1] & 0xff;
      if (file[at] == (byte) 0xff && next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) {
        cursor.seek(at, "compressed data");
        return;
      }
      at++;
    }
    throw cursor.malformed(
        "compressed data", "cut off", "the end of the image; fetch the file again");
  }
}
