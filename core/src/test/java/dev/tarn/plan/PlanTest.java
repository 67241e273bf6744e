package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.tensor.Ties;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  private static Answer answer(Model model, PlanOptions options, int threads, int samples) {
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

  private static void assertSame(Answer expected, Answer actual) {
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
  void fusionChangesNoBit(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options = PlanOptions.training(BATCH).arithmetic(Arithmetic.EXACT_ORDER);
    Answer apart = answer(model, options.fusion(PlanOptions.Fusion.NONE), 1, BATCH);
    assertSame(apart, answer(model, options, 3, BATCH));
    PlanOptions inference = PlanOptions.inference(BATCH);
    Answer steps = answer(model, inference.fusion(PlanOptions.Fusion.NONE), 1, BATCH);
    assertSame(steps, answer(model, inference.fusion(PlanOptions.Fusion.EXACT), 2, BATCH));
  }

  @Test
  void reluIsPartOfTheConvolutionBeforeIt() {
    Model model = Model.input(2, 6, 6).conv(4, 3).relu().conv(3, 3).flatten().dense(2).build();
    Plan plan = Plan.training(model, 1);
    assertEquals("conv1+relu1", plan.forwardSteps().getFirst().layers(), plan.explain());
    assertEquals("conv2+relu1", plan.backwardSteps().get(4).layers(), plan.explain());
  }

  @Test
  void reluIsMaskedWithPooledValuesSoThatTheLargeMapIsNotKept() {
    Model model = SampleModels.chain(28, 3);
    Plan plan = Plan.training(model, 1);
    assertTrue(
        plan.backwardSteps().stream()
            .noneMatch(s -> s.buffers().stream().anyMatch(b -> b.name().equals("conv1"))),
        plan.explain());
  }

  /// Maps with ties, both zeros, infinities and NaN, whole windows of them below zero.
  @Test
  void masksBeforeAndAfterMaxPoolingGiveTheSameBits() {
    float[] odd = {
      Float.NaN, -0f, 0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1, 1, 2, -1, -1, -2, -3
    };
    var random = SeededRandom.of(Long.getLong("tests.seed", 1));
    for (int round = 0; round < 60; round++) {
      for (NanPolicy nan : NanPolicy.values()) {
        Node x = Model.input(3, 9, 8);
        int kernel = 2 + random.nextInt(2);
        Pool pool =
            Pool.of(
                    random.nextInt(3) == 0
                        ? new Reduction.Min(nan, Ties.FIRST)
                        : new Reduction.Max(nan, Ties.FIRST),
                    kernel)
                .stride(2 + random.nextInt(2))
                .padding(random.nextInt(kernel / 2 + 1));
        Model model = Model.of(x.relu().then(pool));
        // Every third round knows no NaN and no infinity, and is mostly below 0.
        int from = round % 3 == 0 ? 8 : round % 3 == 1 ? 1 : 0;
        float[] values = new float[2 * 3 * 9 * 8];
        for (int i = 0; i < values.length; i++) {
          values[i] = odd[from + random.nextInt(odd.length - from)];
        }
        PlanOptions options =
            PlanOptions.training(2).gradients(PlanOptions.Gradients.PARAMETERS_AND_INPUTS);
        for (Engine engine : List.of(new ReferenceEngine(), Engines.best())) {
          PlanOptions chosen = options.engine(engine);
          List<Tensor> apart = poolAndBack(model, chosen.fusion(PlanOptions.Fusion.NONE), values);
          assertEquals(apart, poolAndBack(model, chosen, values), pool + " round " + round);
        }
      }
    }
  }

  private static List<Tensor> poolAndBack(Model model, PlanOptions options, float[] x) {
    Plan plan = Plan.of(model, options);
    Frame frame = plan.frame(Parameters.zeros(model));
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, x, 0, 2);
      plan.forward(frame, workers, 2);
      Tensor y = plan.output(frame, 0, 2);
      plan.gradOutput(frame, 0, random(y.shape(), 5).array(), 0, 2);
      plan.backward(frame, workers, 2);
      return List.of(y, plan.gradInput(frame, 0, 2));
    }
  }

  /// Convolutions of every kind and a dense layer, each with a batch norm behind it, and one batch
  /// norm that has to stay since its input is read by another layer too.
  private static Model norms() {
    Node x = Model.input(4, 12, 11).conv(6, 3).batchNorm().relu();
    Node grouped = x.then(Conv.of(8, 3).groups(2).stride(2)).batchNorm();
    Node read = grouped.conv(40, 1).named("read");
    return read.batchNorm()
        .add(read)
        .maxPool(2)
        .flatten()
        .dense(7)
        .batchNorm()
        .relu()
        .dense(3)
        .build();
  }

  @Test
  void batchNormIsFoldedIntoWeightsWithinRounding() {
    Model model = norms();
    Parameters parameters = Parameters.initialize(model, 3);
    var random = SeededRandom.of(5);
    for (Parameter p : model.parameters()) {
      for (int i = p.at(); p.name().startsWith("batchnorm") && i < p.at() + p.size(); i++) {
        parameters.array()[i] = (float) random.uniform(0.25, 2);
      }
    }
    Tensor x = random(Shape.of(BATCH, 4, 12, 11), 1);
    for (Engine engine : List.of(new ReferenceEngine(), Engines.best())) {
      PlanOptions options = PlanOptions.inference(BATCH).engine(engine);
      Plan folded = Plan.of(model, options);
      assertEquals(
          1,
          folded.forwardSteps().stream().filter(s -> s.kernel().name().contains("norm")).count(),
          folded.explain());
      assertTrue(
          folded.forwardSteps().getFirst().layers().startsWith("conv1+batchnorm1"),
          folded.explain());
      Plan apart = Plan.of(model, options.fusion(PlanOptions.Fusion.NONE));
      Frame frame = folded.frame(parameters);
      for (int round = 0; round < 2; round++) {
        Tensor expected = predict(apart, apart.frame(parameters), x);
        Tensor actual = predict(folded, frame, x);
        float largest = 0;
        for (float value : expected.array()) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertArrayEquals(expected.array(), actual.array(), 2e-6f * largest, engine.name());
        // Folded weights follow the parameters.
        parameters.set("batchnorm1.bias", random(Shape.of(6), 9));
      }
    }
  }

  private static Tensor predict(Plan plan, Frame frame, Tensor x) {
    try (Workers workers = Workers.of(2)) {
      plan.input(frame, 0, x);
      plan.forward(frame, workers, x.shape().size(0));
      return plan.output(frame, 0, x.shape().size(0));
    }
  }

  @Test
  void anOutputBetweenTwoLayersIsWritten() {
    Node maps = Model.input(2, 6, 6).conv(4, 3);
    Plan plan = Plan.inference(Model.of(maps, maps.relu()), 1);
    assertEquals(2, plan.forwardSteps().size(), plan.explain());
  }

  @ParameterizedTest
  @MethodSource("models")
  void aLimitOfMemoryChangesNoBit(String name) {
    Model model = SampleModels.all().get(name);
    for (Engine engine : List.of(new ReferenceEngine(), Engines.best())) {
      PlanOptions options = PlanOptions.training(BATCH).engine(engine);
      Answer kept = answer(model, options, 1, BATCH);
      long all = Plan.of(model, options).memory();
      long least = leastMemory(model, options);
      for (long limit : new long[] {least, (least + all) / 2, all - 1, all}) {
        if (limit >= least) {
          PlanOptions limited = options.within(limit);
          assertTrue(Plan.of(model, limited).memory() <= limit, name);
          assertSame(kept, answer(model, limited, 2, BATCH));
        }
      }
    }
  }

  /// What the message says when nothing fits.
  private static long leastMemory(Model model, PlanOptions options) {
    var e = assertThrows(LimitException.class, () -> Plan.of(model, options.within(1)));
    Matcher matcher = Pattern.compile("needed at least (\\d+) bytes").matcher(e.getMessage());
    assertTrue(matcher.find(), e.getMessage());
    return Long.parseLong(matcher.group(1));
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
