package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.NonFiniteException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationTest {
  /// A network that puts out its input: scores can be given by hand.
  private static final Model ECHO = Model.input(3).dense(3).build();

  private static Parameters identity() {
    Parameters parameters = Parameters.zeros(ECHO);
    parameters.set("dense1.weight", Tensor.of(Shape.of(3, 3), 1, 0, 0, 0, 1, 0, 0, 0, 1));
    return parameters;
  }

  private static Dataset scores(int[] classes, float... values) {
    return Dataset.of(
        Tensor.of(Shape.of(classes.length, 3), values), classes, List.of("a", "b", "c"));
  }

  @Test
  void counts_by_hand() {
    Dataset data = scores(new int[] {0, 1, 2, 2}, 5, 0, 0, 9, 2, 1, 1, 1, 1, 0, 1, 2);
    Evaluation evaluation = Evaluation.of(ECHO, identity(), data);
    assertEquals(4, evaluation.size());
    assertEquals(2, evaluation.correct());
    assertEquals(0.5, evaluation.accuracy());
    assertEquals(0.75, evaluation.topAccuracy(2), "equal scores rank by class number");
    assertEquals(1, evaluation.topAccuracy(3));
    assertEquals(1, evaluation.topAccuracy(7));
    assertEquals(1, evaluation.confusion().count(2, 0));
    List<Evaluation.Example> worst = evaluation.worst(2);
    assertEquals(1, worst.get(0).index());
    assertEquals(0, worst.get(0).prediction());
    assertEquals(7, worst.get(0).loss(), 0.01);
    assertEquals(2, worst.get(1).index());
    assertEquals(Math.log(3), worst.get(1).loss(), 1e-7);
    double mean = evaluation.worst(4).stream().mapToDouble(Evaluation.Example::loss).sum() / 4;
    assertEquals(mean, evaluation.loss(), 1e-12);
    assertTrue(evaluation.toString().startsWith("accuracy 0.5000 (2 of 4), loss 2."));
    assertThrows(ParameterException.class, () -> evaluation.topAccuracy(0));
  }

  @Test
  void scores_that_are_not_numbers_are_refused_with_the_example() {
    Dataset data = scores(new int[] {0, 1}, 5, 0, 0, Float.NaN, 2, 1);
    var e = assertThrows(NonFiniteException.class, () -> Evaluation.of(ECHO, identity(), data));
    assertTrue(e.getMessage().contains("example 1"), e::getMessage);
  }

  @Test
  void data_that_do_not_fit_are_refused() {
    assertThrows(ShapeException.class, () -> Evaluation.of(ECHO, identity(), scores(new int[0])));
    Dataset values = Dataset.of(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(2, 4)));
    var e = assertThrows(ShapeException.class, () -> Evaluation.of(ECHO, identity(), values));
    assertTrue(e.getMessage().contains("[4]"), e::getMessage);
    Dataset fit = Dataset.of(Tensor.zeros(Shape.of(2, 3)), Tensor.zeros(Shape.of(2, 3)));
    Evaluation evaluation = Evaluation.of(ECHO, identity(), fit);
    assertEquals(0, evaluation.loss());
    assertThrows(ParameterException.class, evaluation::confusion);
  }
}
