package dev.tarn.io.image;

import dev.tarn.error.StoreException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/// A white sheet to draw on: lines, text and images, with smooth edges, the same on every machine.
///
/// Places are in pixels from the top left corner; what lies outside the sheet is not drawn.
public final class Canvas {
  /// Colours that the colour-blind tell apart too (Okabe and Ito 2008, "Color universal design").
  public enum Ink {
    BLACK(0x202020),
    GREY(0x707070),
    LIGHT(0xdddddd),
    WHITE(0xffffff),
    BLUE(0x0072b2),
    ORANGE(0xd55e00),
    GREEN(0x009e73),
    PURPLE(0xcc79a7),
    YELLOW(0xe69f00),
    SKY(0x56b4e9);

    private final Color colour;

    Ink(int rgb) {
      this.colour = new Color(rgb);
    }
  }

  /// Where a text lies from the place it is given.
  public enum Align {
    RIGHT_OF,
    CENTRED,
    LEFT_OF
  }

  /// How the values of a map become colours.
  public enum Shades {
    /// From black to white.
    GREY,
    /// From dark blue over green to yellow: the colours of viridis (Smith and van der Walt 2015).
    VIRIDIS
  }

  private static final int[][] VIRIDIS = {
    {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}
  };

  private final BufferedImage image;
  private final Graphics2D graphics;

  /// A white sheet.
  ///
  /// @throws dev.tarn.error.LimitException if it has more than [ImageFile#MOST_PIXELS] pixels
  public Canvas(int width, int height) {
    ImageFile.requirePixels("picture", width, height);
    image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, width, height);
  }

  /// A filled rectangle.
  public Canvas fill(double x, double y, double width, double height, Ink ink) {
    graphics.setColor(ink.colour);
    graphics.fill(new Rectangle2D.Double(x, y, width, height));
    return this;
  }

  /// A line through places `x0, y0, x1, y1, …`, `width` pixels wide.
  public Canvas line(double width, Ink ink, double... places) {
    if (places.length >= 4) {
      var path = new Path2D.Double();
      path.moveTo(places[0], places[1]);
      for (int i = 2; i + 1 < places.length; i += 2) {
        path.lineTo(places[i], places[i + 1]);
      }
      stroke(path, width, ink);
    }
    return this;
  }

  /// A filled circle.
  public Canvas dot(double x, double y, double radius, Ink ink) {
    graphics.setColor(ink.colour);
    graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
    return this;
  }

  /// A text whose letters stand on the line `y`, capitals `size` pixels high.
  public Canvas text(double x, double y, double size, String text, Align align, Ink ink) {
    double width = textWidth(text, size);
    double left =
        switch (align) {
          case RIGHT_OF -> x;
          case CENTRED -> x - width / 2;
          case LEFT_OF -> x - width;
        };
    stroke(StrokeFont.strokes(text, left, y, size), Math.max(1, size / 7), ink);
    return this;
  }

  /// How wide a text is whose capitals are `size` pixels high.
  public static double textWidth(String text, double size) {
    return StrokeFont.width(text, size);
  }

  /// `text`, or as much of its beginning as fits into `width` pixels and an ellipsis.
  public static String fitted(String text, double size, double width) {
    if (textWidth(text, size) <= width) {
      return text;
    }
    String shorter = text;
    while (!shorter.isEmpty() && textWidth(shorter + "…", size) > width) {
      shorter = shorter.substring(0, shorter.offsetByCodePoints(shorter.length(), -1));
    }
    return shorter + "…";
  }

  /// An image of shape `[1 or 3, height, width]`, values 0 to 1, filling a rectangle; each of its
  /// pixels becomes a block.
  public Canvas image(double x, double y, double width, double height, Tensor picture) {
    return blocks(x, y, width, height, Pixels.toImage(picture));
  }

  /// One feature map of shape `[height, width]` or `[1, height, width]`, filling a rectangle; its
  /// least value gets the first shade, its greatest the last. NaN is orange; a constant map gets
  /// the first shade.
  public Canvas map(double x, double y, double width, double height, Tensor map, Shades shades) {
    int rank = map.shape().rank();
    int rows = map.shape().size(rank - 2);
    int columns = map.shape().size(rank - 1);
    float[] values = map.to(Layout.NCHW).array();
    float least = Float.POSITIVE_INFINITY;
    float greatest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      if (Float.isFinite(value)) {
        least = Math.min(least, value);
        greatest = Math.max(greatest, value);
      }
    }
    var picture = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < rows * columns; i++) {
      float part = greatest > least ? (values[i] - least) / (greatest - least) : 0;
      int rgb = Float.isNaN(values[i]) ? Ink.ORANGE.colour.getRGB() : shade(part, shades);
      picture.setRGB(i % columns, i / columns, rgb);
    }
    return blocks(x, y, width, height, picture);
  }

  private static int shade(float value, Shades shades) {
    float part = Math.max(0, Math.min(1, value));
    if (shades == Shades.GREY) {
      return Pixels.toByte(part) * 0x010101;
    }
    float place = part * (VIRIDIS.length - 1);
    int low = Math.min(VIRIDIS.length - 2, (int) place);
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      float between = VIRIDIS[low][c] + (place - low) * (VIRIDIS[low + 1][c] - VIRIDIS[low][c]);
      rgb = rgb << 8 | Math.round(between);
    }
    return rgb;
  }

  private Canvas blocks(double x, double y, double width, double height, BufferedImage picture) {
    graphics.drawImage(
        picture,
        (int) Math.round(x),
        (int) Math.round(y),
        (int) Math.round(width),
        (int) Math.round(height),
        null);
    return this;
  }

  /// What was drawn, as an image of shape `[3, height, width]`.
  public Tensor image() {
    return Tensor.of(
        Shape.of(3, image.getHeight(), image.getWidth()), Pixels.of(image, Colours.RGB));
  }

  /// Writes what was drawn as PNG.
  ///
  /// @throws StoreException if the file cannot be written
  public void write(Path file) {
    ImageFile.write(file, image);
  }

  /// The colours to tell lines apart by, the most distinct first.
  static Ink line(int number) {
    List<Ink> inks = List.of(Ink.BLUE, Ink.ORANGE, Ink.GREEN, Ink.PURPLE, Ink.YELLOW, Ink.SKY);
    return inks.get(number % inks.size());
  }

  private void stroke(java.awt.Shape shape, double width, Ink ink) {
    graphics.setColor(ink.colour);
    graphics.setStroke(
        new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    graphics.draw(shape);
  }
}
