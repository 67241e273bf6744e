package dev.tarn.io.image;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;

/// The kinds of image files that are read, told by their first bytes.
enum ImageKind {
  PNG,
  JPEG,
  GIF,
  BMP;

  private static final Map<String, ImageKind> BEGINNINGS =
      Map.of(
          "\u0089PNG\r\n\u001a\n", PNG,
          "\u00ff\u00d8\u00ff", JPEG,
          "GIF87a", GIF,
          "GIF89a", GIF,
          "BM", BMP);

  private static final Map<String, String> KNOWN_OTHERS =
      Map.of(
          "II*\0", "TIFF",
          "MM\0*", "TIFF",
          "RIFF", "WebP",
          "<svg", "SVG",
          "<?xml", "SVG",
          "%PDF", "PDF",
          "\0\0\1\0", "ICO",
          "8BPS", "Photoshop",
          "P5", "PGM",
          "P6", "PPM");

  /// @throws UnsupportedException if it is an image of another kind
  /// @throws FormatException if it is none
  static ImageKind of(String name, byte[] bytes) {
    String start = new String(bytes, 0, Math.min(16, bytes.length), StandardCharsets.ISO_8859_1);
    for (var kind : BEGINNINGS.entrySet()) {
      if (start.startsWith(kind.getKey())) {
        return kind.getValue();
      }
    }
    for (var other : KNOWN_OTHERS.entrySet()) {
      if (start.startsWith(other.getKey())) {
        throw new UnsupportedException(
            "%s: %s images are not read; convert it to PNG or JPEG."
                .formatted(quote(name), other.getValue()));
      }
    }
    throw new FormatException(
        "%s: not an image: begins with %s; expected PNG, JPEG, GIF or BMP."
            .formatted(
                quote(name),
                bytes.length == 0
                    ? "nothing, it is empty"
                    : HexFormat.ofDelimiter(" ").formatHex(bytes, 0, Math.min(8, bytes.length))));
  }
}
