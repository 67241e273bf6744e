package dev.tarn.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import org.junit.jupiter.api.Test;

/// Indices as other frameworks count them.
class IndexOrderTest {
  private static final Shape INPUT = Shape.of(2, 3, 4, 5);
  private static final Shape OUTPUT = Shape.of(2, 3, 1, 1);

  @Test
  void oneCellInEveryOrder() {
    // Row 1, column 3 of every plane.
    var indices = new Indices(OUTPUT, new int[] {8, 8, 8, 8, 8, 8});
    assertArrayEquals(new int[] {8, 8, 8, 8, 8, 8}, indices.to(IndexOrder.PLANE, INPUT));
    assertArrayEquals(new int[] {8, 28, 48, 68, 88, 108}, indices.to(IndexOrder.TENSOR, INPUT));
    assertArrayEquals(
        new int[] {13, 33, 53, 73, 93, 113}, indices.to(IndexOrder.TENSOR_BY_COLUMNS, INPUT));
    assertArrayEquals(
        new int[] {24, 25, 26, 24, 25, 26}, indices.to(IndexOrder.CHANNELS_LAST, INPUT));
  }

  @Test
  void thereAndBack() {
    Shape input = Shape.of(1, 2, 2, 3, 4);
    Shape output = Shape.of(1, 2, 2, 3, 4);
    int[] all = new int[48];
    for (int i = 0; i < all.length; i++) {
      all[i] = i % 24;
    }
    var indices = new Indices(output, all);
    for (IndexOrder order : IndexOrder.values()) {
      assertEquals(
          indices, Indices.of(order, output, input, indices.to(order, input)), order.name());
    }
  }

  @Test
  void numbersOfAnotherPlane() {
    for (IndexOrder order : IndexOrder.values()) {
      int[] good = new Indices(OUTPUT, new int[6]).to(order, INPUT);
      for (int bad : new int[] {-1, 120, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        int[] numbers = good.clone();
        numbers[4] = bad;
        var e =
            assertThrows(ParameterException.class, () -> Indices.of(order, OUTPUT, INPUT, numbers));
        assertTrue(e.getMessage().contains("number %d, at place 4".formatted(bad)), order.name());
      }
    }
    assertThrows(
        ParameterException.class,
        () -> Indices.of(IndexOrder.CHANNELS_LAST, OUTPUT, INPUT, 0, 1, 2, 0, 0, 2));
  }

  @Test
  void shapesThatDoNotFit() {
    var indices = new Indices(OUTPUT, new int[6]);
    assertThrows(ShapeException.class, () -> indices.to(IndexOrder.TENSOR, Shape.of(2, 4, 4, 5)));
    assertThrows(ShapeException.class, () -> indices.to(IndexOrder.TENSOR, Shape.of(3, 4, 5)));
  }

  @Test
  void emptyBatch() {
    var indices = new Indices(Shape.of(0, 3, 1, 1), new int[0]);
    assertEquals(0, indices.to(IndexOrder.TENSOR, Shape.of(0, 3, 4, 5)).length);
  }
}
