package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NestedListTest {
  @Test
  void readsAnyDepthAndAllKindsOfNumbers() {
    Tensor tensor = NestedList.parse(" [ [1, -2.5,\t.5] ,\n[1e3, +Infinity, -inf] ] ");
    assertEquals(Shape.of(2, 3), tensor.shape());
    assertArrayEquals(
        new float[] {1f, -2.5f, 0.5f, 1000f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY},
        tensor.array());
    assertTrue(Float.isNaN(NestedList.parse("[nan]").array()[0]));
    assertEquals(Shape.of(1, 1, 1, 1, 1, 1, 1, 1), NestedList.parse("[[[[[[[[7]]]]]]]]").shape());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[[1,2],[3]] | the one at character 8 has 1 items",
        "[1,[2]] | character 4",
        "[[1],2] | character 6",
        "[] | empty at character 1",
        "[[]] | empty at character 2",
        "[1,2 | the end",
        "[1 2] | \"2\" at character 4",
        "[1,] | \"]\" at character 4",
        "[1]] | \"]\" at character 4",
        "[1]x | \"x\" at character 4",
        "[a] | \"a\" at character 2",
        "[1e39] | beyond float32",
        "[1,\u001b] | \\u001b",
        "[[[[[[[[[1]]]]]]]]] | more than 8 deep",
        "7 | where a list is needed",
      })
  void saysWhereTextDoesNotFit(String text, String part) {
    var fault = assertThrows(TarnException.class, () -> NestedList.parse(text));
    assertTrue(fault instanceof FormatException || fault instanceof ShapeException);
    assertTrue(fault.getMessage().contains(part), fault.getMessage());
  }

  @Test
  void anyMutilatedTextGivesATensorOrOneOfOurExceptions() {
    long seed = Long.getLong("tests.seed", 1);
    var random = new SplittableRandom(seed);
    String alphabet = "[[]],,0123456789.-+einfNa \t{}\"\u0000é";
    for (int i = 0; i < 20_000 * Integer.getInteger("tests.rounds", 1); i++) {
      var text = new StringBuilder("[[1,2],[3,4]]");
      for (int edit = random.nextInt(4); edit >= 0; edit--) {
        int at = random.nextInt(text.length());
        char with = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, with);
          case 1 -> text.insert(at, with);
          default -> text.setLength(Math.max(1, at));
        }
      }
      try {
        Tensor tensor = NestedList.parse(text.toString());
        assertEquals(
            NestedList.format(tensor),
            NestedList.format(NestedList.parse(NestedList.format(tensor))));
      } catch (FormatException | ShapeException e) {
        assertTrue(e.getMessage().startsWith("list: "), "seed " + seed + ": " + e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "9, 9",
    "-0, 0",
    "4.25, 4.25",
    "3.5, 3.5",
    "10.24695, 10.2470",
    "0.0001, 1.0E-4",
    "1e20, 1.0E20",
    "NaN, NaN",
    "Infinity, Infinity",
    "0.33333334, 0.3333",
    "123456789, 123456792",
  })
  void printsNumbersShortUnlessTheyAreRounded(float value, String text) {
    assertEquals(text, NestedList.number(value));
  }
}
