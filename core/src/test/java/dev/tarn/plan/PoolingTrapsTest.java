package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ShapeException;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Profile;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.tensor.Ties;
import org.junit.jupiter.api.Test;

/// Edges of pooling on which some framework went wrong.
class PoolingTrapsTest {
  private static Tensor line(float... values) {
    return Tensor.of(Shape.of(1, 1, values.length), values);
  }

  private static float[] pool(Pool pool, float... values) {
    return Pooling.pool(pool, line(values)).array();
  }

  private static float[] gradient(Pool pool, Tensor x, float... gradY) {
    return Pooling.of(pool).backward(x, line(gradY)).array();
  }

  @Test
  void lpOfNegativeValuesIsANorm() {
    assertArrayEquals(new float[] {3}, pool(Pool.lp(1, 2), -1, -2));
    assertEquals(Math.cbrt(9), pool(Pool.lp(3, 2), -1, -2)[0], 1e-6);
  }

  @Test
  void lpInPyTorchKeepsTheSign() {
    Pool one = Pool.lp(1, 2).profile(Profile.PYTORCH);
    assertArrayEquals(new float[] {-3}, pool(one, -1, -2));
    assertTrue(Float.isNaN(pool(Pool.lp(3, 2).profile(Profile.PYTORCH), -1, -2)[0]));
  }

  @Test
  void lpOfAPartialWindowSumsTheCellsThatExist() {
    Pool pool = Pool.lp(2, 2).rounding(Rounding.CEIL);
    assertArrayEquals(new float[] {5, 5}, pool(pool, 3, 4, 5));
    float[] torch = pool(pool.profile(Profile.PYTORCH), 3, 4, 5);
    assertEquals((float) Math.sqrt(50), torch[1]);
  }

  @Test
  void lpOfLargeAndSmallValuesIsRight() {
    for (double p : new double[] {1, 1.5, 2, 3, 10, 100}) {
      double factor = Math.pow(2, 1 / p);
      for (float x : new float[] {1e20f, 1e-30f, 1e38f / 2, 1e-42f}) {
        float y = pool(Pool.lp(p, 2), x, -x)[0];
        assertEquals(factor * x, y, 2e-7 * factor * x + Float.MIN_VALUE, "p " + p + ", x " + x);
      }
    }
  }

  @Test
  void lpOfInfinitePIsTheLargestOrSmallestAbsoluteValue() {
    assertArrayEquals(new float[] {4}, pool(Pool.lp(Double.POSITIVE_INFINITY, 3), -4, 3, 1));
    assertArrayEquals(new float[] {1}, pool(Pool.lp(Double.NEGATIVE_INFINITY, 3), -4, 3, -1));
    Tensor x = line(-4, 3, 4);
    assertArrayEquals(new float[] {-2, 0, 0}, gradient(Pool.lp(Double.POSITIVE_INFINITY, 3), x, 2));
    assertArrayEquals(new float[] {0, 2, 0}, gradient(Pool.lp(Double.NEGATIVE_INFINITY, 3), x, 2));
  }

  @Test
  void lpTakesInfinityAndNan() {
    for (double p : new double[] {0.5, 1, 2, 3, Double.POSITIVE_INFINITY}) {
      float inf = Float.POSITIVE_INFINITY;
      assertArrayEquals(new float[] {inf}, pool(Pool.lp(p, 2), 1, -inf), "p " + p);
      assertTrue(Float.isNaN(pool(Pool.lp(p, 2), Float.NaN, 1)[0]), "p " + p);
      assertTrue(Float.isNaN(pool(Pool.lp(p, 2), 1, Float.NaN)[0]), "p " + p);
    }
  }

  @Test
  void lpGradientOfAnAllZeroWindowIsZero() {
    for (double p : new double[] {0.5, 1, 2, 3, 1.5, Double.POSITIVE_INFINITY}) {
      assertArrayEquals(new float[] {0, 0}, gradient(Pool.lp(p, 2), line(0, 0), 7), "p " + p);
      assertArrayEquals(new float[] {7, 0}, gradient(Pool.lp(p, 2), line(1, 0), 7), "p " + p);
    }
  }

  @Test
  void l2Gradient() {
    float[] gradX = gradient(Pool.lp(2, 2), line(3, -4), 10);
    assertArrayEquals(new float[] {6, -8}, gradX);
    assertArrayEquals(new float[] {10, -10}, gradient(Pool.lp(1, 2), line(3, -4), 10));
  }

  @Test
  void sameWithStrideBeyondKernelStartsAtTheFirstCell() {
    Pool pool = Pool.max(1).stride(3).padding(Padding.SAME_UPPER);
    assertArrayEquals(new float[] {1, 4}, pool(pool, 1, 2, 3, 4, 5));
  }

  @Test
  void sameUpperAndLowerPutTheOddCellAtDifferentEnds() {
    Pool upper = Pool.max(2).stride(2).padding(Padding.SAME_UPPER);
    assertArrayEquals(new float[] {2, 3}, pool(upper, 1, 2, 3));
    Pool lower = upper.padding(Padding.SAME_LOWER);
    assertArrayEquals(new float[] {1, 3}, pool(lower, 1, 2, 3));
  }

  @Test
  void dilationGoesWithStrideAndAverageAndPaddingWithLp() {
    assertArrayEquals(new float[] {3, 5}, pool(Pool.max(2).dilation(2).stride(2), 1, 2, 3, 4, 5));
    assertArrayEquals(
        new float[] {2, 4}, pool(Pool.average(2).dilation(2).stride(2), 1, 2, 3, 4, 5));
    assertArrayEquals(new float[] {1, 5, 5}, pool(Pool.lp(1, 2).padding(1), 1, 2, 3, 5));
  }

