package dev.tarn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Unpooling in a network: what it may stand behind, whatever file or program asks for it.
class UnpoolNodeTest {
  private static void refused(
      Class<? extends TarnException> kind, Executable call, String... parts) {
    TarnException e = assertThrows(kind, call);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  private static MaxUnpool unpool(Integer... sizes) {
    return new MaxUnpool(List.of(sizes), Duplicates.SUM);
  }

  @Test
  void maxUnpoolTakesPlacesOfMaxAndMinPooling() {
    Node input = Model.input(1, 4, 6);
    for (Reduction reduction : List.of(Reduction.max(), Reduction.min())) {
      Node pool = input.then(Pool.of(reduction, 2));
      assertEquals(Shape.of(1, 4, 6), Node.of(unpool(4, 6), pool.relu(), pool).shape());
    }
  }

  @Test
  void maxUnpoolBehindALayerWithoutPlaces() {
    Node input = Model.input(1, 4, 6);
    Node average = input.averagePool(2);
    refused(
        ParameterException.class,
        () -> Node.of(unpool(4, 6), average, average),
        "second input",
        "records no places",
        "max or min");
    Node conv = input.conv(1, 3);
    refused(ParameterException.class, () -> Node.of(unpool(4, 6), conv, conv), "records no places");
    refused(ParameterException.class, () -> average.maxUnpool(average), "records no places");
  }

  @Test
  void maxUnpoolToAnotherSizeThanWasPooled() {
    Node pool = Model.input(1, 4, 6).maxPool(2);
    refused(
        ShapeException.class,
        () -> Node.of(unpool(5, 6), pool, pool),
        "output sizes are [5, 6]",
        "pooled [1, 4, 6]");
    refused(ShapeException.class, () -> Node.of(unpool(4), pool, pool), "[4]", "needed 2 numbers");
  }

  @Test
  void sizesOutOfRange() {
    refused(ParameterException.class, () -> unpool(4, 0), "output size is 0", "at least 1");
    refused(ParameterException.class, () -> unpool(), "output size", "1, 2 or 3");
    refused(
        ParameterException.class,
        () -> new AverageUnpool(Pool.average(2).regions(), List.of(-1)),
        "output size is -1",
        "at least 1");
  }

  @Test
  void averageUnpoolToASizeThatDoesNotPoolBack() {
    Node pool = Model.input(1, 4, 6).averagePool(2);
    var layer = new AverageUnpool(Pool.average(2).regions(), List.of(4, 8));
    refused(
        ShapeException.class, () -> Node.of(layer, pool), "size 3 on spatial axis 1", "gives 4");
  }
}
