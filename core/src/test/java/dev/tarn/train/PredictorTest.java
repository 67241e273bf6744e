package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PredictorTest {
  private static final Model MODEL = Patterns.rich();
  private static final Parameters PARAMETERS = Parameters.initialize(MODEL, 1);
  private static final Tensor IMAGES = Patterns.of(75, 3).examples();

  @Test
  void an_answer_does_not_depend_on_the_examples_beside_it() {
    Predictor predictor = Predictor.of(MODEL, PARAMETERS);
    Tensor all = predictor.predict(IMAGES);
    assertEquals(Shape.of(75, 3), all.shape());
    for (int i = 0; i < 75; i++) {
      assertEquals(all.slice(i, i + 1), predictor.predict(IMAGES.slice(i, i + 1)));
    }
    assertEquals(all.slice(3, 40), predictor.predict(IMAGES.slice(3, 40)));
    assertEquals(all, predictor.predict(IMAGES.to(Layout.NHWC)));
    assertEquals(Shape.of(0, 3), predictor.predict(IMAGES.slice(5, 5)).shape());
  }

  @Test
  void many_threads_share_one_and_get_the_same_bits()
      throws InterruptedException, ExecutionException {
    Predictor predictor = Predictor.of(MODEL, PARAMETERS);
    Tensor expected = predictor.predict(IMAGES);
    try (var pool = Executors.newFixedThreadPool(8);
        Workers two = Workers.of(2)) {
      Predictor shared = predictor.workers(two);
      List<Future<Tensor>> answers = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Predictor asked = i % 2 == 0 ? predictor : shared;
        answers.add(pool.submit(() -> asked.predict(IMAGES)));
      }
      for (Future<Tensor> answer : answers) {
        assertEquals(expected, answer.get());
      }
    }
  }

  @Test
  void later_changes_of_the_weights_do_not_reach_it() {
    Parameters changing = PARAMETERS.copy();
    Predictor predictor = Predictor.of(MODEL, changing);
    Tensor before = predictor.predict(IMAGES);
    java.util.Arrays.fill(changing.array(), 1f);
    assertEquals(before, predictor.predict(IMAGES));
  }

  @Test
  void scores_become_probabilities() {
    Predictor predictor = Predictor.of(MODEL, PARAMETERS).labels(Patterns.LABELS);
    Tensor scores = predictor.predict(IMAGES);
    List<Prediction> predictions = predictor.classifyAll(IMAGES);
    for (int i = 0; i < 75; i++) {
      Prediction p = predictions.get(i);
      assertEquals(1, p.probabilities().stream().mapToDouble(d -> d).sum(), 1e-12);
      double ratio = p.probabilities().get(0) / p.probabilities().get(1);
      assertEquals(Math.exp(scores.get(i, 0) - scores.get(i, 1)), ratio, 1e-5 * ratio);
      assertEquals(Patterns.LABELS.get(p.number()), p.label());
      assertEquals(p.probability(), p.top(2).getFirst().probability());
      assertTrue(p.top(2).get(0).probability() >= p.top(2).get(1).probability());
    }
    Tensor one = IMAGES.slice(4, 5);
    assertEquals(predictions.get(4), predictor.classify(one));
    assertEquals(predictions.get(4), predictor.classify(one.reshape(Shape.of(1, 8, 8))));
  }

  @Test
  void a_last_sigmoid_is_taken_as_it_is() {
    Node last = MODEL.outputs().getFirst();
    Model model = last.activate(Activation.SIGMOID).build();
    Predictor predictor = Predictor.of(model, Parameters.of(model, PARAMETERS.array()));
    Tensor outputs = predictor.predict(IMAGES.slice(0, 1));
    Prediction prediction = predictor.classify(IMAGES.slice(0, 1));
    for (int c = 0; c < 3; c++) {
      assertEquals((double) outputs.get(0, c), prediction.probabilities().get(c));
    }
  }

  @Test
  void equal_probabilities_name_the_first_class() {
    var prediction = new Prediction(List.of("a", "b", "c"), List.of(0.2, 0.4, 0.4));
    assertEquals("b", prediction.label());
    assertEquals("b (0.4000)", prediction.toString());
    assertEquals(3, prediction.top(9).size());
  }

  @Test
  void several_inputs_are_given_as_a_list() {
    Node one = Model.input(2);
    Node two = Model.input(2);
    Model model = Model.of(one.add(two), one.multiply(two));
    Predictor predictor = Predictor.of(model, Parameters.zeros(model));
    Tensor x = Tensor.of(Shape.of(1, 2), 2, 3);
    Tensor y = Tensor.of(Shape.of(1, 2), 5, 7);
    assertEquals(
        List.of(Tensor.of(Shape.of(1, 2), 7, 10), Tensor.of(Shape.of(1, 2), 10, 21)),
        predictor.predict(List.of(x, y)));
    assertThrows(ShapeException.class, () -> predictor.predict(x));
    assertThrows(
        ShapeException.class, () -> predictor.predict(List.of(x, Tensor.zeros(Shape.of(2, 2)))));
  }

  @Test
  void what_does_not_fit_is_refused_in_words() {
    Predictor predictor = Predictor.of(MODEL, PARAMETERS);
    for (Shape wrong :
        List.of(Shape.of(1, 8, 8), Shape.of(2, 1, 8, 9), Shape.of(2, 64), Shape.of(3))) {
      var e = assertThrows(ShapeException.class, () -> predictor.predict(Tensor.zeros(wrong)));
      assertTrue(e.getMessage().contains("needed"), e::getMessage);
    }
    assertThrows(ShapeException.class, () -> predictor.classify(IMAGES));
    assertThrows(ShapeException.class, () -> predictor.labels(List.of("one")));
    Model map = Model.input(1, 8, 8).conv(2, 3).build();
    Predictor maps = Predictor.of(map, Parameters.initialize(map, 1));
    assertThrows(UnsupportedException.class, () -> maps.classifyAll(IMAGES));
  }

  @Test
  void backward_needs_a_forward_pass_of_its_own() {
    Plan plan = Plan.training(MODEL, 4);
    try (Workers workers = Workers.of(1)) {
      Frame frame = plan.frame(PARAMETERS.copy());
      assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 2));
      plan.input(frame, 0, IMAGES.slice(0, 2));
      plan.forward(frame, workers, 2);
      float[] gradient = new float[6];
      gradient[1] = 1;
      plan.gradOutput(frame, 0, gradient, 0, 2);
      var other = assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 3));
      assertTrue(other.getMessage().contains("no saved forward pass"), other::getMessage);
      plan.backward(frame, workers, 2);
      float[] first = frame.gradients().clone();
      assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 2));
      assertArrayEquals(first, frame.gradients());
      Plan inference = Plan.inference(MODEL, 4);
      Frame reading = inference.frame(PARAMETERS);
      inference.forward(reading, workers, 2);
      var mode =
          assertThrows(ParameterException.class, () -> inference.backward(reading, workers, 2));
      assertTrue(mode.getMessage().contains("made for inference"), mode::getMessage);
    }
  }
}