  @Test
  void averageOverCeilOverhang() {
    Pool pool =
        Pool.average(3)
            .stride(2)
            .padding(1)
            .rounding(Rounding.CEIL)
            .divisor(Divisor.CLIPPED_WINDOW);
    float[] y = pool(pool, 1, 2, 3, 4, 5, 6);
    assertEquals(3f, y[y.length - 1], "6 over the 2 cells inside the padded input");
    float[] whole = pool(pool.divisor(Divisor.KERNEL), 1, 2, 3, 4, 5, 6);
    assertEquals(2f, whole[whole.length - 1]);
    float[] valid = pool(pool.divisor(Divisor.VALID), 1, 2, 3, 4, 5, 6);
    assertEquals(6f, valid[valid.length - 1]);
  }

  @Test
  void maxOverPaddingTakesNoZero() {
    assertArrayEquals(
        new float[] {-1, -2, -3}, pool(Pool.max(3).stride(2).padding(1), -1, -3, -2, -4, -3));
  }

  @Test
  void averageDividesAlikeForwardAndBackward() {
    for (Divisor divisor : new Divisor[] {Divisor.VALID, Divisor.CLIPPED_WINDOW, Divisor.KERNEL}) {
      Pool pool = Pool.average(3).stride(2).padding(1).rounding(Rounding.CEIL).divisor(divisor);
      Tensor x = line(1, 2, 3, 4, 5, 6);
      float[] y = Pooling.pool(pool, x).array();
      float[] ones = new float[y.length];
      java.util.Arrays.fill(ones, 1);
      // Linear: ⟨gradient of the sum of y, x⟩ is the sum of y.
      double sum = 0;
      double product = 0;
      float[] gradX = gradient(pool, x, ones);
      for (float value : y) {
        sum += value;
      }
      for (int i = 0; i < 6; i++) {
        product += gradX[i] * x.array()[i];
      }
      assertEquals(sum, product, 1e-5, divisor.toString());
    }
  }

  @Test
  void overlappingWindowsAddTheirGradients() {
    Tensor x = line(1, 2, 9, 3, 9.5f);
    assertArrayEquals(new float[] {0, 0, 3, 0, 4}, gradient(Pool.max(3).stride(1), x, 1, 2, 4));
  }

  @Test
  void windowWithBothTapsInPaddingIsRefused() {
    Pool pool = Pool.max(2).dilation(2).padding(1);
    var e = assertThrows(ShapeException.class, () -> pool(pool, 5));
    assertTrue(e.getMessage().contains("takes no cell of the input"), e.getMessage());
    assertTrue(e.getMessage().contains("dilation 2"), e.getMessage());
  }

  @Test
  void allNegativeInfinityIsKept() {
    float inf = Float.NEGATIVE_INFINITY;
    assertArrayEquals(new float[] {inf}, pool(Pool.max(2), inf, inf));
    var pooled = Pooling.of(Pool.max(2)).forwardWithIndices(line(inf, inf));
    assertArrayEquals(new int[] {0}, pooled.indices().array());
  }

  @Test
  void nanPropagatesOrIsIgnored() {
    float nan = Float.NaN;
    Tensor x = line(1, nan, 3, nan);
    var pooled = Pooling.of(Pool.max(4)).forwardWithIndices(x);
    assertTrue(Float.isNaN(pooled.output().array()[0]));
    assertArrayEquals(new int[] {1}, pooled.indices().array());
    Pool ignore = Pool.max(4).nan(NanPolicy.IGNORE);
    pooled = Pooling.of(ignore).forwardWithIndices(x);
    assertArrayEquals(new float[] {3}, pooled.output().array());
    assertArrayEquals(new int[] {2}, pooled.indices().array());
    pooled = Pooling.of(ignore).forwardWithIndices(line(nan, nan, nan, nan));
    assertTrue(Float.isNaN(pooled.output().array()[0]));
    assertArrayEquals(new int[] {0}, pooled.indices().array());
  }

  @Test
  void tiesGoToTheFirstOrAreShared() {
    Tensor x = line(-0f, 0f, -1, 0f);
    assertArrayEquals(new float[] {6, 0, 0, 0}, gradient(Pool.max(4), x, 6));
    assertArrayEquals(new float[] {2, 2, 0, 2}, gradient(Pool.max(4).ties(Ties.SPLIT), x, 6));
    Pool keras = Pool.global(Reduction.max()).profile(Profile.KERAS);
    assertArrayEquals(new float[] {2, 2, 0, 2}, gradient(keras, x, 6));
  }

  @Test
  void averageNeitherOverflowsNorLosesSmallValues() {
    assertArrayEquals(new float[] {3e38f}, pool(Pool.average(4), 3e38f, 3e38f, 3e38f, 3e38f));
    assertArrayEquals(new float[] {1e-42f}, pool(Pool.average(2), 1e-42f, 1e-42f));
    float inf = Float.POSITIVE_INFINITY;
    assertTrue(Float.isNaN(pool(Pool.average(2), inf, -inf)[0]));
  }

  @Test
  void hugeDilationAndStrideMatterNotForAWindowOfOneCell() {
    int huge = Integer.MAX_VALUE;
    assertArrayEquals(new float[] {1, 2, 3}, pool(Pool.max(1).stride(1).dilation(huge), 1, 2, 3));
    assertArrayEquals(new float[] {1}, pool(Pool.max(1).stride(huge), 1, 2, 3));
    assertArrayEquals(
        new float[] {1}, pool(Pool.max(1).stride(huge).rounding(Rounding.CEIL), 1, 2, 3));
  }
}
