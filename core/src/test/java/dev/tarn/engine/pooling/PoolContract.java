package dev.tarn.engine.pooling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.tarn.engine.Engine;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Ties;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/// What every engine's pooling has to do, one method for each property. `PoolContract.of` in a
/// `@TestFactory` runs them all.
public final class PoolContract {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int ROUNDS = Integer.getInteger("tests.rounds", 1);

  private static final List<Reduction> COMMON =
      List.of(Reduction.max(), Reduction.min(), Reduction.average(), Reduction.lp(2));

  private PoolContract() {}

  /// All properties, the formulas on this many random cases.
  public static Stream<DynamicTest> of(Engine engine, int randomCases) {
    Stream<DynamicTest> cases =
        PoolCases.regions().stream()
            .map(c -> dynamicTest(c.name(), () -> agreesWithFormulas(engine, c)));
    return Stream.concat(
        cases,
        Stream.of(
            dynamicTest("random", () -> agreesOnRandomCases(engine, randomCases * ROUNDS)),
            dynamicTest("nanInEveryLane", () -> takesNanAlikeInEveryLane(engine)),
            dynamicTest("infinities", () -> beginsWithTheFirstCell(engine)),
            dynamicTest("zeros", () -> keepsTheSignOfTheFirstZero(engine)),
            dynamicTest("global", () -> poolsGloballyAsWithOneWindow(engine)),
            dynamicTest("blocks", () -> doesNotDependOnTheOrderOfBlocks(engine)),
            dynamicTest("unpool", () -> unpoolsAsTheFormulasSay(engine)),
            dynamicTest("spread", () -> spreadsAsTheFormulasSay(engine)),
            dynamicTest("largeAverage", () -> averagesLargeWindowsAccurately(engine)),
            dynamicTest("emptyBatch", () -> doesNothingForAnEmptyBatch(engine))));
  }

  /// One case with every reduction, on values with many ties and on values without.
  static void agreesWithFormulas(Engine engine, PoolCase regions) {
    var random = SeededRandom.of(SEED, regions.name().hashCode());
    boolean large = regions.input().elements() > 40_000;
    for (Reduction reduction : large ? COMMON : PoolCases.reductions()) {
      PoolCase c = regions.with(reduction);
      agrees(engine, c, whole(random, c.input()), random);
      if (!large) {
        agrees(engine, c, real(random, c.input()), random);
      }
    }
  }

  /// Random cases, and at least 30 % of what they compute is not zero.
  public static void agreesOnRandomCases(Engine engine, int cases) {
    var random = SeededRandom.of(SEED);
    long values = 0;
    long zeros = 0;
    for (int i = 0; i < cases; i++) {
      PoolCase c = PoolCases.random(random);
      float[] x = i % 3 == 0 ? whole(random, c.input()) : real(random, c.input());
      if (i % 5 == 0) {
        special(random, c.pool().reduction(), x);
      }
      for (float y : agrees(engine, c, x, random)) {
        values++;
        zeros += y == 0 ? 1 : 0;
      }
    }
    assertTrue(zeros < 0.7 * values, zeros + " of " + values + " outputs are zero");
  }

  private static float[] agrees(Engine engine, PoolCase c, float[] x, SeededRandom random) {
    var naive = new NaivePool(c.pool(), c.input());
    float[] y = naive.forward(x);
    float[] gradY = whole(random, naive.output());
    float[] gradX = naive.backward(x, y, gradY);
    for (Layout layout : Layout.values()) {
      String what = "%s, %s, seed %d".formatted(c, layout, SEED);
      var rig = new PoolRig(engine, c, layout);
      assertEquals(naive.output(), rig.output(), what);
      compare(c, y, rig.forward(x, false), rounding(naive, x), what + ", y");
      if (c.pool().reduction() instanceof Reduction.Max
          || c.pool().reduction() instanceof Reduction.Min) {
        compare(c, y, rig.forward(x, true), 0, what + ", y with places");
        assertArrayEquals(naive.argmax(x), cells(naive, rig.taps()), what + ", places");
      }
      compare(c, gradX, rig.backward(x, gradY), 0, what + ", gradX");
    }
    return y;
  }

