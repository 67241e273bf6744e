package dev.tarn.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Pool;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewriteTest {
  /// Two convolutions, two poolings and two dense layers.
  private static Model small() {
    return Model.input(2, 12, 12)
        .then(Conv.of(4, 3).padding(1))
        .relu()
        .maxPool(2)
        .conv(5, 3)
        .relu()
        .maxPool(2)
        .flatten()
        .dense(7)
        .relu()
        .dropout(0.5)
        .dense(3)
        .softmax()
        .build();
  }

  private static float[] predict(Model model, Parameters parameters, Tensor x) {
    Plan plan = Plan.inference(model, x.shape().size(0));
    Frame frame = plan.frame(parameters);
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, x);
      plan.forward(frame, workers, x.shape().size(0));
      return plan.output(frame, 0, x.shape().size(0)).array();
    }
  }

  private static Tensor images(int height, int width) {
    var random = SeededRandom.of(5);
    Tensor x = Tensor.zeros(Shape.of(2, 2, height, width));
    for (int i = 0; i < x.array().length; i++) {
      x.array()[i] = (float) random.gaussian();
    }
    return x;
  }

  @Test
  void denseLayersBecomeConvolutionsWithTheSameResults() {
    Model model = small();
    Parameters parameters = Parameters.initialize(model, 3);
    Model convolutional = model.fullyConvolutional();
    assertEquals(Shape.of(7, 5, 2, 2), parameter(convolutional, "dense1.weight"));
    assertEquals(Shape.of(3, 7, 1, 1), parameter(convolutional, "dense2.weight"));
    assertEquals(Shape.of(3, 1, 1), convolutional.outputs().getFirst().shape());
    assertEquals(model.parameterCount(), convolutional.parameterCount());
    Tensor x = images(12, 12);
    float[] dense = predict(model, parameters, x);
    float[] maps = predict(convolutional, parameters.transfer(convolutional, 1), x);
    assertArrayEquals(dense, maps, 1e-6f);
  }

  @Test
  void aLargerImageGivesAMapWhoseCornerIsTheScoreOfTheCrop() {
    Model model = small();
    Parameters parameters = Parameters.initialize(model, 3);
    Model wide = model.fullyConvolutional().withInputs(Shape.of(2, 16, 20));
    assertEquals(Shape.of(3, 2, 3), wide.outputs().getFirst().shape());
    // The first convolution pads, so only a crop whose border is zero sees what the map sees.
    Tensor x = images(16, 20);
    Tensor crop = Tensor.zeros(Shape.of(2, 2, 12, 12));
    for (int n = 0; n < 2; n++) {
      for (int c = 0; c < 2; c++) {
        for (int i = 0; i < 16; i++) {
          for (int j = 0; j < 20; j++) {
            int at = ((n * 2 + c) * 16 + i) * 20 + j;
            if (i > 10 || j > 10) {
              x.array()[at] = 0;
            } else {
              crop.array()[((n * 2 + c) * 12 + i) * 12 + j] = x.array()[at];
            }
          }
        }
      }
    }
    float[] scores = predict(model, parameters, crop);
    float[] map = predict(wide, parameters.transfer(wide, 1), x);
    for (int n = 0; n < 2; n++) {
      for (int c = 0; c < 3; c++) {
        assertEquals(scores[n * 3 + c], map[(n * 3 + c) * 6], 1e-6f);
      }
    }
  }

  @Test
  void positionByPositionRowsAreRefused() {
    Model keras = Model.input(2, 4, 4).then(new Flatten(Layout.NHWC)).dense(3).build();
    var e = assertThrows(UnsupportedException.class, keras::fullyConvolutional);
    assertTrue(e.getMessage().contains("position by position"), e.getMessage());
  }

  @Test
  void poolingIsReplacedAndOtherWeightsStay() {
    Model model = small();
    Parameters parameters = Parameters.initialize(model, 3);
    Model average = model.replacePooling(Replacement.reduction(Reduction.average()));
    assertEquals(Pool.average(2), average.node("pool1").layer());
    assertEquals(model.parameters(), average.parameters());
    assertArrayEquals(parameters.array(), parameters.transfer(average, 9).array());
    float[] before = predict(model, parameters, images(12, 12));
    float[] after = predict(average, parameters.transfer(average, 9), images(12, 12));
    assertTrue(Math.abs(before[0] - after[0]) > 1e-5, "another pooling gives other answers");
  }

  @Test
  void stridedConvolutionsTakeThePlaceNameAndShapeOfPooling() {
    Model model = small();
    Model strided = model.replacePooling(Replacement.stridedConvolution());
    assertEquals(Shape.of(4, 4, 2, 2), parameter(strided, "pool1.weight"));
    assertEquals(model.node("dense1").shape(), strided.node("dense1").shape());
    assertEquals(
        model.parameterCount() + (4 * 4 * 4 + 4) + (5 * 5 * 4 + 5), strided.parameterCount());
    Parameters parameters = Parameters.initialize(model, 3);
    assertEquals(
        parameters.get("conv2.weight"), parameters.transfer(strided, 1).get("conv2.weight"));
  }

  @Test
  void globalPoolingStays() {
    Model model = Model.input(2, 8, 8).maxPool(2).globalAveragePool().flatten().dense(2).build();
    Model l2 = model.replacePooling(Replacement.reduction(Reduction.lp(2)));
    assertEquals(Pool.lp(2, 2), l2.node("pool1").layer());
    assertEquals(model.node("pool2").layer(), l2.node("pool2").layer());
  }

  @Test
  void aReplacementOfAnotherSizeIsRefused() {
    Model model = small();
    var e =
        assertThrows(
            ShapeException.class, () -> model.replacePooling((pool, input) -> input.maxPool(3)));
    assertTrue(e.getMessage().contains("[4, 6, 6]"), e.getMessage());
  }

  @Test
  void rewritingWithTheSameLayersGivesTheSameNetwork() {
    Model model = small();
    Model again = model.rewrite((old, inputs) -> old.behind(inputs));
    assertEquals(
        model.nodes().stream().map(Node::toString).toList(),
        again.nodes().stream().map(Node::toString).toList());
    assertEquals(List.of(Shape.of(2, 12, 12)), again.inputs().stream().map(Node::shape).toList());
  }

  private static Shape parameter(Model model, String name) {
    return model.parameters().stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow()
        .spec()
        .shape();
  }
}
