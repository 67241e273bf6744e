package dev.tarn.io.image;

import java.awt.geom.Path2D;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Letters as strokes of a pen, so that pictures look the same on every machine, those without any
/// fonts included.
///
/// A glyph is its width and its strokes, rows of points `x,y` parted by `|`: capitals stand from 0
/// to 12, small letters from 4, descenders reach 16. Where strokes bend little they are drawn
/// round, where they bend much, as corners.
final class StrokeFont {
  /// Height of capitals in glyph units.
  static final int CAPITAL = 12;

  private static final double GAP = 3.2;
  private static final double ROUND = Math.cos(Math.toRadians(68));
  private static final Map<Integer, Glyph> GLYPHS = glyphs();
  private static final Glyph UNKNOWN = glyph("6 0,0 6,0 6,12 0,12 0,0");

  private StrokeFont() {}

  private record Glyph(int width, List<double[]> strokes) {}

  /// How wide a text is whose capitals are `height` high.
  static double width(String text, double height) {
    double units = text.codePoints().mapToDouble(c -> of(c).width() + GAP).sum();
    return Math.max(0, units - GAP) * height / CAPITAL;
  }

  /// The strokes of a text that begins at `x` and stands on the line `y`, its capitals `height`
  /// high.
  static Path2D strokes(String text, double x, double y, double height) {
    Path2D path = new Path2D.Double();
    double scale = height / CAPITAL;
    double left = x;
    for (int c : text.codePoints().toArray()) {
      Glyph glyph = of(c);
      for (double[] stroke : glyph.strokes()) {
        add(path, stroke, left, y - height, scale);
      }
      left += (glyph.width() + GAP) * scale;
    }
    return path;
  }

  private static void add(Path2D path, double[] points, double left, double top, double scale) {
    int n = points.length / 2;
    double[] px = new double[n];
    double[] py = new double[n];
    for (int i = 0; i < n; i++) {
      px[i] = left + points[2 * i] * scale;
      py[i] = top + points[2 * i + 1] * scale;
    }
    path.moveTo(px[0], py[0]);
    for (int i = 1; i < n - 1; i++) {
      double inX = px[i] - px[i - 1];
      double inY = py[i] - py[i - 1];
      double outX = px[i + 1] - px[i];
      double outY = py[i + 1] - py[i];
      boolean round =
          inX * outX + inY * outY > ROUND * Math.hypot(inX, inY) * Math.hypot(outX, outY);
      if (round) {
        path.lineTo(px[i] - inX / 2, py[i] - inY / 2);
        path.quadTo(px[i], py[i], px[i] + outX / 2, py[i] + outY / 2);
      } else {
        path.lineTo(px[i], py[i]);
      }
    }
    path.lineTo(px[n - 1], py[n - 1]);
  }

  private static Glyph of(int c) {
    return GLYPHS.getOrDefault(c, UNKNOWN);
  }

  private static Glyph glyph(String text) {
    int space = text.indexOf(' ');
    if (space < 0) {
      return new Glyph(Integer.parseInt(text), List.of());
    }
    String[] strokes = text.substring(space + 1).split("\\|", -1);
    List<double[]> parsed =
        Stream.of(strokes)
            .map(s -> Stream.of(s.split("[ ,]", -1)).mapToDouble(Integer::parseInt).toArray())
            .toList();
    return new Glyph(Integer.parseInt(text.substring(0, space)), parsed);
  }

  private static void add(Map<Integer, Glyph> to, String characters, String... glyphs) {
    int[] all = characters.codePoints().toArray();
    for (int i = 0; i < all.length; i++) {
      to.put(all[i], glyph(glyphs[i]));
    }
  }