  private static int[] cells(NaivePool naive, int[] taps) {
    int[] cells = new int[taps.length];
    for (int i = 0; i < taps.length; i++) {
      cells[i] = naive.cell(taps[i], i % naive.outputs());
    }
    return cells;
  }

  /// What the mean of a whole plane may be off where it is added in float at first; 0 for other
  /// poolings.
  private static float rounding(NaivePool naive, float[] x) {
    if (naive.outputs() != 1) {
      return 0;
    }
    float largest = 0;
    for (float value : x) {
      largest = Float.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
    }
    return 0x1p-22f * largest;
  }

  /// Bit for bit; only norms with `pow` or a root, which the formulas take by another way, may be 4
  /// units in the last place off, and means and sums `rounding` for each cell they count.
  private static void compare(
      PoolCase c, float[] expected, float[] actual, float rounding, String what) {
    double counted = counted(c);
    if (rounding > 0 && counted > 0) {
      assertArrayEquals(expected, actual, (float) (rounding * counted), what);
      return;
    }
    if (c.pool().reduction() instanceof Reduction.Lp lp && Double.isFinite(lp.p())) {
      assertEquals(expected.length, actual.length, what);
      for (int i = 0; i < expected.length; i++) {
        float size = Float.isFinite(expected[i]) ? Math.max(Math.abs(expected[i]), 1f) : 1f;
        float tolerance = 4 * Math.ulp(size);
        assertEquals(expected[i], actual[i], tolerance, what + " at " + i);
      }
    } else {
      assertArrayEquals(PoolRig.bits(expected), PoolRig.bits(actual), what);
    }
  }

  /// Cells that a sum counts, divided by what it is divided by; 0 for other reductions.
  private static double counted(PoolCase c) {
    double cells = c.input().sample().elements() / (double) c.input().channels();
    return switch (c.pool().reduction()) {
      case Reduction.Sum sum -> cells;
      case Reduction.Average(Divisor.Fixed(double divisor)) -> cells / Math.abs(divisor);
      case Reduction.Average average -> 1;
      default -> 0;
    };
  }

  /// A NaN has the same effect at any channel of any number of channels, in both layouts.
  static void takesNanAlikeInEveryLane(Engine engine) {
    var policies =
        List.of(
            Reduction.max(),
            Reduction.min(),
            new Reduction.Max(NanPolicy.IGNORE, Ties.FIRST),
            new Reduction.Min(NanPolicy.IGNORE, Ties.FIRST));
    for (Reduction reduction : policies) {
      for (int channels = 1; channels <= 65; channels++) {
        var c =
            new PoolCase("nan", Pool.of(reduction, 2, 3).stride(1), Shape.of(1, channels, 3, 4));
        for (int cell : new int[] {0, 5, 11}) {
          float[] x = new float[channels * 12];
          for (int i = 0; i < x.length; i++) {
            x[i] = i % 7 - 3;
          }
          for (int channel = 0; channel < channels; channel++) {
            x[channel * 12 + cell] = Float.NaN;
            x[channel * 12 + (cell + channel) % 12] = Float.NaN;
          }
          agrees(engine, c, x, SeededRandom.of(SEED));
        }
      }
    }
  }

  /// A window of −∞ alone gives −∞, found in its first cell.
  static void beginsWithTheFirstCell(Engine engine) {
    for (Layout layout : Layout.values()) {
      for (int channels : new int[] {1, 5, 16, 33}) {
        float[] x = new float[channels * 9];
        java.util.Arrays.fill(x, Float.NEGATIVE_INFINITY);
        var shape = Shape.of(1, channels, 3, 3);
        var rig =
            new PoolRig(
                engine, new PoolCase("max", Pool.max(2).stride(1).padding(1), shape), layout);
        for (float y : rig.forward(x, true)) {
          assertEquals(Float.NEGATIVE_INFINITY, y);
        }
        // Tap 3 is the only one inside at the upper left corner, tap 0 the first in the middle.
        assertEquals(3, rig.taps()[0]);
        assertEquals(0, rig.taps()[5]);
      }
    }
  }

