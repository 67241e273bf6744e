package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The textbook examples, and the façade: layouts, engines, threads, aliasing, empty batches.
class PoolingTest {
  private static final Tensor TEXTBOOK =
      Tensor.map(new float[][] {{2, 2, 7, 3}, {9, 4, 6, 1}, {8, 5, 2, 4}, {3, 1, 2, 6}});

  private static Tensor map(float[]... rows) {
    return Tensor.map(rows);
  }

  private static float[] row(float... values) {
    return values;
  }

  @Test
  void textbookMax() {
    assertEquals(map(row(9, 7), row(8, 6)), Pooling.of(Pool.max(2)).forward(TEXTBOOK));
  }

  @Test
  void textbookAverage() {
    assertEquals(map(row(4.25f, 4.25f), row(4.25f, 3.5f)), Pooling.pool(Pool.average(2), TEXTBOOK));
  }

  @Test
  void textbookGlobal() {
    assertEquals(map(row(9)), Pooling.pool(Pool.global(Reduction.max()), TEXTBOOK));
    assertEquals(map(row(4.0625f)), Pooling.pool(Pool.global(Reduction.average()), TEXTBOOK));
  }

  @Test
  void textbookL2() {
    float[] squares = {105, 95, 99, 60};
    float[] y = Pooling.pool(Pool.lp(2, 2), TEXTBOOK).array();
    for (int i = 0; i < 4; i++) {
      assertEquals((float) Math.sqrt(squares[i]), y[i]);
    }
    assertEquals(10.2470, y[0], 5e-5);
    assertEquals(9.7468, y[1], 5e-5);
    assertEquals(9.9499, y[2], 5e-5);
    assertEquals(7.7460, y[3], 5e-5);
  }

  @Test
  void textbookGradientIsZeroExceptAtTheSelectedPlaces() {
    Tensor gradX = Pooling.of(Pool.max(2)).backward(TEXTBOOK, map(row(10, 20), row(30, 40)));
    assertEquals(
        map(row(0, 0, 20, 0), row(10, 0, 0, 0), row(30, 0, 0, 0), row(0, 0, 0, 40)), gradX);
  }

  @Test
  void textbookIndicesAndUnpooling() {
    Pooling pooling = Pooling.of(Pool.max(2));
    Pooling.Pooled pooled = pooling.forwardWithIndices(TEXTBOOK);
    assertArrayEquals(new int[] {4, 2, 8, 15}, pooled.indices().array());
    assertEquals(
        map(row(0, 0, 7, 0), row(9, 0, 0, 0), row(8, 0, 0, 0), row(0, 0, 0, 6)),
        pooling.unpool(pooled.output(), pooled.indices(), TEXTBOOK.shape()));
  }

  @Test
  void textbookShapes() {
    assertEquals(Shape.of(20, 12, 12), Pool.max(2).outputShape(List.of(Shape.of(20, 24, 24))));
    Shape shape = Shape.of(3, 224, 224);
    for (int i = 0; i < 5; i++) {
      long before = shape.elements();
      shape = Pool.max(2).outputShape(List.of(shape));
      assertEquals(before / 4, shape.elements(), "2×2/2 drops three quarters");
    }
    assertEquals(Shape.of(3, 7, 7), shape);
    assertEquals(25_088, Shape.of(512, 7, 7).elements());
    assertEquals(
        Shape.of(512, 1, 1),
        Pool.global(Reduction.average()).outputShape(List.of(Shape.of(512, 7, 7))));
    // (W − K) / S + 1 with AlexNet's overlapping 3×3/2.
    assertEquals(
        Shape.of(96, 27, 27), Pool.max(3).stride(2).outputShape(List.of(Shape.of(96, 55, 55))));
  }

  @Test
  void everyMapIsPooledByItself() {
    Tensor x = Tensor.of(Shape.of(1, 2, 2, 2), 1, 2, 3, 4, -5, -6, -7, -8);
    assertArrayEquals(new float[] {4, -5}, Pooling.pool(Pool.max(2), x).array());
  }

