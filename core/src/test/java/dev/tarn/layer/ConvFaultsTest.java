package dev.tarn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Convolutions that cannot be: what is wrong is said with its name and its numbers.
final class ConvFaultsTest {
  private static void fails(
      Class<? extends TarnException> kind, Executable action, String... parts) {
    TarnException e = assertThrows(kind, action);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), () -> e.getMessage() + " lacks: " + part);
    }
  }

  @Test
  void groupsBelowOne() {
    fails(ParameterException.class, () -> Conv.of(4, 3).groups(0), "groups is 0", "at least 1");
    fails(ParameterException.class, () -> Conv.of(4, 3).groups(-1), "groups is -1", "at least 1");
    fails(ParameterException.class, () -> TransposedConv.of(4, 3).groups(0), "groups is 0");
  }

  @Test
  void groupsThatDoNotDivideTheFilters() {
    fails(ParameterException.class, () -> Conv.of(4, 3).groups(3), "4", "groups 3");
    fails(ParameterException.class, () -> TransposedConv.of(4, 3).groups(3), "groups is 3", "4");
  }

  @Test
  void groupsThatDoNotDivideTheInput() {
    List<Shape> five = List.of(Shape.of(5, 8, 8));
    fails(
        ShapeException.class,
        () -> Conv.of(4, 3).groups(2).outputShape(five),
        "5 channels",
        "groups 2");
    fails(
        ShapeException.class,
        () -> TransposedConv.of(4, 3).groups(2).outputShape(five),
        "5 channels",
        "groups 2");
  }

  @Test
  void noFilters() {
    fails(ParameterException.class, () -> Conv.of(0, 3), "outChannels is 0");
    fails(ParameterException.class, () -> TransposedConv.of(-2, 3), "outChannels is -2");
  }

  @Test
  void kernelOfZeroIsBlamedOnTheKernel() {
    fails(ParameterException.class, () -> Conv.of(4, 3, 0), "kernel is 0", "spatial axis 1");
    fails(ParameterException.class, () -> TransposedConv.of(4, 0), "kernel is 0");
  }

  @Test
  void inputWithoutChannels() {
    fails(
        ShapeException.class,
        () -> Conv.of(4, 3).outputShape(List.of(Shape.of(0, 8, 8))),
        "[0, 8, 8]",
        "empty");
  }

  @Test
  void biasOfAnotherLengthLeavesEverythingAsItWas() {
    Model model = Model.input(1, 5, 5).conv(4, 3).build();
    Parameters parameters = Parameters.initialize(model, 1);
    float[] before = parameters.array().clone();
    fails(
        ShapeException.class,
        () -> parameters.set("conv1.bias", Tensor.zeros(Shape.of(3))),
        "conv1.bias",
        "[3]",
        "[4]");
    fails(
        ShapeException.class,
        () -> parameters.set("conv1.weight", Tensor.zeros(Shape.of(4, 1, 3, 2))),
        "conv1.weight",
        "[4, 1, 3, 2]",
        "[4, 1, 3, 3]");
    assertEquals(-1, Arrays.mismatch(before, parameters.array()));
  }
}