  /// −0 and +0 tie: the first stays, with its sign.
  static void keepsTheSignOfTheFirstZero(Engine engine) {
    for (Layout layout : Layout.values()) {
      for (Reduction reduction : List.of(Reduction.max(), Reduction.min())) {
        for (int channels : new int[] {1, 7, 16, 31}) {
          float[] x = new float[channels * 2];
          for (int i = 0; i < x.length; i++) {
            x[i] = (i + i / 2) % 2 == 0 ? -0f : 0f;
          }
          var c = new PoolCase("zeros", Pool.of(reduction, 2), Shape.of(1, channels, 2));
          var rig = new PoolRig(engine, c, layout);
          float[] y = rig.forward(x, true);
          for (int channel = 0; channel < channels; channel++) {
            assertEquals(Float.floatToIntBits(x[2 * channel]), Float.floatToIntBits(y[channel]));
            assertEquals(0, rig.taps()[channel]);
          }
        }
      }
    }
  }

  /// Global pooling and a window of the plane's size are the same, bit for bit.
  static void poolsGloballyAsWithOneWindow(Engine engine) {
    var random = SeededRandom.of(SEED, 3);
    var shape = Shape.of(2, 19, 5, 7);
    float[] x = real(random, shape);
    float[] gradY = real(random, Shape.of(2, 19, 1, 1));
    for (Reduction reduction : PoolCases.reductions()) {
      for (Layout layout : Layout.values()) {
        var global = new PoolRig(engine, new PoolCase("g", Pool.global(reduction), shape), layout);
        var window =
            new PoolRig(engine, new PoolCase("w", Pool.of(reduction, 5, 7), shape), layout);
        assertArrayEquals(
            PoolRig.bits(window.forward(x, true)), PoolRig.bits(global.forward(x, true)));
        assertArrayEquals(
            PoolRig.bits(window.backward(x, gradY)), PoolRig.bits(global.backward(x, gradY)));
      }
    }
  }

  /// Blocks are independent: their order changes no bit.
  static void doesNotDependOnTheOrderOfBlocks(Engine engine) {
    var random = SeededRandom.of(SEED, 4);
    for (PoolCase regions : PoolCases.regions()) {
      if (!regions.name().startsWith("many_")) {
        continue;
      }
      for (Reduction reduction : COMMON) {
        PoolCase c = regions.with(reduction);
        float[] x = real(random, c.input());
        for (Layout layout : Layout.values()) {
          var first = new PoolRig(engine, c, layout);
          var last = new PoolRig(engine, c, layout).backwards();
          float[] gradY = real(random, first.output());
          assertArrayEquals(first.forward(x, true), last.forward(x, true), c.toString());
          assertArrayEquals(first.backward(x, gradY), last.backward(x, gradY), c.toString());
        }
      }
    }
  }

  /// Unpooling with every rule for duplicates, forward and backward.
  static void unpoolsAsTheFormulasSay(Engine engine) {
    var random = SeededRandom.of(SEED, 5);
    for (PoolCase c : small()) {
      var naive = new NaivePool(c.pool(), c.input());
      float[] x = whole(random, c.input());
      List<List<Integer>> claims = naive.claims(naive.argmax(x));
      for (Layout layout : Layout.values()) {
        for (Duplicates rule : Duplicates.values()) {
          var rig = new PoolRig(engine, c, layout);
          rig.forward(x, true);
          float[] values = real(random, naive.output());
          float[] gradients = real(random, c.input());
          float[] y = new float[x.length];
          float[] gradX = new float[values.length];
          for (int cell = 0; cell < y.length; cell++) {
            List<Integer> claim = claims.get(cell);
            double sum = claim.stream().mapToDouble(o -> values[o]).sum();
            y[cell] =
                claim.isEmpty()
                    ? 0
                    : switch (rule) {
                      case LAST -> values[claim.getLast()];
                      case SUM -> (float) sum;
                      case MEAN -> (float) (sum / claim.size());
                    };
            for (int o : claim) {
              gradX[o] =
                  switch (rule) {
                    case LAST -> o == claim.getLast() ? gradients[cell] : 0;
                    case SUM -> gradients[cell];
                    case MEAN -> gradients[cell] / claim.size();
                  };
            }
          }
          assertArrayEquals(y, rig.unpool(values, rule), c + ", " + rule + ", " + layout);
          assertArrayEquals(gradX, rig.unpoolBackward(gradients, rule), c + ", " + rule);
        }
      }
    }
  }