  @Test
  void resultsHaveTheLayoutOfTheirInput() {
    var random = SeededRandom.of(1);
    Tensor x = Tensor.zeros(Shape.of(2, 5, 6, 7));
    for (int i = 0; i < x.array().length; i++) {
      x.array()[i] = random.nextInt(9);
    }
    Pooling pooling = Pooling.of(Pool.max(3).stride(2).padding(1));
    Tensor y = pooling.forward(x);
    Tensor last = pooling.forward(x.to(Layout.NHWC));
    assertEquals(Layout.NHWC, last.layout());
    assertEquals(y, last);
    Pooling.Pooled a = pooling.forwardWithIndices(x);
    Pooling.Pooled b = pooling.forwardWithIndices(x.to(Layout.NHWC));
    assertEquals(a.indices(), b.indices());
    Tensor gradX = pooling.backward(x, y);
    assertEquals(gradX, pooling.backward(x.to(Layout.NHWC), y));
    assertEquals(gradX, pooling.backward(x.shape(), a.indices(), y));
    Tensor other = pooling.backward(x.shape(), a.indices(), y.to(Layout.NHWC));
    assertEquals(Layout.NHWC, other.layout());
    assertEquals(gradX, other);
    for (Duplicates rule : Duplicates.values()) {
      Tensor up = pooling.unpool(y, a.indices(), x.shape(), rule);
      assertEquals(up, pooling.unpool(last, a.indices(), x.shape(), rule));
      Tensor back = pooling.unpoolBackward(up, a.indices(), rule);
      assertEquals(back, pooling.unpoolBackward(up.to(Layout.NHWC), a.indices(), rule));
    }
    Tensor spread = pooling.spread(y, x.shape());
    assertEquals(spread, pooling.spread(last, x.shape()));
    assertEquals(pooling.spreadBackward(spread), pooling.spreadBackward(spread.to(Layout.NHWC)));
  }

  @Test
  void threadsAndEnginesChangeNoBit() {
    var random = SeededRandom.of(2);
    Tensor x = Tensor.zeros(Shape.of(2, 40, 40, 40));
    for (int i = 0; i < x.array().length; i++) {
      x.array()[i] = (float) random.gaussian();
    }
    try (Workers three = Workers.of(3)) {
      for (Pool pool : List.of(Pool.max(3).stride(2), Pool.average(3).stride(1), Pool.lp(2, 2))) {
        Pooling one = Pooling.of(pool).engine(new ReferenceEngine());
        Pooling several = Pooling.of(pool).workers(three);
        Tensor y = one.forward(x);
        assertEquals(y, several.forward(x), pool.toString());
        assertEquals(one.backward(x, y), several.backward(x, y), pool.toString());
      }
    }
  }

  @Test
  void emptyBatchGivesEmptyResults() {
    Tensor x = Tensor.zeros(Shape.of(0, 3, 4, 4));
    Pooling pooling = Pooling.of(Pool.max(2));
    assertEquals(Shape.of(0, 3, 2, 2), pooling.forward(x).shape());
    Pooling.Pooled pooled = pooling.forwardWithIndices(x);
    assertEquals(Shape.of(0, 3, 2, 2), pooled.indices().shape());
    assertEquals(x.shape(), pooling.backward(x, pooled.output()).shape());
    assertEquals(x.shape(), pooling.backward(x.shape(), pooled.indices(), pooled.output()).shape());
    assertEquals(x.shape(), pooling.unpool(pooled.output(), pooled.indices(), x.shape()).shape());
    assertEquals(x.shape(), pooling.spread(pooled.output(), x.shape()).shape());
  }

