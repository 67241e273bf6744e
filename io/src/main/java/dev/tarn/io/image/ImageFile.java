package dev.tarn.io.image;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Images as tensors of shape `[channels, height, width]` with values 0 (black) to 1.
///
/// What a file is, its first bytes say, not its name. Read are PNG, JPEG (CMYK too), GIF and BMP;
/// of several frames the first.
///
/// - *Transparent* pixels are mixed with black: full transparency is 0, as padding is.
/// - *16 bits* a value are kept as far as float32 holds them; palettes are looked up.
/// - *Colour profiles, gamma and text* inside a file are ignored; values are taken as sRGB.
/// - *EXIF rotation* is not applied: rows come in the order in which they are stored, as in most
///   training pipelines.
/// - *Checked* before anything is decoded: the number of pixels, the checksum of every PNG chunk,
///   that nothing is cut off.
public final class ImageFile {
  /// The most pixels an image may have.
  public static final int MOST_PIXELS = 25_000_000;

  /// The most bytes an image file may have.
  public static final int MOST_BYTES = 200_000_000;

  private ImageFile() {}

  /// Reads an image in its own size.
  ///
  /// @throws FormatException if it is no image, or a damaged one
  /// @throws LimitException if it has more than [#MOST_PIXELS] pixels
  /// @throws UnsupportedException if it is an image of a kind that is not read
  /// @throws StoreException if the file cannot be read
  public static Tensor read(Path file, Colours colours) {
    return decode(file.toString(), bytes(file), colours);
  }

  /// Reads an image and stretches it to `shape`, `[channels, height, width]`; errors as of
  /// [#read(Path, Colours)].
  public static Tensor read(Path file, Shape shape) {
    return decode(file.toString(), bytes(file), shape);
  }

  /// Decodes the bytes of an image file; `name` is what messages call it. Errors as of [#read(Path,
  /// Colours)].
  public static Tensor decode(String name, byte[] bytes, Colours colours) {
    BufferedImage image = decode(name, bytes);
    return Tensor.of(
        Shape.of(colours.channels(), image.getHeight(), image.getWidth()),
        Pixels.of(image, colours));
  }

  /// Decodes the bytes of an image file and stretches it to `shape`; errors as of [#read(Path,
  /// Colours)].
  public static Tensor decode(String name, byte[] bytes, Shape shape) {
    return Resampling.resize(decode(name, bytes, Colours.of(shape)), shape.size(1), shape.size(2));
  }

  /// `image` stretched to `shape`; grey becomes three equal channels, colours become their
  /// brightness.
  ///
  /// @throws ShapeException if one of them is no image
  public static Tensor fit(Tensor image, Shape shape) {
    Tensor coloured =
        Pixels.recolour(image.to(Layout.NCHW), Colours.of(image.shape()), Colours.of(shape));
    return Resampling.resize(coloured, shape.size(1), shape.size(2));
  }

  /// Writes an image of shape `[1 or 3, height, width]` as PNG with 8 bits a value; values outside
  /// 0 to 1 are clipped.
  ///
  /// @throws ShapeException if the tensor is no image
  /// @throws StoreException if the file cannot be written
  public static void write(Path file, Tensor image) {
    write(file, Pixels.toImage(image));
  }

  /// The bytes of the PNG file that [#write] writes.
  ///
  /// @throws ShapeException if the tensor is no image
  public static byte[] encode(Tensor image) {
    return Pixels.png(Pixels.toImage(image));
  }

  static void write(Path file, BufferedImage image) {
    Publisher.write(file, Content.of(Pixels.png(image)));
  }

  private static byte[] bytes(Path file) {
    try (Source source = FileStorage.read(file)) {
      if (source.size() > MOST_BYTES) {
        throw new LimitException(
            "%s: an image file of %d bytes; at most %d are read."
                .formatted(quote(file.toString()), source.size(), MOST_BYTES));
      }
      byte[] bytes = new byte[(int) source.size()];
      source.read(0, bytes, 0, bytes.length);
      return bytes;
    } catch (IOException e) {
      throw new StoreException(
          "%s: could not be read (%s). Check the disk, then try again."
              .formatted(quote(file.toString()), quote(String.valueOf(e.getMessage()))),
          e);
    }
  }

  private static BufferedImage decode(String name, byte[] bytes) {
    ImageKind kind = ImageKind.of(name, bytes);
    byte[] essential =
        switch (kind) {
          case PNG -> PngChunks.essential(name, bytes);
          case JPEG -> JpegSegments.essential(name, bytes);
          case GIF -> GifBlocks.first(name, bytes);
          case BMP -> bytes;
        };
    ImageReader reader = reader(name, kind);
    try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(essential))) {
      reader.setInput(in, true, true);
      requirePixels(name, reader.getWidth(0), reader.getHeight(0));
      BufferedImage image = reader.read(0);
      if (image == null) {
        throw new FormatException("%s: the %s data holds no image.".formatted(quote(name), kind));
      }
      return image;
    } catch (TarnException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // the decoders of the JDK answer bad data with exceptions of many kinds
      throw new FormatException(
          "%s: the %s data is damaged or cut off (%s). Replace the file."
              .formatted(quote(name), kind, quote(String.valueOf(e.getMessage()))),
          e);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader reader(String name, ImageKind kind) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(kind.name());
    if (!readers.hasNext()) {
      throw new UnsupportedException(
          "%s: this Java runtime has no reader for %s.".formatted(quote(name), kind));
    }
    return readers.next();
  }

  /// Refuses sizes of zero and images beyond the limit, before memory is taken for them.
  static void requirePixels(String name, long width, long height) {
    if (width < 1 || height < 1) {
      throw new FormatException(
          "%s: an image of %d×%d pixels; expected at least 1×1."
              .formatted(quote(name), width, height));
    }
    if (width > MOST_PIXELS / height) {
      throw new LimitException(
          "%s: an image of %d×%d pixels; at most %d pixels are read. Make it smaller."
              .formatted(quote(name), width, height, MOST_PIXELS));
    }
  }
}
