package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.TarnException;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// What pooling does with bad parameters, shapes and indices: the kind of error, and that its
/// message names the parameter, the value and what is allowed.
class PoolingFaultsTest {
  private static final Tensor X =
      Tensor.of(Shape.of(1, 1, 4, 4), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  private static final Tensor GRAD = Tensor.of(Shape.of(1, 1, 2, 2), 1, 2, 3, 4);

  private static void refused(
      Class<? extends TarnException> kind, Executable call, String... parts) {
    TarnException e = assertThrows(kind, call);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "needs \"" + part + "\": " + e.getMessage());
    }
  }

  private static void parameter(Executable call, String... parts) {
    refused(ParameterException.class, call, parts);
  }

  private static void shape(Executable call, String... parts) {
    refused(ShapeException.class, call, parts);
  }

  @Test
  void kernel() {
    parameter(() -> Pool.max(0), "kernel is 0", "axis 0", "at least 1");
    parameter(() -> Pool.max(2, -3), "kernel is -3", "axis 1", "at least 1");
    parameter(() -> Pool.max(), "kernel", "1, 2 or 3");
    parameter(() -> Pool.max(1, 1, 1, 1), "kernel", "4 numbers", "1, 2 or 3");
    parameter(() -> Window.of(0), "kernel is 0");
  }

  @Test
  void stride() {
    parameter(() -> Pool.max(2).stride(0), "stride is 0", "at least 1");
    parameter(() -> Pool.max(2).stride(2, -1), "stride is -1", "axis 1");
  }

  @Test
  void dilation() {
    parameter(() -> Pool.max(2).dilation(0), "dilation is 0", "at least 1");
    shape(
        () -> Pooling.pool(Pool.max(2).dilation(Integer.MAX_VALUE), X),
        "smaller than the window",
        "needed at least 2147483648");
  }

  @Test
  void padding() {
    parameter(() -> Pool.max(2).padding(-1), "padding is -1", "at least 0");
    parameter(
        () -> new Padding.Sides(List.of(0), List.of(-2)), "padding after is -2", "at least 0");
    parameter(() -> new Padding.Sides(List.of(0), List.of(1, 1)), "1 numbers before and 2 after");
    shape(
        () -> Pooling.pool(Pool.max(2).padding(2), X),
        "takes no cell of the input",
        "padding 2 before");
    shape(
        () -> Pooling.pool(Pool.max(2).padding(new Padding.Sides(List.of(0), List.of(2))), X),
        "takes no cell of the input");
    refused(
        LimitException.class,
        () -> Pooling.pool(Pool.max(1).padding(Integer.MAX_VALUE), X),
        "outputs on one axis",
        "at most");
  }

  @Test
  void listsThatDoNotFitTheAxes() {
    shape(
        () -> Pooling.pool(Pool.max(2, 2, 2), X),
        "kernel [2, 2, 2] has 3 numbers",
        "2 spatial axes");
    shape(() -> Pooling.pool(Pool.max(2).stride(1, 1, 1), X), "stride [1, 1, 1]", "2 spatial axes");
    shape(() -> Pooling.pool(Pool.adaptive(Reduction.max(), 1, 2, 3), X), "adaptive output size");
  }

  @Test
  void kernelLargerThanThePaddedInput() {
    shape(
        () -> Pooling.pool(Pool.max(7).padding(1), X),
        "pooling (max, kernel 7",
        "input 4 + padding 1 + 1 = 6",
        "needed at least 7");
    shape(() -> Pooling.pool(Pool.max(3).dilation(2), X), "input 4", "needed at least 5");
  }

  @Test
  void ceilDropsAWindowThatStartsInTheRightPadding() {
    Pool pool = Pool.max(1).stride(2).rounding(Rounding.CEIL);
    assertEquals(Shape.of(1, 6), pool.outputShape(List.of(Shape.of(1, 12))));
    Pool padded = Pool.max(2).stride(3).padding(1).rounding(Rounding.CEIL);
    assertEquals(Shape.of(1, 2), padded.outputShape(List.of(Shape.of(1, 5))));
    // Caffe keeps it when there is no padding; it would take no cell, which is an error here.
    assertEquals(7, Window.of(1).stride(2).rounding(Rounding.CEIL_CAFFE).spans(0, 1, 12).outputs());
    shape(
        () -> pool.rounding(Rounding.CEIL_CAFFE).outputShape(List.of(Shape.of(1, 12))),
        "takes no cell of the input");
  }

  @Test
  void exactRoundingRefusesARemainder() {
    shape(
        () -> Pooling.pool(Pool.max(3).stride(2).rounding(Rounding.EXACT), X),
        "stride 2 does not divide",
        "= 1",
        "EXACT");
  }

  @Test
  void divisor() {
    parameter(() -> Divisor.of(0), "divisor is 0.0", "other than 0");
    parameter(() -> Divisor.of(Double.NaN), "divisor is NaN", "finite");
    assertArrayEquals(
        new float[] {-7, -11, -23, -27},
        Pooling.pool(Pool.average(2).divisor(Divisor.of(-2)), X).array());
    parameter(() -> Pool.max(2).divisor(Divisor.VALID), "no divisor", "averages");
  }

  @Test
  void exponent() {
    parameter(() -> Pool.lp(0, 2), "p is 0.0", "above 0");
    parameter(() -> Pool.lp(-1, 2), "p is -1.0", "above 0");
    parameter(() -> Pool.lp(Double.NaN, 2), "p is NaN", "above 0");
    parameter(
        () -> new Reduction.Lp(Double.POSITIVE_INFINITY, Reduction.Sign.SIGNED),
        "p is Infinity",
        "finite");
  }

  @Test
  void adaptiveSizes() {
    parameter(() -> Pool.adaptive(Reduction.max(), 0), "adaptive output size is 0", "at least 1");
    parameter(() -> Pool.adaptive(Reduction.max(), -1), "adaptive output size is -1");
    refused(
        LimitException.class,
        () -> Pooling.pool(Pool.adaptive(Reduction.max(), Integer.MAX_VALUE), X),
        "2147483647 outputs on one axis",
        "at most 16777216");
  }

  @Test
  void optionsThatAReductionOrRegionHasNot() {
    parameter(() -> Pool.average(2).nan(NanPolicy.IGNORE), "no NaN policy", "max and min");
    parameter(() -> Pool.average(2).ties(Ties.SPLIT), "no rule for ties");
    parameter(() -> Pool.global(Reduction.max()).stride(2), "no stride", "sliding");
    parameter(() -> Pooling.of(Pool.average(2)).forwardWithIndices(X), "selects no cell");
    parameter(
        () -> Pooling.of(Pool.lp(2, 2)).unpool(GRAD, indices(5, 7, 13, 15), X.shape()),
        "selects no cell");
    parameter(
        () ->
            Pooling.of(Pool.max(2).ties(Ties.SPLIT))
                .backward(X.shape(), indices(5, 7, 13, 15), GRAD),
        "SPLIT",
        "backward(x, gradY)");
  }

  @Test
  void gradientShape() {
    Tensor wrong = Tensor.zeros(Shape.of(1, 1, 2, 3));
    Tensor empty = Tensor.zeros(Shape.of(0, 1, 2, 2));
    for (Pool pool : List.of(Pool.max(2), Pool.average(2), Pool.lp(2, 2))) {
      for (Tensor gradY : List.of(wrong, empty)) {
        shape(
            () -> Pooling.of(pool).backward(X, gradY),
            "gradY has shape " + gradY.shape(),
            "expected [1, 1, 2, 2]");
      }
    }
    shape(
        () -> Pooling.of(Pool.max(2)).backward(X.shape(), indices(5, 7, 13, 15), wrong),
        "gradY has shape [1, 1, 2, 3]",
        "expected [1, 1, 2, 2]");
    shape(
        () -> Pooling.of(Pool.max(2)).unpool(wrong, indices(5, 7, 13, 15), X.shape()),
        "values has shape",
        "expected [1, 1, 2, 2]");
    shape(() -> Pooling.of(Pool.average(2)).spread(wrong, X.shape()), "expected [1, 1, 2, 2]");
  }

  @Test
  void numberOfIndices() {
    shape(() -> new Indices(Shape.of(1, 1, 2, 2), new int[3]), "3 numbers", "needed 4");
    var wrong = new Indices(Shape.of(1, 1, 1, 4), new int[4]);
    shape(
        () -> Pooling.of(Pool.max(2)).backward(X.shape(), wrong, GRAD),
        "indices has shape [1, 1, 1, 4]",
        "expected [1, 1, 2, 2]");
  }

  private static Indices indices(int... indices) {
    return new Indices(Shape.of(1, 1, 2, 2), indices);
  }

  /// In every path that takes indices, and both layouts.
  private static void everyPath(Pool pool, Indices bad, String... parts) {
    Pooling pooling = Pooling.of(pool);
    for (Layout layout : Layout.values()) {
      Tensor gradY = GRAD.to(layout);
      parameter(() -> pooling.backward(X.shape(), bad, gradY), parts);
      for (Duplicates rule : Duplicates.values()) {
        parameter(() -> pooling.unpool(gradY, bad, X.shape(), rule), parts);
        parameter(() -> pooling.unpoolBackward(X.to(layout), bad, rule), parts);
      }
    }
    assertEquals(1, GRAD.array()[0]);
  }

  @Test
  void indexOutsideItsPlane() {
    everyPath(Pool.max(2), indices(-1, 7, 13, 15), "[0, 0, 0, 0] is -1", "[0, 16)");
    everyPath(Pool.max(2), indices(5, 16, 13, 15), "[0, 0, 0, 1] is 16", "[0, 16)");
    everyPath(Pool.max(2), indices(5, 7, 13, Integer.MIN_VALUE), "[0, 0, 1, 1] is -2147483648");
  }

  @Test
  void indexOutsideItsWindow() {
    everyPath(
        Pool.max(2),
        indices(5, 7, 6, 15),
        "[0, 0, 1, 0] is 6",
        "rows 2 to 3, columns 0 to 1",
        "[0, 16)");
    // Between the taps of a dilated window.
    everyPath(
        Pool.max(2).stride(1).dilation(2),
        indices(1, 3, 9, 11),
        "[0, 0, 0, 0] is 1",
        "columns 0 to 2 by 2");
  }

  @Test
  void unpooledShape() {
    parameter(
        () -> Pooling.of(Pool.max(2)).unpool(GRAD, indices(5, 7, 13, 15), Shape.of(1, 1, -4, 4)),
        "size -4",
        "at least 0");
    shape(
        () -> Pooling.of(Pool.max(2)).unpool(GRAD, indices(5, 7, 13, 15), Shape.of(1, 1, 8, 4)),
        "values has shape [1, 1, 2, 2]",
        "expected [1, 1, 4, 2]");
    refused(
        LimitException.class,
        () ->
            Pooling.of(Pool.max(2))
                .unpool(GRAD, indices(5, 7, 13, 15), Shape.of(1, 1, 65_536, 65_536)),
        "4294967296 elements",
        "at most");
  }

  @Test
  void emptyAxesOtherThanTheBatch() {
    for (Shape shape : List.of(Shape.of(1, 0, 4, 4), Shape.of(1, 1, 0, 4), Shape.of(0, 1, 4, 0))) {
      Tensor x = Tensor.zeros(shape);
      shape(() -> Pooling.pool(Pool.max(1), x), "is empty", "Only a batch may be empty");
      shape(() -> Pooling.of(Pool.max(1)).backward(x, x), "is empty");
      shape(() -> Pooling.of(Pool.global(Reduction.max())).forward(x), "is empty");
    }
  }

  @Test
  void numberOfAxes() {
    for (Shape shape :
        List.of(Shape.of(), Shape.of(4), Shape.of(4, 4), Shape.of(1, 1, 1, 1, 1, 1))) {
      Tensor x = Tensor.zeros(shape);
      shape(
          () -> Pooling.pool(Pool.max(1), x),
          "%d axes".formatted(shape.rank()),
          "needed 3 to 5",
          "[N, C, spatial…]");
    }
  }

  @Test
  void countsThatOverflow() {
    // 65536 · 65536 is 0 in 32 bits.
    refused(
        LimitException.class,
        () -> Tensor.zeros(Shape.of(1, 1, 65_536, 65_536)),
        "4294967296 elements",
        "17179869184 bytes");
    refused(
        LimitException.class,
        () -> Shape.of(1, Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE).elements(),
        "more than 2^63");
    refused(
        LimitException.class, () -> Tensor.zeros(Shape.of(1, 1, Integer.MAX_VALUE)), "2147483647");
    refused(
        LimitException.class,
        () ->
            Pooling.pool(
                Pool.max(Integer.MAX_VALUE).stride(1).padding(Integer.MAX_VALUE / 2 + 1), X),
        "the window of",
        "has more than 2147483647 cells");
  }

  @Test
  void whatAConstructorRefusedDoesNotExist() {
    Pool good = Pool.max(2);
    parameter(() -> good.stride(0), "stride");
    assertEquals(Pool.max(2), good);
    assertArrayEquals(new float[] {6, 8, 14, 16}, Pooling.pool(good, X).array());
  }
}