  /// Average unpooling, forward and backward.
  static void spreadsAsTheFormulasSay(Engine engine) {
    var random = SeededRandom.of(SEED, 6);
    for (PoolCase c : small()) {
      var naive = new NaivePool(c.pool(), c.input());
      List<List<Integer>> takers = naive.takers();
      float[] values = whole(random, naive.output());
      float[] gradients = real(random, c.input());
      float[] y = new float[c.input().arraySize()];
      double[] gradX = new double[values.length];
      for (int cell = 0; cell < y.length; cell++) {
        List<Integer> taker = takers.get(cell);
        y[cell] = (float) taker.stream().mapToDouble(o -> values[o]).average().orElse(0);
        for (int o : taker) {
          gradX[o] += gradients[cell] / (double) taker.size();
        }
      }
      for (Layout layout : Layout.values()) {
        var rig = new PoolRig(engine, c, layout);
        assertArrayEquals(y, rig.spread(values), c + ", " + layout);
        float[] back = rig.spreadBackward(gradients);
        for (int o = 0; o < back.length; o++) {
          assertEquals((float) gradX[o], back[o], 1e-6f, c + ", gradient at " + o);
        }
      }
    }
  }

  private static List<PoolCase> small() {
    var cases = new ArrayList<PoolCase>();
    for (PoolCase c : PoolCases.regions()) {
      if (c.input().elements() < 5000 && !c.name().contains("taps")) {
        cases.add(c);
      }
    }
    return cases;
  }

  /// A relative error of at most 2e-7 at any size of window, without overflow on the way.
  static void averagesLargeWindowsAccurately(Engine engine) {
    for (Layout layout : Layout.values()) {
      var shape = Shape.of(1, 1, 2048, 2048);
      float[] x = new float[shape.arraySize()];
      java.util.Arrays.fill(x, 0.1f);
      var average = new PoolCase("average", Pool.global(Reduction.average()), shape);
      assertEquals(0.1f, new PoolRig(engine, average, layout).forward(x, false)[0], 2e-8f);
      var norm = new PoolCase("L2", Pool.global(Reduction.lp(2)), shape);
      float expected = (float) (2048 * (double) 0.1f);
      float actual = new PoolRig(engine, norm, layout).forward(x, false)[0];
      assertEquals(expected, actual, expected * 2e-7f);
      float[] huge = {3e38f, 3e38f, 3e38f, 3e38f};
      var four = new PoolCase("four", Pool.average(4), Shape.of(1, 1, 4));
      assertEquals(3e38f, new PoolRig(engine, four, layout).forward(huge, false)[0]);
      float[] tiny = {1e-42f, 1e-42f, 1e-42f, 1e-42f};
      assertEquals(1e-42f, new PoolRig(engine, four, layout).forward(tiny, false)[0]);
    }
  }

  /// A batch of 0 has no blocks.
  static void doesNothingForAnEmptyBatch(Engine engine) {
    for (Reduction reduction : PoolCases.reductions()) {
      var c = new PoolCase("empty", Pool.of(reduction, 2), Shape.of(0, 3, 4, 4));
      var rig = new PoolRig(engine, c, Layout.NHWC);
      assertEquals(0, rig.forward(new float[0], true).length);
      assertEquals(0, rig.backward(new float[0], new float[0]).length);
    }
  }

  private static float[] whole(SeededRandom random, Shape shape) {
    float[] values = new float[shape.arraySize()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(9) - 4;
    }
    return values;
  }

  private static float[] real(SeededRandom random, Shape shape) {
    float[] values = new float[shape.arraySize()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.gaussian();
    }
    return values;
  }

  /// Sprinkles values that are easily mistreated; norms have their own tests for those.
  private static void special(SeededRandom random, Reduction reduction, float[] x) {
    float[] values = {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, -0f, 1e-42f};
    if (reduction instanceof Reduction.Lp) {
      return;
    }
    for (int i = 0; i < x.length; i++) {
      if (random.nextInt(6) == 0) {
        x[i] = values[random.nextInt(values.length)];
      }
    }
  }
}
