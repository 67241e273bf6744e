package dev.tarn.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Region rules resolved on one axis.
class SpansTest {
  private static String cells(Spans spans) {
    StringBuilder text = new StringBuilder();
    for (int o = 0; o < spans.outputs(); o++) {
      int[] cells = new int[spans.taps(o)];
      for (int t = 0; t < cells.length; t++) {
        cells[t] = spans.from(o) + t * spans.step();
      }
      text.append(IntStream.of(cells).boxed().toList());
    }
    return text.toString();
  }

  private static Spans sliding(Window window, int size) {
    return Regions.sliding(window).spans(0, 1, size);
  }

  @Test
  void windowsWithoutPadding() {
    assertEquals("[0, 1][2, 3]", cells(sliding(Window.of(2).stride(2), 5)));
    assertEquals("[0, 1, 2][2, 3, 4]", cells(sliding(Window.of(3).stride(2), 5)));
    assertTrue(sliding(Window.of(2).stride(2), 5).unclipped());
  }

  @Test
  void windowsAreClippedToTheInput() {
    Spans spans = sliding(Window.of(3).stride(2).padding(1), 5);
    assertEquals("[0, 1][1, 2, 3][3, 4]", cells(spans));
    assertEquals(1, spans.tapFrom(0));
    assertEquals(0, spans.tapFrom(2));
    assertEquals(-1, spans.start(0));
    assertEquals(5, spans.end(2));
    assertEquals(3, spans.padded(0), "padding counts");
    assertFalse(spans.unclipped());
  }

  @Test
  void whatHangsOverThePaddingIsNotPadded() {
    Spans spans = sliding(Window.of(3).stride(2).padding(1).rounding(Rounding.CEIL), 6);
    assertEquals("[0, 1][1, 2, 3][3, 4, 5][5]", cells(spans));
    assertEquals(2, spans.padded(3));
  }

  @Test
  void dilatedTapsSkipCells() {
    Spans spans = sliding(Window.of(3).dilation(2).padding(2), 4);
    assertEquals("[0, 2][1, 3][0, 2][1, 3]", cells(spans));
    assertArrayEquals(new int[] {1, 1, 0, 0}, IntStream.range(0, 4).map(spans::tapFrom).toArray());
  }

  @Test
  void adaptiveRegionsAreFloorToCeil() {
    assertEquals("[0, 1, 2][2, 3, 4][4, 5, 6]", cells(Regions.adaptive(3).spans(0, 1, 7)));
    assertEquals("[0, 1][1, 2]", cells(Regions.adaptive(2).spans(0, 1, 3)));
    assertEquals("[0][0, 1][1]", cells(Regions.adaptive(3).spans(0, 1, 2)));
    assertEquals("[0, 1, 2, 3]", cells(Regions.global().spans(0, 1, 4)));
  }

  @Test
  void evenWindowsHaveOneSize() {
    // ⌈8/3⌉ = 3 cells, one cell of padding in all, put first.
    assertEquals("[0, 1][2, 3, 4][5, 6, 7]", cells(new Regions.Even(List.of(3)).spans(0, 1, 8)));
  }

  @Test
  void divisorsCountCells() {
    Spans spans = sliding(Window.of(3).stride(2).padding(1).rounding(Rounding.CEIL), 6);
    var counted = List.of(Divisor.Counted.values());
    assertEquals(
        List.of(1.0, 2.0, 3.0), counted.stream().map(c -> Divisor.factor(c, spans, 3)).toList());
    Spans adaptive = Regions.adaptive(2).spans(0, 1, 3);
    assertEquals(
        List.of(2.0, 2.0, 2.0), counted.stream().map(c -> Divisor.factor(c, adaptive, 1)).toList());
  }
}
