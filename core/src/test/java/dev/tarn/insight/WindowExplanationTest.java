package dev.tarn.insight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.insight.WindowExplanation.Place;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/// Explanations of single outputs.
class WindowExplanationTest {
  private static final Tensor TEXTBOOK =
      Tensor.map(new float[][] {{2, 2, 7, 3}, {9, 4, 6, 1}, {8, 5, 2, 4}, {3, 1, 2, 6}});

  @Test
  void maximum() {
    var why = WindowExplanation.of(Pool.max(2), TEXTBOOK, 0, 0, 0, 0);
    assertEquals(9, why.value());
    assertEquals(OptionalInt.of(2), why.selected());
    assertEquals(List.of(1, 0), why.cells().get(2).at());
    assertEquals(1, why.cells().get(2).gradient());
    assertEquals(0, why.cells().get(0).gradient());
    assertEquals(OptionalDouble.empty(), why.divisor());
    assertTrue(why.others().isEmpty(), why.toString());
    assertEquals(
        """
        max, kernel 2, stride 2: output [0, 0, 0, 0] is 9.0
        window of 4 cells: 4 of the input, 0 of padding, 0 beyond it
          cell             value            gradient
          (0, 0)           2.0              0.0
          (0, 1)           2.0              0.0
          (1, 0)           9.0              1.0  selected
          (1, 1)           4.0              0.0
        every profile gives this number and this gradient
        """,
        why.toString());
  }

  @Test
  void averageOverCeilOverhangDiffersBetweenFrameworks() {
    Pool pool = Pool.average(3).stride(2).padding(1).rounding(Rounding.CEIL);
    Tensor x = Tensor.of(Shape.of(1, 1, 6), 1, 2, 3, 4, 5, 6);
    var why = WindowExplanation.of(pool, x, 0, 0, 3);
    assertEquals(6, why.value());
    assertEquals(OptionalDouble.of(1), why.divisor());
    assertEquals(1, why.count(Place.INPUT));
    assertEquals(1, why.count(Place.PADDING));
    assertEquals(1, why.count(Place.BEYOND));
    assertEquals(List.of(7), why.cells().getLast().at());
    assertEquals(
        List.of(Profile.PYTORCH, Profile.CAFFE),
        why.others().stream().map(ProfileDifference::profile).toList());
    assertEquals(
        "PYTORCH gives 3.0: divides by cells of input and padding",
        why.others().getFirst().toString());
  }

  @Test
  void nanIsSkippedByOthers() {
    Tensor x = Tensor.of(Shape.of(1, 1, 2), 1, Float.NaN);
    var why = WindowExplanation.of(Pool.max(2), x, 0, 0, 0);
    assertTrue(Float.isNaN(why.value()));
    assertEquals(
        List.of(Profile.TENSORFLOW, Profile.KERAS, Profile.ONNX, Profile.CAFFE),
        why.others().stream().map(ProfileDifference::profile).toList());
    assertEquals("TENSORFLOW gives 1.0: skips NaN", why.others().getFirst().toString());
  }

  @Test
  void tiesOfAGlobalMaximumShareTheirGradientInKeras() {
    Tensor x = Tensor.of(Shape.of(1, 1, 3), 5, 5, 1);
    var why = WindowExplanation.of(Pool.global(Reduction.max()), x, 0, 0, 0);
    assertEquals(OptionalInt.of(0), why.selected());
    assertEquals(
        List.of("KERAS gives 5.0 with another gradient: equal cells share the gradient"),
        why.others().stream().map(ProfileDifference::toString).toList());
  }

  @Test
  void signedPowersOfPyTorch() {
    Tensor x = Tensor.of(Shape.of(1, 1, 2), -1, -2);
    var why = WindowExplanation.of(Pool.lp(1, 2), x, 0, 0, 0);
    assertEquals(3, why.value());
    assertEquals("-3.0", why.others().getFirst().result());
  }

  @Test
  void anOutputThatAFrameworkHasNotOrRefuses() {
    Tensor x = Tensor.of(Shape.of(1, 1, 4), 1, 2, 3, 4);
    Pool pool = Pool.max(1).stride(3).padding(0);
    // ⌈3/3⌉ + 1 = 2 windows under both rules.
    assertTrue(WindowExplanation.of(pool, x, 0, 0, 1).others().isEmpty());
    Tensor twelve = Tensor.zeros(Shape.of(1, 1, 12));
    var why = WindowExplanation.of(Pool.max(1).stride(2), twelve, 0, 0, 0);
    assertEquals(Profile.CAFFE, why.others().getFirst().profile());
    assertTrue(why.others().getFirst().result().contains("takes no cell of the input"));
    assertEquals(List.of("rounds sizes by CEIL_CAFFE"), why.others().getFirst().reasons());
  }

  @Test
  void threeAxesAndAnyChannel() {
    Tensor x = Tensor.zeros(Shape.of(2, 3, 4, 4, 4));
    x.set(7, 1, 2, 3, 2, 3);
    var why = WindowExplanation.of(Pool.max(2), x, 1, 2, 1, 1, 1);
    assertEquals(7, why.value());
    assertEquals(8, why.cells().size());
    assertEquals(List.of(3, 2, 3), why.cells().get(why.selected().orElseThrow()).at());
  }

  @Test
  void textOfALargeWindowListsTheFirstCellsAndTheSelectedOne() {
    Tensor x = Tensor.zeros(Shape.of(1, 1, 40, 40));
    x.set(3, 0, 0, 30, 20);
    String text = WindowExplanation.of(Pool.global(Reduction.max()), x, 0, 0, 0, 0).toString();
    assertTrue(text.contains("(30, 20)         3.0              1.0  selected\n"), text);
    assertTrue(text.contains("and 1535 more cells\n"), text);
    assertTrue(text.lines().count() < 80, text);
  }

  @Test
  void outputsThatAreNotThere() {
    for (int[] index : new int[][] {{0, 0, 2, 0}, {0, 0, -1, 0}, {1, 0, 0, 0}, {0, 0, 0}}) {
      var e =
          assertThrows(
              ParameterException.class, () -> WindowExplanation.of(Pool.max(2), TEXTBOOK, index));
      assertTrue(e.getMessage().contains("[1, 1, 2, 2]"), e.getMessage());
    }
  }
}
