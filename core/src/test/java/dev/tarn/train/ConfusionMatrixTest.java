package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
  private static final List<String> LABELS = List.of("cat", "dog", "emu");

  private static ConfusionMatrix example() {
    return ConfusionMatrix.of(new int[] {0, 0, 0, 0, 1, 1}, new int[] {0, 0, 0, 1, 1, 0}, LABELS);
  }

  @Test
  void scores_by_hand() {
    ConfusionMatrix matrix = example();
    assertEquals(1, matrix.count(0, 1));
    assertEquals(6, matrix.total());
    assertEquals(4.0 / 6, matrix.accuracy());
    assertEquals(3.0 / 4, matrix.precision(0));
    assertEquals(3.0 / 4, matrix.recall(0));
    assertEquals(1.0 / 2, matrix.f1(1));
    assertEquals((0.75 + 0.5 + 0) / 3, matrix.macroF1(), 1e-15);
    assertEquals((0.75 + 0.5 + 0) / 3, matrix.macroPrecision(), 1e-15);
    assertEquals((0.75 + 0.5 + 0) / 3, matrix.macroRecall(), 1e-15);
  }

  @Test
  void a_class_that_is_never_seen_nor_named_scores_zero() {
    assertEquals(0, example().precision(2));
    assertEquals(0, example().recall(2));
    assertEquals(0, example().f1(2));
  }

  @Test
  void the_table_has_rows_of_truths_and_columns_of_predictions() {
    assertEquals(
        """
            cat dog emu  precision  recall      F1
        cat   3   1   .     0.7500  0.7500  0.7500
        dog   1   1   .     0.5000  0.5000  0.5000
        emu   .   .   .     0.0000  0.0000  0.0000
        """,
        example().table());
  }

  @Test
  void long_names_and_large_counts_keep_the_columns_straight() {
    int[] many = new int[123_456];
    String table = ConfusionMatrix.of(many, many, List.of("a very long class name", "b")).table();
    String[] lines = table.lines().toArray(String[]::new);
    assertEquals(3, lines.length);
    assertEquals(lines[0].length(), lines[1].length());
    assertTrue(lines[1].contains(" 123456 "), table);
  }

  @Test
  void what_does_not_fit_is_refused() {
    assertThrows(ShapeException.class, () -> ConfusionMatrix.of(new int[2], new int[3], LABELS));
    var e =
        assertThrows(
            ParameterException.class,
            () -> ConfusionMatrix.of(new int[] {0, 3}, new int[2], LABELS));
    assertTrue(e.getMessage().contains("example 1 has class 3"), e::getMessage);
  }
}
