package dev.tarn.cli;

import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;

/// A colour picture to draw on: shape `[3, height, width]`, white at first. What lies outside is
/// not drawn.
final class Picture {
  /// A colour as red, green and blue from 0 to 1.
  record Colour(float red, float green, float blue) {
    static final Colour BLACK = new Colour(0f, 0f, 0f);
    static final Colour GREY = new Colour(0.45f, 0.45f, 0.45f);
    static final Colour LIGHT = new Colour(0.88f, 0.88f, 0.88f);
    // Okabe & Ito, "Color Universal Design" (2008): told apart by the colour-blind too.
    static final Colour BLUE = new Colour(0f, 0.447f, 0.698f);
    static final Colour ORANGE = new Colour(0.835f, 0.369f, 0f);

    static Colour grey(float value) {
      return new Colour(value, value, value);
    }
  }

  private final int height;
  private final int width;
  private final float[] pixels;

  Picture(int height, int width) {
    this.height = height;
    this.width = width;
    this.pixels = new float[Shape.of(3, height, width).arraySize()];
    Arrays.fill(pixels, 1f);
  }

  /// The picture as an image, not copied.
  Tensor image() {
    return Tensor.of(Shape.of(3, height, width), pixels);
  }

  void dot(int y, int x, Colour colour) {
    if (y < 0 || y >= height || x < 0 || x >= width) {
      return;
    }
    int plane = height * width;
    pixels[y * width + x] = colour.red();
    pixels[plane + y * width + x] = colour.green();
    pixels[2 * plane + y * width + x] = colour.blue();
  }

  /// A filled rectangle.
  void fill(int y, int x, int high, int wide, Colour colour) {
    for (int dy = 0; dy < high; dy++) {
      for (int dx = 0; dx < wide; dx++) {
        dot(y + dy, x + dx, colour);
      }
    }
  }

  /// A straight line two dots thick.
  void line(double y0, double x0, double y1, double x1, Colour colour) {
    int steps = (int) Math.ceil(Math.max(Math.abs(y1 - y0), Math.abs(x1 - x0))) + 1;
    for (int i = 0; i <= steps; i++) {
      int y = (int) Math.round(y0 + (y1 - y0) * i / steps);
      int x = (int) Math.round(x0 + (x1 - x0) * i / steps);
      fill(y, x, 2, 2, colour);
    }
  }

  /// Text from its top left corner; each dot of a letter is `scale` dots wide.
  void text(int y, int x, int scale, String text, Colour colour) {
    for (int i = 0; i < text.length(); i++) {
      int[] rows = Glyphs.rows(text.charAt(i));
      for (int dy = 0; dy < Glyphs.HEIGHT; dy++) {
        for (int dx = 0; dx < Glyphs.WIDTH; dx++) {
          if ((rows[dy] >> (Glyphs.WIDTH - 1 - dx) & 1) == 1) {
            int left = x + (i * (Glyphs.WIDTH + 1) + dx) * scale;
            fill(y + dy * scale, left, scale, scale, colour);
          }
        }
      }
    }
  }

  /// How wide [#text] is.
  static int textWidth(String text, int scale) {
    return text.length() * (Glyphs.WIDTH + 1) * scale;
  }
}