  private static Map<Integer, Glyph> glyphs() {
    Map<Integer, Glyph> all = new HashMap<>();
    add(
        all,
        "0123456789",
        "8 4,0 6,1 8,4 8,8 6,11 4,12 2,11 0,8 0,4 2,1 4,0",
        "8 2,3 5,0 5,12",
        "8 0,3 1,1 3,0 5,0 7,1 8,3 7,6 0,12 8,12",
        "8 0,1 2,0 6,0 8,2 8,4 6,6 3,6|6,6 8,8 8,10 6,12 2,12 0,11",
        "8 6,12 6,0 0,8 8,8",
        "8 7,0 1,0 0,5 3,4 5,4 8,6 8,9 6,12 3,12 0,11",
        "8 7,1 5,0 3,0 1,2 0,5 0,9 2,12 6,12 8,10 8,7 6,5 3,5 0,7",
        "8 0,0 8,0 3,12",
        "8 4,0 7,1 7,4 4,6 1,4 1,1 4,0|4,6 8,8 8,10 6,12 2,12 0,10 0,8 4,6",
        "8 1,11 3,12 5,12 7,10 8,7 8,3 6,0 2,0 0,2 0,5 2,7 5,7 8,5");
    add(
        all,
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "8 0,12 4,0 8,12|1,8 7,8",
        "8 0,6 5,6 8,8 8,10 5,12 0,12 0,0 5,0 7,2 7,4 5,6",
        "8 8,2 6,0 3,0 1,1 0,4 0,8 1,11 3,12 6,12 8,10",
        "8 0,0 0,12 4,12 7,10 8,7 8,5 7,2 4,0 0,0",
        "7 7,0 0,0 0,12 7,12|0,6 5,6",
        "7 7,0 0,0 0,12|0,6 5,6",
        "8 8,2 6,0 3,0 1,1 0,4 0,8 1,11 3,12 6,12 8,10 8,7 5,7",
        "8 0,0 0,12|8,0 8,12|0,6 8,6",
        "1 0,0 0,12",
        "6 6,0 6,9 5,11 3,12 1,11 0,9",
        "8 0,0 0,12|8,0 0,8|3,5 8,12",
        "7 0,0 0,12 7,12",
        "10 0,12 0,0 5,8 10,0 10,12",
        "8 0,12 0,0 8,12 8,0",
        "9 3,0 6,0 8,1 9,4 9,8 8,11 6,12 3,12 1,11 0,8 0,4 1,1 3,0",
        "8 0,12 0,0 5,0 8,2 8,5 5,7 0,7",
        "9 3,0 6,0 8,1 9,4 9,8 8,11 6,12 3,12 1,11 0,8 0,4 1,1 3,0|6,9 9,13",
        "8 0,12 0,0 5,0 8,2 8,5 5,7 0,7|4,7 8,12",
        "8 8,2 6,0 2,0 0,2 0,4 2,6 6,6 8,8 8,10 6,12 2,12 0,10",
        "8 4,0 4,12|0,0 8,0",
        "8 0,0 0,9 2,12 6,12 8,9 8,0",
        "8 0,0 4,12 8,0",
        "12 0,0 3,12 6,2 9,12 12,0",
        "8 0,0 8,12|8,0 0,12",
        "8 0,0 4,6 8,0|4,6 4,12",
        "8 0,0 8,0 0,12 8,12");
    add(
        all,
        "abcdefghijklmnopqrstuvwxyz",
        "6 6,4 6,12|6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,10",
        "6 0,0 0,12|0,6 2,4 4,4 6,6 6,10 4,12 2,12 0,10",
        "6 6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,10",
        "6 6,0 6,12|6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,10",
        "6 0,8 6,8 6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,11",
        "4 4,0 3,0 1,2 1,12|0,4 4,4",
        "6 6,4 6,13 4,16 2,16 0,15|6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,10",
        "6 0,0 0,12|0,6 2,4 4,4 6,6 6,12",
        "1 0,4 0,12|0,0 0,1",
        "2 2,4 2,14 1,16 0,16|2,0 2,1",
        "6 0,0 0,12|5,4 0,9|2,7 6,12",
        "1 0,0 0,12",
        "10 0,4 0,12|0,6 2,4 3,4 5,6 5,12|5,6 7,4 8,4 10,6 10,12",
        "6 0,4 0,12|0,6 2,4 4,4 6,6 6,12",
        "6 2,4 4,4 6,6 6,10 4,12 2,12 0,10 0,6 2,4",
        "6 0,4 0,16|0,6 2,4 4,4 6,6 6,10 4,12 2,12 0,10",
        "6 6,4 6,16|6,6 4,4 2,4 0,6 0,10 2,12 4,12 6,10",
        "4 0,4 0,12|0,7 2,4 4,4",
        "6 6,5 4,4 2,4 0,5 0,7 2,8 4,8 6,9 6,11 4,12 2,12 0,11",
        "4 1,0 1,10 2,12 4,12|0,4 4,4",
        "6 0,4 0,10 2,12 4,12 6,10|6,4 6,12",
        "6 0,4 3,12 6,4",
        "8 0,4 2,12 4,5 6,12 8,4",
        "6 0,4 6,12|6,4 0,12",
        "6 0,4 3,12|6,4 3,12 1,16 0,16",
        "6 0,4 6,4 0,12 6,12");
    add(
        all,
        " .,:;!?'\"-–_+=<>/\\|()[]{}",
        "4",
        "1 0,11 0,12",
        "2 1,11 1,12 0,14",
        "1 0,5 0,6|0,11 0,12",
        "2 1,5 1,6|1,11 1,12 0,14",
        "1 0,0 0,8|0,11 0,12",
        "7 0,2 2,0 5,0 7,2 7,4 4,6 4,8|4,11 4,12",
        "1 0,0 0,3",
        "3 0,0 0,3|3,0 3,3",
        "6 0,7 6,7",
        "8 0,7 8,7",
        "8 0,14 8,14",
        "8 4,3 4,11|0,7 8,7",
        "8 0,5 8,5|0,9 8,9",
        "7 7,3 0,7 7,11",
        "7 0,3 7,7 0,11",
        "6 6,0 0,13",
        "6 0,0 6,13",
        "1 0,-1 0,14",
        "3 3,-1 1,2 0,6 1,10 3,13",
        "3 0,-1 2,2 3,6 2,10 0,13",
        "3 3,-1 0,-1 0,13 3,13",
        "3 0,-1 3,-1 3,13 0,13",
        "4 4,-1 2,0 2,4 0,6 2,8 2,12 4,13",
        "4 0,-1 2,0 2,4 4,6 2,8 2,12 0,13");
    add(
        all,
        "%#&*@$^~`×·…→≥≤",
        "10 10,0 0,12|1,0 3,0 4,2 3,4 1,4 0,2 1,0|7,8 9,8 10,10 9,12 7,12 6,10 7,8",
        "8 2,0 1,12|7,0 6,12|0,4 8,4|0,8 8,8",
        "9 9,12 2,4 2,1 4,0 6,1 6,3 1,7 0,9 1,11 3,12 5,12 8,9 9,7",
        "6 3,1 3,7|0,2 6,6|6,2 0,6",
        "11 8,4 6,3 4,4 3,6 4,8 6,8 8,7 8,4 8,8 10,8 11,5 9,1 6,0 2,1 0,5 1,10 4,12 8,12",
        "8 8,3 6,1 2,1 0,3 2,6 6,6 8,9 6,11 2,11 0,9|4,-1 4,13",
        "6 0,4 3,0 6,4",
        "8 0,8 2,6 4,7 6,8 8,6",
        "2 0,0 2,2",
        "6 0,5 6,11|6,5 0,11",
        "1 0,6 0,7",
        "7 0,11 0,12|3,11 3,12|6,11 6,12",
        "9 0,7 9,7|6,4 9,7 6,10",
        "7 0,2 7,5 0,8|0,12 7,12",
        "7 7,2 0,5 7,8|0,12 7,12");
    return Map.copyOf(all);
  }
}
