package dev.tarn.io.image;

import dev.tarn.error.ParameterException;
import dev.tarn.io.image.Canvas.Align;
import dev.tarn.io.image.Canvas.Ink;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A diagram of values that follow each other, such as loss or accuracy from epoch to epoch.
///
/// @param title what is drawn upwards, such as `loss`
/// @param across what is counted to the right, such as `epoch`; the first value belongs to 1
/// @param floor where the upward axis begins
/// @param lines what is drawn
public record LineChart(String title, String across, Floor floor, List<Line> lines) {
  /// Where the upward axis begins.
  public enum Floor {
    /// At 0, or below it if there are lower values.
    ZERO,
    /// A little below the lowest value.
    LOWEST
  }

  /// One row of values; those that are not finite are left out.
  public record Line(String name, List<Double> values) {
    public Line {
      values = List.copyOf(values);
    }
  }

  private static final int WIDTH = 460;
  private static final int HEIGHT = 320;
  private static final int LEFT = 62;
  private static final int RIGHT = 18;
  private static final int TOP = 40;
  private static final int BOTTOM = 46;
  private static final double SIZE = 8.5;
  private static final double TITLE = 11;
  private static final int DOTTED = 40;

  public LineChart {
    lines = List.copyOf(lines);
    if (lines.isEmpty() || lines.stream().allMatch(line -> line.values().isEmpty())) {
      throw new ParameterException(
          "chart \"%s\": no values to draw; needed at least one line with one value."
              .formatted(title));
    }
  }

  /// The charts side by side.
  public static Canvas draw(List<LineChart> charts) {
    var canvas = new Canvas(Math.max(1, charts.size()) * WIDTH, HEIGHT);
    for (int i = 0; i < charts.size(); i++) {
      charts.get(i).draw(canvas, i * WIDTH);
    }
    return canvas;
  }

  private void draw(Canvas canvas, int left) {
    double low = least();
    double high = greatest();
    double step = step(high - low, 5);
    double from = Math.floor(low / step + 1e-9) * step;
    double to = Math.ceil(high / step - 1e-9) * step;
    var area =
        new Area(left + LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, from, to, count());
    canvas.text(left + LEFT, TOP - 18, TITLE, title, Align.RIGHT_OF, Ink.BLACK);
    legend(canvas, left + WIDTH - RIGHT);
    for (int i = 0; from + i * step <= to + step / 2; i++) {
      double value = from + i * step;
      canvas.line(
          1, Ink.LIGHT, area.left(), area.y(value), area.left() + area.width(), area.y(value));
      canvas.text(
          area.left() - 9,
          area.y(value) + SIZE / 2,
          SIZE,
          number(value, step),
          Align.LEFT_OF,
          Ink.GREY);
    }
    double stepAcross = Math.max(1, step(count() - 1.0, 8));
    for (double x = stepAcross >= 2 ? stepAcross : 1; x <= count(); x += stepAcross) {
      double bottom = area.top() + area.height();
      canvas.line(1, Ink.GREY, area.x(x), bottom, area.x(x), bottom + 4);
      canvas.text(area.x(x), bottom + 17, SIZE, number(x, stepAcross), Align.CENTRED, Ink.GREY);
    }
    canvas.text(area.left() + area.width() / 2, HEIGHT - 10, SIZE, across, Align.CENTRED, Ink.GREY);
    canvas.line(
        1.2,
        Ink.GREY,
        area.left(),
        area.top(),
        area.left(),
        area.top() + area.height(),
        area.left() + area.width(),
        area.top() + area.height());
    for (int i = 0; i < lines.size(); i++) {
      draw(canvas, area, lines.get(i).values(), Canvas.line(i));
    }
  }

  private static void draw(Canvas canvas, Area area, List<Double> values, Ink ink) {
    List<Double> run = new ArrayList<>();
    for (int i = 0; i <= values.size(); i++) {
      if (i < values.size() && Double.isFinite(values.get(i))) {
        run.add(area.x(i + 1));
        run.add(area.y(values.get(i)));
        if (values.size() <= DOTTED) {
          canvas.dot(area.x(i + 1), area.y(values.get(i)), 2.6, ink);
        }
      } else {
        canvas.line(1.8, ink, run.stream().mapToDouble(Double::doubleValue).toArray());
        run.clear();
      }
    }
  }

  private void legend(Canvas canvas, double right) {
    double x = right;
    for (int i = lines.size() - 1; i >= 0; i--) {
      String name = lines.get(i).name();
      canvas.text(x, TOP - 18, SIZE, name, Align.LEFT_OF, Ink.BLACK);
      x -= Canvas.textWidth(name, SIZE) + 8;
      canvas.line(2.4, Canvas.line(i), x - 18, TOP - 18 - SIZE / 2, x, TOP - 18 - SIZE / 2);
      x -= 36;
    }
  }

  private int count() {
    return lines.stream().mapToInt(line -> line.values().size()).max().orElse(1);
  }

  private double least() {
    double least =
        lines.stream()
            .flatMap(line -> line.values().stream())
            .filter(Double::isFinite)
            .mapToDouble(Double::doubleValue)
            .min()
            .orElse(0);
    return floor == Floor.ZERO ? Math.min(0, least) : least;
  }

  /// The greatest value, or a little more than the least if they are the same.
  private double greatest() {
    double greatest =
        lines.stream()
            .flatMap(line -> line.values().stream())
            .filter(Double::isFinite)
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(1);
    double least = least();
    return greatest > least ? greatest : least + Math.max(0.01, Math.abs(least) * 0.01);
  }

  /// The round number (1, 2 or 5 times a power of ten) that divides `range` into about `parts`.
  private static double step(double range, int parts) {
    if (!(range > 0)) {
      return 1;
    }
    double rough = range / parts;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double lead = rough / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
  }

  private static String number(double value, double step) {
    int decimals = (int) Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
    double shown = Math.abs(value) < step / 1000 ? 0 : value;
    return String.format(Locale.ROOT, "%." + decimals + "f", shown);
  }

  /// The rectangle that values are drawn in.
  private record Area(
      double left, double top, double width, double height, double from, double to, int count) {
    double x(double number) {
      return count == 1 ? left + width / 2 : left + 10 + (width - 20) * (number - 1) / (count - 1);
    }

    double y(double value) {
      return top + height - height * (value - from) / (to - from);
    }
  }
}
