package dev.tarn.io.image;

import dev.tarn.error.UnsupportedException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/// Between the JDK's images and planes of float32.
final class Pixels {
  private static final float RED = 0.299f;
  private static final float GREEN = 0.587f;
  private static final float BLUE = 0.114f;

  private Pixels() {}

  /// The planes of an image, `[channels, height, width]`, values 0 to 1, transparency mixed with
  /// black.
  static float[] of(BufferedImage image, Colours colours) {
    int width = image.getWidth();
    int height = image.getHeight();
    int plane = width * height;
    float[] to = new float[colours.channels() * plane];
    float[] row = new float[3 * width];
    for (int y = 0; y < height; y++) {
      readRow(image, y, row);
      for (int x = 0; x < width; x++) {
        float r = row[3 * x];
        float g = row[3 * x + 1];
        float b = row[3 * x + 2];
        int at = y * width + x;
        if (colours == Colours.RGB) {
          to[at] = r;
          to[plane + at] = g;
          to[2 * plane + at] = b;
        } else {
          to[at] = brightness(r, g, b);
        }
      }
    }
    return to;
  }

  /// An image `[channels, height, width]` with other channels.
  static Tensor recolour(Tensor image, Colours from, Colours to) {
    if (from == to) {
      return image;
    }
    Shape shape = Shape.of(to.channels(), image.shape().size(1), image.shape().size(2));
    int plane = image.shape().positions();
    float[] old = image.array();
    float[] values = new float[shape.arraySize()];
    for (int i = 0; i < plane; i++) {
      if (to == Colours.RGB) {
        values[i] = old[i];
        values[plane + i] = old[i];
        values[2 * plane + i] = old[i];
      } else {
        values[i] = brightness(old[i], old[plane + i], old[2 * plane + i]);
      }
    }
    return Tensor.of(shape, values);
  }

  /// Exactly the common value where all three are equal.
  private static float brightness(float r, float g, float b) {
    return r == g && g == b ? r : RED * r + GREEN * g + BLUE * b;
  }

  /// One row as red, green, blue, red, …
  ///
  /// Grey and sRGB are taken from the raster as they are stored: `getRGB` would pass grey through a
  /// gamma curve and cut 16 bits to 8.
  private static void readRow(BufferedImage image, int y, float[] to) {
    ColorModel model = image.getColorModel();
    int space = model.getColorSpace().getType();
    boolean plain =
        (space == ColorSpace.TYPE_GRAY
                || (space == ColorSpace.TYPE_RGB && model.getColorSpace().isCS_sRGB()))
            && !(model instanceof IndexColorModel)
            && !model.isAlphaPremultiplied();
    if (plain) {
      samples(image.getRaster(), model, y, to);
    } else {
      int[] argb = image.getRGB(0, y, image.getWidth(), 1, null, 0, image.getWidth());
      for (int x = 0; x < argb.length; x++) {
        float alpha = (argb[x] >>> 24) / 255f;
        to[3 * x] = (argb[x] >> 16 & 0xff) / 255f * alpha;
        to[3 * x + 1] = (argb[x] >> 8 & 0xff) / 255f * alpha;
        to[3 * x + 2] = (argb[x] & 0xff) / 255f * alpha;
      }
    }
  }

  private static void samples(Raster raster, ColorModel model, int y, float[] to) {
    int bands = raster.getNumBands();
    int colours = model.getNumColorComponents();
    int[] row =
        raster.getPixels(
            raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, (int[]) null);
    float[] most = new float[bands];
    for (int band = 0; band < bands; band++) {
      most[band] = (1L << model.getComponentSize(band)) - 1;
    }
    for (int x = 0; x < raster.getWidth(); x++) {
      float alpha = model.hasAlpha() ? row[x * bands + bands - 1] / most[bands - 1] : 1;
      for (int c = 0; c < 3; c++) {
        int band = colours == 1 ? 0 : c;
        to[3 * x + c] = row[x * bands + band] / most[band] * alpha;
      }
    }
  }

  /// An image of 8 bits a value from a tensor `[1 or 3, height, width]`.
  static BufferedImage toImage(Tensor tensor) {
    Shape shape = tensor.shape();
    Colours colours = Colours.of(shape);
    ImageFile.requirePixels("image", shape.size(2), shape.size(1));
    float[] values = tensor.to(Layout.NCHW).array();
    var image =
        new BufferedImage(
            shape.size(2),
            shape.size(1),
            colours == Colours.GREY ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    WritableRaster raster = image.getRaster();
    int at = 0;
    for (int c = 0; c < shape.size(0); c++) {
      for (int y = 0; y < shape.size(1); y++) {
        for (int x = 0; x < shape.size(2); x++) {
          raster.setSample(x, y, c, toByte(values[at++]));
        }
      }
    }
    return image;
  }

  /// 0 to 1 as 0 to 255, clipped; NaN is 0.
  static int toByte(float value) {
    return Math.round(255 * Math.max(0, Math.min(1, Float.isNaN(value) ? 0 : value)));
  }

  /// The bytes of a PNG file.
  static byte[] png(BufferedImage image) {
    var out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", out)) {
        throw new UnsupportedException("PNG: this Java runtime has no writer for it.");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }
}
