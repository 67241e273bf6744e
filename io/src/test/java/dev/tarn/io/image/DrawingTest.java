package dev.tarn.io.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.image.Canvas.Align;
import dev.tarn.io.image.Canvas.Ink;
import dev.tarn.io.image.Canvas.Shades;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrawingTest {
  private static int[] rgb(Tensor image, int x, int y) {
    return new int[] {
      Math.round(255 * image.get(0, y, x)),
      Math.round(255 * image.get(1, y, x)),
      Math.round(255 * image.get(2, y, x))
    };
  }

  private static int dark(Tensor image, int fromX, int fromY, int toX, int toY) {
    int dark = 0;
    for (int y = fromY; y < toY; y++) {
      for (int x = fromX; x < toX; x++) {
        dark += image.get(0, y, x) < 0.5f ? 1 : 0;
      }
    }
    return dark;
  }

  @Test
  void a_sheet_is_white_and_keeps_what_is_drawn(@TempDir Path folder) {
    Canvas canvas = new Canvas(20, 10).fill(2, 3, 4, 5, Ink.BLUE);
    Tensor image = canvas.image();
    assertEquals(Shape.of(3, 10, 20), image.shape());
    assertArrayEquals(new int[] {255, 255, 255}, rgb(image, 1, 3));
    assertArrayEquals(new int[] {0, 0x72, 0xb2}, rgb(image, 2, 3));
    assertArrayEquals(new int[] {0, 0x72, 0xb2}, rgb(image, 5, 7));
    assertArrayEquals(new int[] {255, 255, 255}, rgb(image, 6, 7));
    canvas.write(folder.resolve("a.png"));
    assertEquals(image, ImageFile.read(folder.resolve("a.png"), Colours.RGB));
  }

  @Test
  void text_stands_on_its_line_and_is_as_wide_as_it_says() {
    double width = Canvas.textWidth("Hill", 12);
    Canvas canvas = new Canvas(80, 40).text(10, 30, 12, "Hill", Align.RIGHT_OF, Ink.BLACK);
    int right = (int) Math.ceil(10 + width);
    assertTrue(dark(canvas.image(), 9, 17, right + 1, 32) > 30, "the letters");
    assertEquals(0, dark(canvas.image(), 0, 0, 80, 16), "nothing above");
    assertEquals(0, dark(canvas.image(), 0, 33, 80, 40), "nothing below");
    assertEquals(0, dark(canvas.image(), right + 2, 0, 80, 40), "nothing beyond");
    Canvas left = new Canvas(80, 40).text(70, 30, 12, "Hill", Align.LEFT_OF, Ink.BLACK);
    assertEquals(0, dark(left.image(), 72, 0, 80, 40));
    assertTrue(dark(left.image(), 40, 17, 72, 32) > 30);
  }

  @Test
  void every_printable_character_has_a_glyph_of_its_own_and_others_a_box() {
    Tensor box = glyph('\u4e00');
    for (char c = '!'; c <= '~'; c++) {
      char which = c;
      assertTrue(dark(glyph(c), 0, 0, 40, 40) > 2, () -> "nothing drawn for " + which);
      assertFalse(box.equals(glyph(c)), () -> "no glyph for " + which);
    }
  }

  private static Tensor glyph(char c) {
    return new Canvas(40, 40).text(5, 30, 24, String.valueOf(c), Align.RIGHT_OF, Ink.BLACK).image();
  }

  @Test
  void long_texts_are_cut_to_their_room() {
    assertEquals("short", Canvas.fitted("short", 8, 100));
    String cut = Canvas.fitted("a rather long label", 8, 60);
    assertTrue(cut.endsWith("…") && Canvas.textWidth(cut, 8) <= 60, cut);
  }

  @Test
  void a_map_runs_from_its_least_to_its_greatest_value() {
    Tensor map = Tensor.of(Shape.of(1, 3), -5, 0, 5);
    Tensor grey = new Canvas(6, 2).map(0, 0, 6, 2, map, Shades.GREY).image();
    assertArrayEquals(new int[] {0, 0, 0}, rgb(grey, 1, 0));
    assertArrayEquals(new int[] {128, 128, 128}, rgb(grey, 3, 1));
    assertArrayEquals(new int[] {255, 255, 255}, rgb(grey, 5, 1));
    Tensor viridis = new Canvas(6, 2).map(0, 0, 6, 2, map, Shades.VIRIDIS).image();
    assertArrayEquals(new int[] {68, 1, 84}, rgb(viridis, 0, 0));
    assertArrayEquals(new int[] {33, 145, 140}, rgb(viridis, 2, 0));
    assertArrayEquals(new int[] {253, 231, 37}, rgb(viridis, 5, 0));
  }

  @Test
  void constant_maps_and_values_that_are_no_numbers_are_drawn_too() {
    Tensor constant = Tensor.of(Shape.of(1, 2), 7, 7);
    assertArrayEquals(
        new int[] {0, 0, 0},
        rgb(new Canvas(2, 1).map(0, 0, 2, 1, constant, Shades.GREY).image(), 1, 0));
    Tensor odd =
        Tensor.of(Shape.of(1, 4), Float.NaN, Float.NEGATIVE_INFINITY, 1, Float.POSITIVE_INFINITY);
    Tensor drawn = new Canvas(4, 1).map(0, 0, 4, 1, odd, Shades.GREY).image();
    assertArrayEquals(new int[] {0xd5, 0x5e, 0}, rgb(drawn, 0, 0));
  }

  @Test
  void a_sheet_puts_pictures_in_rows_with_labels_below() {
    Tensor white = Tensor.of(Shape.of(1, 1, 1), 0);
    var sheet =
        new ImageSheet(
            2,
            20,
            List.of(
                new ImageSheet.Image("one", Ink.BLACK, white),
                new ImageSheet.Image("two", Ink.BLACK, white),
                new ImageSheet.Image("", Ink.BLACK, white)));
    Tensor image = sheet.draw().image();
    assertEquals(Shape.of(3, 106, 70), image.shape());
    assertEquals(400, dark(image, 10, 10, 30, 30), "the first picture");
    assertEquals(400, dark(image, 40, 10, 60, 30), "the second");
    assertEquals(400, dark(image, 10, 58, 30, 78), "the third below");
    assertTrue(dark(image, 8, 32, 32, 48) > 10, "a label");
    assertEquals(0, dark(image, 10, 80, 30, 100), "no label");
  }

  @Test
  void all_channels_of_one_example_become_maps_in_either_layout() {
    Tensor maps = Tensor.zeros(Shape.of(2, 3, 4, 5));
    for (int i = 0; i < maps.array().length; i++) {
      maps.array()[i] = i;
    }
    List<Tensor> planes = ImageSheet.maps(maps, 1);
    assertEquals(3, planes.size());
    assertEquals(60 + 40, planes.get(2).get(0, 0));
    assertEquals(planes, ImageSheet.maps(maps.to(Layout.NHWC), 1));
  }

  @Test
  void a_chart_draws_its_lines_where_their_values_are() {
    var chart =
        new LineChart(
            "loss",
            "epoch",
            LineChart.Floor.ZERO,
            List.of(new LineChart.Line("flat", List.of(2.0, 2.0, 2.0, 2.0))));
    Tensor image = LineChart.draw(List.of(chart)).image();
    // from 0 to 2 in five steps: the line lies on the upper edge of the area
    int blue = 0;
    for (int x = 80; x < 430; x++) {
      blue += rgb(image, x, 40)[2] > 150 && rgb(image, x, 40)[0] < 100 ? 1 : 0;
    }
    assertTrue(blue > 300, "the line: " + blue);
    assertTrue(dark(image, 20, 30, 58, 280) > 40, "numbers beside the axis");
  }

  @Test
  void charts_of_one_value_of_equal_values_and_of_gaps_are_drawn() {
    for (List<Double> values :
        List.of(
            List.of(0.5),
            List.of(0.97, 0.97),
            List.of(0.0),
            List.of(1.0, Double.NaN, Double.POSITIVE_INFINITY, 3.0, 2.0),
            List.of(Double.NaN),
            List.of(1e-9, 2e-9),
            List.of(-1e12, 1e12))) {
      for (LineChart.Floor floor : LineChart.Floor.values()) {
        var chart = new LineChart("t", "epoch", floor, List.of(new LineChart.Line("line", values)));
        assertEquals(Shape.of(3, 320, 920), LineChart.draw(List.of(chart, chart)).image().shape());
      }
    }
  }

  @Test
  void nothing_to_draw_and_too_much_to_draw_are_refused() {
    assertThrows(
        ParameterException.class, () -> new LineChart("t", "x", LineChart.Floor.ZERO, List.of()));
    assertThrows(ParameterException.class, () -> new ImageSheet(3, 20, List.of()));
    assertThrows(LimitException.class, () -> new Canvas(10_000, 10_000));
    assertThrows(
        ShapeException.class,
        () -> new ImageSheet.Image("x", Ink.BLACK, Tensor.zeros(Shape.of(2, 4, 4))));
    assertThrows(
        ParameterException.class,
        () -> new ImageSheet.Map("x", Ink.BLACK, Tensor.zeros(Shape.of(1, 4, 4)), Shades.GREY));
  }

  @Test
  void the_same_drawing_has_the_same_bits() {
    assertEquals(glyph('g'), glyph('g'));
  }
}