  @Test
  void argumentsAreNeitherWrittenNorKept() {
    Tensor x = TEXTBOOK.copy();
    Pooling pooling = Pooling.of(Pool.max(1));
    Tensor y = pooling.forward(x);
    assertEquals(TEXTBOOK, x);
    assertNotSame(x.array(), y.array());
    // The output given back as the gradient, and the input as its own gradient.
    assertEquals(TEXTBOOK, pooling.backward(x, y));
    assertEquals(TEXTBOOK, pooling.backward(x, x));
    assertEquals(TEXTBOOK, x);
  }

  @Test
  void backwardTwiceAndAfterTheInputChangedDependsOnItsArgumentsAlone() {
    Pooling pooling = Pooling.of(Pool.max(2));
    Tensor x = TEXTBOOK.copy();
    Tensor gradY = map(row(1, 2), row(3, 4));
    Tensor first = pooling.backward(x, gradY);
    assertEquals(first, pooling.backward(x, gradY));
    Pooling.Pooled pooled = pooling.forwardWithIndices(x);
    x.set(100, 0, 0, 0, 0);
    assertEquals(first, pooling.backward(x.shape(), pooled.indices(), gradY));
    assertEquals(1, pooling.backward(x, gradY).get(0, 0, 0, 0));
  }

  @Test
  void wholeNumbersAreExactInAll32Bits() {
    var x =
        new Indices(
            Shape.of(1, 1, 2, 4),
            new int[] {
              16_777_217, 16_777_216, Integer.MIN_VALUE, -1, 5, 4, Integer.MIN_VALUE + 1, -2
            });
    assertArrayEquals(new int[] {16_777_217, -1}, Pooling.of(Pool.max(2)).forward(x).array());
    assertArrayEquals(
        new int[] {4, Integer.MIN_VALUE},
        Pooling.of(Pool.of(Reduction.min(), 2)).forward(x).array());
  }

  @Test
  void spreadGivesBackWhatAverageTook() {
    Tensor even = map(row(1, 1, 2, 2), row(1, 1, 2, 2));
    Pooling pooling = Pooling.of(Pool.average(2));
    assertEquals(even, pooling.spread(pooling.forward(even), even.shape()));
    // Overlapping windows: the middle cell lies in both.
    Tensor values = Tensor.of(Shape.of(1, 1, 2), 1, 3);
    Pooling overlapping = Pooling.of(Pool.average(2).stride(1));
    assertArrayEquals(new float[] {1, 2, 3}, overlapping.spread(values, Shape.of(1, 1, 3)).array());
    // A cell of no window is 0.
    Pooling gaps = Pooling.of(Pool.average(1).stride(2));
    assertArrayEquals(new float[] {1, 0, 3}, gaps.spread(values, Shape.of(1, 1, 3)).array());
  }

  @Test
  void duplicatesOfUnpooling() {
    // The 5 is the maximum of both windows.
    Tensor x = Tensor.of(Shape.of(1, 1, 3), 1, 5, 2);
    Pooling pooling = Pooling.of(Pool.max(2).stride(1));
    Indices indices = pooling.forwardWithIndices(x).indices();
    Tensor values = Tensor.of(Shape.of(1, 1, 2), 10, 20);
    assertArrayEquals(new float[] {0, 20, 0}, pooling.unpool(values, indices, x.shape()).array());
    assertArrayEquals(
        new float[] {0, 30, 0}, pooling.unpool(values, indices, x.shape(), Duplicates.SUM).array());
    assertArrayEquals(
        new float[] {0, 15, 0},
        pooling.unpool(values, indices, x.shape(), Duplicates.MEAN).array());
    Tensor gradY = Tensor.of(x.shape(), 1, 8, 2);
    assertArrayEquals(
        new float[] {0, 8}, pooling.unpoolBackward(gradY, indices, Duplicates.LAST).array());
    assertArrayEquals(
        new float[] {8, 8}, pooling.unpoolBackward(gradY, indices, Duplicates.SUM).array());
    assertArrayEquals(
        new float[] {4, 4}, pooling.unpoolBackward(gradY, indices, Duplicates.MEAN).array());
  }
}
