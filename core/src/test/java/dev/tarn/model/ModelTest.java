package dev.tarn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelTest {
  @Test
  void layersAreNamedByKindAndNumber() {
    Model model =
        Model.sequential(
            Shape.of(1, 8, 8), Conv.of(2, 3), Pool.max(2), new Flatten(), Dense.of(3), Dense.of(2));
    assertEquals(
        List.of("input", "conv1", "pool1", "flatten1", "dense1", "dense2"),
        model.nodes().stream().map(Node::name).toList());
    assertEquals(
        List.of("conv1.weight", "conv1.bias", "dense1.weight"),
        model.parameters().stream().limit(3).map(Parameter::name).toList());
  }

  @Test
  void automaticNamesAvoidTheUsersOwn() {
    Model model = Model.input(3).dense(2).named("dense2").dense(2).dense(2).build();
    assertEquals(
        List.of("input", "dense2", "dense1", "dense3"),
        model.nodes().stream().map(Node::name).toList());
  }

  @Test
  void aNameMayStandOnlyOnce() {
    Node node = Model.input(3).dense(2).named("a").dense(2).named("a");
    var e = assertThrows(ParameterException.class, node::build);
    assertTrue(e.getMessage().contains("two layers are named \"a\""), e.getMessage());
  }

  @Test
  void aShapeThatDoesNotFitIsRefusedWhereTheLayerIsAdded() {
    Node small = Model.input(256, 2, 2);
    var e = assertThrows(ShapeException.class, () -> small.then(Pool.max(3).stride(2)));
    assertTrue(e.getMessage().contains("pool (max, kernel 3, stride 2)"), e.getMessage());
    assertTrue(e.getMessage().contains("input [256, 2, 2]"), e.getMessage());
    assertTrue(e.getMessage().contains("input 2 + padding 0 + 0 = 2; needed at least 3"));
  }

  @Test
  void denseBehindMapsSaysToFlatten() {
    Node maps = Model.input(1, 8, 8);
    var e = assertThrows(ShapeException.class, () -> maps.dense(10));
    assertTrue(e.getMessage().contains("flatten"), e.getMessage());
  }

  @Test
  void sameSeedSameParameters() {
    Model model = Model.input(1, 8, 8).conv(4, 3).flatten().dense(2).build();
    assertEquals(
        Parameters.initialize(model, 5).get("conv1.weight"),
        Parameters.initialize(model, 5).get("conv1.weight"));
    assertTrue(
        !Parameters.initialize(model, 5)
            .get("conv1.weight")
            .equals(Parameters.initialize(model, 6).get("conv1.weight")));
  }

  @Test
  void parametersAreSetByNameAndChecked() {
    Model model = Model.input(3).dense(2).build();
    Parameters parameters = Parameters.zeros(model);
    Tensor weight = Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
    parameters.set("dense1.weight", weight);
    assertEquals(weight, parameters.get("dense1.weight"));
    var shape = assertThrows(ShapeException.class, () -> parameters.set("dense1.bias", weight));
    assertTrue(shape.getMessage().contains("[2]; got [2, 3]"), shape.getMessage());
    var name = assertThrows(ParameterException.class, () -> parameters.get("dense1.w"));
    assertTrue(name.getMessage().contains("dense1.weight"), name.getMessage());
  }

  @Test
  void deepNetworksNeedNoDeepStack() {
    Node node = Model.input(1);
    for (int i = 0; i < 20_000; i++) {
      node = node.relu();
    }
    assertEquals(20_001, node.build().nodes().size());
  }

  @Test
  void heInitializationHasItsVariance() {
    Model model = Model.input(64, 9, 9).conv(128, 3).build();
    float[] weight = Parameters.initialize(model, 3).get("conv1.weight").array();
    double sum = 0;
    double squares = 0;
    for (float w : weight) {
      sum += w;
      squares += (double) w * w;
    }
    assertEquals(0, sum / weight.length, 1e-3);
    assertEquals(2.0 / (64 * 9), squares / weight.length, 0.03 * 2 / (64 * 9));
  }
}
