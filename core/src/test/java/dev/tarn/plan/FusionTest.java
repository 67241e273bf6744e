package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
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
import java.util.List;
import org.junit.jupiter.api.Test;

/// What fusion does to plans, and that it changes no bit where it promises so.
class FusionTest {
  private static final int BATCH = 5;

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
      plan.gradOutput(frame, 0, PlanTest.random(y.shape(), 5).array(), 0, 2);
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
    Tensor x = PlanTest.random(Shape.of(BATCH, 4, 12, 11), 1);
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
        parameters.set("batchnorm1.bias", PlanTest.random(Shape.of(6), 9));
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
}
