package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlanTest {
  private static final int BATCH = 5;

  static Stream<String> models() {
    return SampleModels.all().keySet().stream();
  }

  /// Outputs and parameter gradients of one step over random data.
  @SuppressWarnings("ArrayRecordComponent") // compared element by element below
  record Answer(List<Tensor> outputs, float[] gradients) {}

  static Answer answer(Model model, PlanOptions options, int threads, int samples) {
    Plan plan = Plan.of(model, options);
    Frame frame = plan.frame(Parameters.initialize(model, 7));
    frame.randomness(3, 11);
    Arrays.fill(frame.arena(), Float.NaN);
    try (Workers workers = Workers.of(threads)) {
      for (int i = 0; i < model.inputs().size(); i++) {
        plan.input(frame, i, random(model.inputs().get(i).shape().batch(samples), i));
      }
      plan.forward(frame, workers, samples);
      List<Tensor> outputs = new ArrayList<>();
      for (int i = 0; i < model.outputs().size(); i++) {
        outputs.add(plan.output(frame, i, samples));
      }
      if (options.mode() == PlanOptions.Mode.TRAINING) {
        for (int i = 0; i < outputs.size(); i++) {
          float[] gradient = random(outputs.get(i).shape(), 100 + i).array();
          plan.gradOutput(frame, i, gradient, 0, samples);
        }
        plan.backward(frame, workers, samples);
      }
      return new Answer(outputs, frame.gradients());
    }
  }

  static Tensor random(Shape shape, long seed) {
    var random = SeededRandom.of(seed);
    Tensor tensor = Tensor.zeros(shape);
    for (int i = 0; i < tensor.array().length; i++) {
      tensor.array()[i] = (float) random.gaussian();
    }
    return tensor;
  }

  static void assertSame(Answer expected, Answer actual) {
    assertEquals(expected.outputs(), actual.outputs());
    assertArrayEquals(expected.gradients(), actual.gradients());
  }

  @ParameterizedTest
  @MethodSource("models")
  void sharingMemoryChangesNoAnswer(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options = PlanOptions.training(BATCH);
    Answer shared = answer(model, options, 1, BATCH);
    for (Tensor output : shared.outputs()) {
      for (float value : output.array()) {
        assertTrue(Float.isFinite(value), name + " gives " + output);
      }
    }
    Answer apart = answer(model, options.memory(PlanOptions.MemorySharing.SEPARATE), 1, BATCH);
    assertSame(apart, shared);
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyEngineGivesTheSameBits(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options = PlanOptions.training(BATCH);
    Answer reference = answer(model, options.engine(new ReferenceEngine()), 1, BATCH);
    PlanOptions exact = options.engine(Engines.best()).arithmetic(Arithmetic.EXACT_ORDER);
    assertSame(reference, answer(model, exact, 2, BATCH));
  }

  @ParameterizedTest
  @MethodSource("models")
  void fastArithmeticIsClose(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options = PlanOptions.training(BATCH);
    Answer exact = answer(model, options.arithmetic(Arithmetic.EXACT_ORDER), 1, BATCH);
    Answer fast = answer(model, options.arithmetic(Arithmetic.FAST), 2, BATCH);
    for (int i = 0; i < exact.outputs().size(); i++) {
      assertClose(exact.outputs().get(i).array(), fast.outputs().get(i).array());
    }
    assertClose(exact.gradients(), fast.gradients());
  }

  /// Within 1e-4 of the largest.
  private static void assertClose(float[] expected, float[] actual) {
    float largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertArrayEquals(expected, actual, 1e-4f * largest);
  }

  @ParameterizedTest
  @MethodSource("models")
  void threadsChangeNoBit(String name) {
    Model model = SampleModels.all().get(name);
    Answer one = answer(model, PlanOptions.training(BATCH), 1, BATCH);
    for (int threads : new int[] {2, 3, 8}) {
      assertSame(one, answer(model, PlanOptions.training(BATCH), threads, BATCH));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void fewerSamplesThanTheBatchGiveTheSameAnswers(String name) {
    Model model = SampleModels.all().get(name);
    Answer wide = answer(model, PlanOptions.training(BATCH + 3), 1, BATCH);
    assertSame(answer(model, PlanOptions.training(BATCH), 1, BATCH), wide);
  }

  @ParameterizedTest
  @MethodSource("models")
  void buffersThatLiveTogetherNeverOverlap(String name) {
    Model model = SampleModels.all().get(name);
    for (PlanOptions options : List.of(PlanOptions.training(BATCH), PlanOptions.inference(BATCH))) {
      Plan plan = Plan.of(model, options);
      List<Step> steps = new ArrayList<>(plan.forwardSteps());
      steps.addAll(plan.backwardSteps());
      Map<Buffer, int[]> lives = new LinkedHashMap<>();
      for (int i = 0; i < steps.size(); i++) {
        for (Buffer buffer : steps.get(i).buffers()) {
          lives.computeIfAbsent(buffer, b -> new int[] {Integer.MAX_VALUE, -1});
          int[] life = lives.get(buffer);
          life[0] = Math.min(life[0], i);
          life[1] = i;
        }
      }
      lives.forEach((a, lifeA) -> lives.forEach((b, lifeB) -> requireApart(a, lifeA, b, lifeB)));
    }
  }

  private static void requireApart(Buffer a, int[] lifeA, Buffer b, int[] lifeB) {
    boolean planned = a.space() == Space.ARENA || a.space() == Space.BYTES;
    if (a == b || a.space() != b.space() || !planned) {
      return;
    }
    boolean together = lifeA[0] <= lifeB[1] && lifeB[0] <= lifeA[1];
    boolean overlap = a.at() < b.at() + b.size(BATCH) && b.at() < a.at() + a.size(BATCH);
    assertFalse(together && overlap, () -> a + " and " + b + " share a place");
  }

  @Test
  void reluWorksInPlaceAndTheMapIsNotKeptTwice() {
    Plan plan =
        Plan.of(
            SampleModels.chain(28, 3), PlanOptions.inference(1).fusion(PlanOptions.Fusion.NONE));
    Step relu = plan.forwardSteps().get(1);
    assertEquals(
        List.of("conv1"), relu.buffers().stream().map(Buffer::name).toList(), plan.explain());
  }

  @Test
  void emptyBatchGivesAnEmptyResult() {
    Answer none = answer(SampleModels.chain(8, 2), PlanOptions.training(4), 2, 0);
    assertEquals(Shape.of(0, 10), none.outputs().getFirst().shape());
    for (float gradient : none.gradients()) {
      assertEquals(0f, gradient);
    }
  }

  @Test
  void backwardNeedsAForwardPassOfItsOwn() {
    Model model = SampleModels.chain(8, 2);
    Plan plan = Plan.training(model, 2);
    Frame frame = plan.frame(Parameters.initialize(model, 1));
    try (Workers workers = Workers.of(1)) {
      var never = assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 2));
      assertTrue(never.getMessage().contains("no saved forward pass over 2 samples"));
      plan.forward(frame, workers, 2);
      assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 1));
      plan.backward(frame, workers, 2);
      assertThrows(ParameterException.class, () -> plan.backward(frame, workers, 2));
      Plan inference = Plan.inference(model, 2);
      Frame other = inference.frame(Parameters.initialize(model, 1));
      inference.forward(other, workers, 2);
      var e = assertThrows(ParameterException.class, () -> inference.backward(other, workers, 2));
      assertTrue(e.getMessage().contains("made for inference"), e.getMessage());
    }
  }

  @Test
  void wrongInputsAreRefusedWithBothShapes() {
    Model model = SampleModels.chain(8, 2);
    Plan plan = Plan.inference(model, 2);
    Frame frame = plan.frame(Parameters.initialize(model, 1));
    Tensor wide = Tensor.zeros(Shape.of(1, 1, 8, 9));
    var e = assertThrows(ShapeException.class, () -> plan.input(frame, 0, wide));
    assertTrue(e.getMessage().contains("[1, 1, 8, 9]"), e.getMessage());
    assertTrue(e.getMessage().contains("[samples, 1, 8, 8]"), e.getMessage());
    Tensor many = Tensor.zeros(Shape.of(3, 1, 8, 8));
    var f = assertThrows(ShapeException.class, () -> plan.input(frame, 0, many));
    assertTrue(f.getMessage().contains("3 samples; needed 0 to 2"), f.getMessage());
  }

  @Test
  void changedParametersArePreparedAnewForEveryFrame() {
    Model model = Model.input(Shape.of(32, 24, 24)).conv(32, 3).relu().flatten().dense(10).build();
    Tensor images = random(Shape.of(2, 32, 24, 24), 1);
    Plan plan = Plan.inference(model, 2);
    var parameters = Parameters.initialize(model, 1);
    Frame first = plan.frame(parameters);
    Frame second = plan.frame(first);
    try (Workers workers = Workers.of(2)) {
      Tensor before = predict(plan, first, workers, images);
      assertEquals(before, predict(plan, second, workers, images));
      parameters.set("conv1.weight", random(Shape.of(32, 32, 3, 3), 9));
      Tensor after = predict(plan, second, workers, images);
      assertNotEquals(before, after);
      assertEquals(after, predict(plan, plan.frame(parameters.copy()), workers, images));
      assertEquals(after, predict(plan, first, workers, images));
    }
  }

  private static Tensor predict(Plan plan, Frame frame, Workers workers, Tensor images) {
    plan.input(frame, 0, images);
    plan.forward(frame, workers, images.shape().size(0));
    return plan.output(frame, 0, images.shape().size(0));
  }

  @Test
  void parametersOfAnotherModelAreRefused() {
    Plan plan = Plan.inference(SampleModels.chain(8, 2), 1);
    Parameters others = Parameters.initialize(SampleModels.chain(8, 2), 1);
    assertThrows(ParameterException.class, () -> plan.frame(others));
  }

  @Test
  void anArenaBeyondOneArrayIsRefusedBeforeAllocation() {
    Model model = Model.input(1, 40_000, 40_000).relu().relu().build();
    var e = assertThrows(LimitException.class, () -> Plan.training(model, 4));
    assertTrue(e.getMessage().contains("Use a smaller batch"), e.getMessage());
  }

  @Test
  void unknownFrozenLayerIsRefused() {
    Model model = SampleModels.chain(8, 2);
    var options = PlanOptions.training(1).frozen(Set.of("conv9"));
    var e = assertThrows(ParameterException.class, () -> Plan.of(model, options));
    assertTrue(e.getMessage().contains("conv9"), e.getMessage());
    assertTrue(e.getMessage().contains("conv1"), e.getMessage());
  }

  @Test
  void frozenLayersGetNoGradientAndStopTheBackwardPass() {
    Model model = SampleModels.chain(8, 2);
    var options = PlanOptions.training(2).frozen(Set.of("conv1"));
    Plan plan = Plan.of(model, options);
    assertEquals(1, plan.backwardSteps().size(), plan.explain());
    Answer frozen = answer(model, options, 1, 2);
    Answer free = answer(model, PlanOptions.training(2), 1, 2);
    int dense = model.parameters().get(2).at();
    assertEquals(0f, frozen.gradients()[0]);
    assertArrayEquals(
        Arrays.copyOfRange(free.gradients(), dense, free.gradients().length),
        Arrays.copyOfRange(frozen.gradients(), dense, frozen.gradients().length));
  }

  @Test
  void gradientByTheInputIsThereWhenAskedFor() {
    Model model = Model.input(3).dense(1).build();
    Plan plan =
        Plan.of(
            model, PlanOptions.training(1).gradients(PlanOptions.Gradients.PARAMETERS_AND_INPUTS));
    Parameters parameters = Parameters.zeros(model);
    parameters.set("dense1.weight", Tensor.of(Shape.of(1, 3), 2, -3, 5));
    Frame frame = plan.frame(parameters);
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, Tensor.of(Shape.of(1, 3), 1, 1, 1));
      plan.forward(frame, workers, 1);
      plan.gradOutput(frame, 0, new float[] {2}, 0, 1);
      plan.backward(frame, workers, 1);
      assertEquals(Tensor.of(Shape.of(1, 3), 4, -6, 10), plan.gradInput(frame, 0, 1));
    }
    Plan without = Plan.training(model, 1);
    assertThrows(
        ParameterException.class, () -> without.gradInput(without.frame(parameters), 0, 1));
  }
}
