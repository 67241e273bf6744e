package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossTest {
  private static Tensor rows(int columns, float... values) {
    return Tensor.of(Shape.of(values.length / columns, columns), values);
  }

  @Test
  void cross_entropy_of_equal_scores_is_the_logarithm_of_the_classes() {
    Tensor scores = rows(4, 7, 7, 7, 7);
    assertEquals(Math.log(4), Loss.crossEntropy().value(scores, Targets.classes(2)), 1e-12);
    assertEquals(
        rows(4, 0.25f, 0.25f, -0.75f, 0.25f),
        Loss.crossEntropy().gradient(scores, Targets.classes(2)));
  }

  @Test
  void cross_entropy_is_the_mean_over_the_batch() {
    // softmax of (0, ln 3) is (1/4, 3/4)
    float ln3 = (float) Math.log(3);
    Tensor scores = rows(2, 0, ln3, 0, ln3);
    double expected = (Math.log(4) + Math.log(4.0 / 3)) / 2;
    assertEquals(expected, Loss.crossEntropy().value(scores, Targets.classes(0, 1)), 1e-7);
    assertArrayEquals(
        new float[] {-0.375f, 0.375f, 0.125f, -0.125f},
        Loss.crossEntropy().gradient(scores, Targets.classes(0, 1)).array(),
        1e-7f);
  }

  @Test
  void class_weights_divide_by_the_sum_of_the_weights_of_the_targets() {
    // losses ln 4 and ln 4/3 with weights 3 and 1: (3 ln 4 + ln 4/3) / 4
    Tensor scores = rows(2, 0, (float) Math.log(3), 0, (float) Math.log(3));
    double expected = (3 * Math.log(4) + Math.log(4.0 / 3)) / 4;
    Loss weighted = Loss.crossEntropy().classWeights(3, 1);
    assertEquals(expected, weighted.value(scores, Targets.classes(0, 1)), 1e-7);
  }

  @Test
  void smoothing_spreads_a_share_over_all_classes() {
    // q = (0.9 + 0.05, 0.05) for class 0 of two; p = (1/4, 3/4)
    Tensor scores = rows(2, 0, (float) Math.log(3));
    double expected = 0.95 * Math.log(4) + 0.05 * Math.log(4.0 / 3);
    Loss smooth = Loss.crossEntropy().smoothing(0.1);
    assertEquals(expected, smooth.value(scores, Targets.classes(0)), 1e-7);
    assertArrayEquals(
        new float[] {0.25f - 0.95f, 0.75f - 0.05f},
        smooth.gradient(scores, Targets.classes(0)).array(),
        1e-6f);
  }

  @Test
  void probabilities_as_targets_give_the_same_as_class_numbers() {
    Tensor scores = rows(3, 1, -2, 0.5f, 3, 0, -1);
    Loss loss = Loss.crossEntropy().smoothing(0.2);
    Targets oneHot = Targets.values(rows(3, 0, 1, 0, 1, 0, 0));
    assertEquals(loss.value(scores, Targets.classes(1, 0)), loss.value(scores, oneHot));
    assertEquals(loss.gradient(scores, Targets.classes(1, 0)), loss.gradient(scores, oneHot));
  }

  @Test
  void cross_entropy_of_a_score_map_takes_one_class_per_position() {
    Tensor map = Tensor.of(Shape.of(1, 2, 1, 2), 0, 5, 0, 5);
    assertEquals(Math.log(2), Loss.crossEntropy().value(map, Targets.classes(0, 1)), 1e-12);
  }

  @Test
  void huge_scores_stay_finite() {
    Tensor scores = rows(2, 1e38f, -1e38f);
    assertEquals(0.0, Loss.crossEntropy().value(scores, Targets.classes(0)));
    assertTrue(Double.isFinite(Loss.crossEntropy().value(scores, Targets.classes(1))));
    assertTrue(Double.isFinite(Loss.binaryCrossEntropy().value(scores, Targets.classes(1))));
    assertEquals(rows(2, 1, -1), Loss.crossEntropy().gradient(scores, Targets.classes(1)));
  }

  @Test
  void binary_cross_entropy_by_hand() {
    // σ(0) = 1/2; σ(ln 3) = 3/4
    Tensor scores = rows(2, 0, (float) Math.log(3));
    Targets both = Targets.values(rows(2, 1, 0));
    assertEquals(
        (Math.log(2) + Math.log(4)) / 2, Loss.binaryCrossEntropy().value(scores, both), 1e-7);
    assertArrayEquals(
        new float[] {-0.25f, 0.375f},
        Loss.binaryCrossEntropy().gradient(scores, both).array(),
        1e-7f);
  }

  @Test
  void mean_squared_error_by_hand() {
    Tensor outputs = rows(2, 1, 4, 0, 0);
    Targets targets = Targets.values(rows(2, 3, 4, 1, 1));
    assertEquals((4 + 0 + 1 + 1) / 4.0, Loss.meanSquaredError().value(outputs, targets));
    assertEquals(rows(2, -1, 0, -0.5f, -0.5f), Loss.meanSquaredError().gradient(outputs, targets));
  }

  @Test
  void huber_is_a_parabola_inside_delta_and_a_line_outside() {
    Tensor outputs = rows(4, 1, -1, 5, -5);
    Targets zero = Targets.values(rows(4, 0, 0, 0, 0));
    // inside: 1/2 each; outside: 2 · (5 − 1) = 8 each
    assertEquals((0.5 + 0.5 + 8 + 8) / 4, Loss.huber(2).value(outputs, zero));
    assertEquals(rows(4, 0.25f, -0.25f, 0.5f, -0.5f), Loss.huber(2).gradient(outputs, zero));
  }

  @Test
  void gradients_are_the_slopes_of_the_values() {
    long seed = Long.getLong("tests.seed", 1);
    SeededRandom random = SeededRandom.of(seed, 17);
    List<Loss> losses =
        List.of(
            Loss.crossEntropy().smoothing(0.1).classWeights(1, 2, 0.5),
            Loss.binaryCrossEntropy(),
            Loss.meanSquaredError(),
            Loss.huber(0.3));
    for (Loss loss : losses) {
      for (Targets targets :
          List.of(Targets.classes(2, 0, 1, 1), Targets.values(rows(3, probabilities(random))))) {
        Tensor outputs = Tensor.zeros(Shape.of(4, 3));
        for (int i = 0; i < 12; i++) {
          outputs.array()[i] = (float) random.gaussian();
        }
        Tensor gradient = loss.gradient(outputs, targets);
        for (int i = 0; i < 12; i++) {
          float step = 1 / 128f;
          Tensor up = outputs.copy();
          Tensor down = outputs.copy();
          up.array()[i] += step;
          down.array()[i] -= step;
          double run = (double) up.array()[i] - down.array()[i];
          double slope = (loss.value(up, targets) - loss.value(down, targets)) / run;
          int place = i;
          assertEquals(
              slope, gradient.array()[i], 2e-3, () -> loss + " at " + place + ", seed " + seed);
        }
      }
    }
  }

  private static float[] probabilities(SeededRandom random) {
    float[] values = new float[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.uniform();
    }
    return values;
  }

  @Test
  void a_label_out_of_range_is_refused_with_its_example() {
    Tensor scores = rows(3, 0, 0, 0, 0, 0, 0);
    for (Loss loss : List.of(Loss.crossEntropy(), Loss.meanSquaredError())) {
      var high =
          assertThrows(ParameterException.class, () -> loss.value(scores, Targets.classes(0, 3)));
      assertTrue(
          high.getMessage().contains("example 1 has class number 3; needed 0 to 2"),
          high::getMessage);
      var low =
          assertThrows(
              ParameterException.class, () -> loss.gradient(scores, Targets.classes(-1, 0)));
      assertTrue(low.getMessage().contains("example 0 has class number -1"), low::getMessage);
    }
  }

  @Test
  void a_target_that_is_not_a_number_is_refused_with_its_example() {
    Tensor scores = rows(2, 0, 0, 0, 0);
    for (Loss loss : List.of(Loss.crossEntropy(), Loss.binaryCrossEntropy(), Loss.huber(1))) {
      var e =
          assertThrows(
              ParameterException.class,
              () -> loss.value(scores, Targets.values(rows(2, 0, 1, Float.NaN, 0))));
      assertTrue(e.getMessage().contains("example 1 has the target NaN at place 0"), e::getMessage);
    }
    assertThrows(
        ParameterException.class,
        () -> Loss.binaryCrossEntropy().value(scores, Targets.values(rows(2, 0, 1, 2, 0))));
  }

  @Test
  void targets_of_another_number_or_shape_are_refused() {
    Tensor scores = rows(2, 0, 0, 0, 0);
    var count =
        assertThrows(
            ShapeException.class, () -> Loss.crossEntropy().value(scores, Targets.classes(1)));
    assertTrue(count.getMessage().contains("1 class numbers for 2 outputs"), count::getMessage);
    var shape =
        assertThrows(
            ShapeException.class,
            () -> Loss.meanSquaredError().value(scores, Targets.values(rows(4, 1, 2, 3, 4))));
    assertTrue(shape.getMessage().contains("[1, 4]"), shape::getMessage);
    var weights =
        assertThrows(
            ShapeException.class,
            () -> Loss.crossEntropy().classWeights(1, 2, 3).value(scores, Targets.classes(0, 1)));
    assertTrue(weights.getMessage().contains("3 class weights for 2 outputs"), weights::getMessage);
  }

  @Test
  void parameters_out_of_range_are_refused() {
    assertThrows(ParameterException.class, () -> Loss.huber(0));
    assertThrows(ParameterException.class, () -> Loss.huber(Double.NaN));
    assertThrows(ParameterException.class, () -> Loss.crossEntropy().smoothing(1));
    assertThrows(ParameterException.class, () -> Loss.crossEntropy().classWeights(-1, 1));
    assertThrows(ParameterException.class, () -> Loss.crossEntropy().classWeights(0, 0));
    assertFalse(
        Double.isFinite(
            Loss.crossEntropy().value(Tensor.zeros(Shape.of(0, 2)), Targets.classes())));
  }
}
