package dev.tarn.io.image;

import dev.tarn.error.FormatException;
import dev.tarn.io.binary.Cursor;
import java.util.Arrays;

/// The blocks of a GIF file up to the end of its first image (GIF89a specification, §12 to §27).
///
/// The JDK's decoder leaves black what is missing of a cut-off image; so we check that the first
/// image is whole.
final class GifBlocks {
  private static final int IMAGE = 0x2c;
  private static final int EXTENSION = 0x21;
  private static final int TRAILER = 0x3b;

  private GifBlocks() {}

  /// The file without anything after its first image.
  ///
  /// @throws FormatException if there is no image or it is cut off
  static byte[] first(String name, byte[] file) {
    Cursor cursor = Cursor.of(name, file);
    cursor.skip(6, "signature");
    ImageFile.requirePixels(name, cursor.u16("screen width"), cursor.u16("screen height"));
    int flags = cursor.u8("screen flags");
    cursor.skip(2, "screen descriptor");
    passColours(cursor, flags);
    while (true) {
      int block = cursor.u8("block");
      switch (block) {
        case EXTENSION -> {
          cursor.skip(1, "extension label");
          passSubBlocks(cursor);
        }
        case IMAGE -> {
          cursor.skip(4, "image position");
          ImageFile.requirePixels(name, cursor.u16("image width"), cursor.u16("image height"));
          passColours(cursor, cursor.u8("image flags"));
          cursor.skip(1, "code size");
          passSubBlocks(cursor);
          byte[] first = Arrays.copyOf(file, (int) cursor.position() + 1);
          first[first.length - 1] = TRAILER;
          return first;
        }
        case TRAILER ->
            throw cursor.malformed("block", "the end of the file", "an image before it");
        default -> throw cursor.malformed("block", "0x%02x".formatted(block), "an image");
      }
    }
  }

  private static void passColours(Cursor cursor, int flags) {
    if ((flags & 0x80) != 0) {
      cursor.skip(3L << ((flags & 7) + 1), "colour table");
    }
  }

  private static void passSubBlocks(Cursor cursor) {
    int length = cursor.u8("sub-block length");
    while (length != 0) {
      cursor.skip(length, "sub-block");
      length = cursor.u8("sub-block length");
    }
  }
}
