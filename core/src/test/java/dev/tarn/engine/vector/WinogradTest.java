package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Winograd convolution keeps the error it promises, and gives the same bits on any number of
/// threads and at any width.
class WinogradTest {
  private static final String FOUR = "F(4×4, 3×3)";
  private static final String TWO = "F(2×2, 3×3)";
  private static final String FIVE = "F(2×2, 5×5)";

  /// What [WinogradForm] promises.
  private static final Map<String, Double> PROMISED = Map.of(FOUR, 2e-5, TWO, 5e-6, FIVE, 2e-5);

  @ParameterizedTest
  @CsvSource({
    "'F(4×4, 3×3)', 1, 32, 48, 24, 26, 1", // columns that do not fill a panel
    "'F(4×4, 3×3)', 2, 64, 32, 21, 23, 1", // tiles that hang over both borders
    "'F(4×4, 3×3)', 1, 48, 64, 26, 24, 0", // no padding
    "'F(4×4, 3×3)', 1, 80, 32, 22, 22, 2", // a gradient that begins inside of its source
    "'F(4×4, 3×3)', 1, 37, 69, 32, 32, 1", // channels that fill neither vectors nor strips
    "'F(4×4, 3×3)', 3, 150, 130, 20, 20, 1", // cells in several chunks, several groups of tiles
    "'F(2×2, 3×3)', 3, 64, 64, 2, 14, 1", // a map of two rows
    "'F(2×2, 3×3)', 3, 65, 47, 2, 5, 1", // an odd number of results, tails of channels
    "'F(2×2, 3×3)', 1, 160, 300, 6, 6, 1", // parts of one group
    "'F(2×2, 5×5)', 3, 20, 40, 12, 12, 0", // the second layer of textbook2
    "'F(2×2, 5×5)', 1, 96, 80, 15, 13, 2", // an odd number of results
    "'F(2×2, 5×5)', 1, 33, 48, 16, 16, 3" // padding, tails of channels
  })
  void keepsItsPromise(
      String form, int batch, int in, int out, int height, int width, int padding) {
    int kernel = form.equals(FIVE) ? 5 : 3;
    Window window = Window.of(kernel).padding(padding);
    Spans rows = window.spans(0, 2, height);
    var g = new ConvGeometry(in, out, 1, Spans.single(), rows, window.spans(1, 2, width));
    var random = new Random(Long.getLong("tests.seed", 1));
    float[] w = random(random, g.weightSize());
    for (int i = 0; i < w.length; i++) {
      w[i] /= (float) Math.sqrt(kernel * kernel * in);
    }
    float[] x = random(random, batch * g.inPositions() * in);
    float[] bias = random(random, out);
    float[] gradY = random(random, batch * g.outPositions() * out);
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      float[] expected = forward(form, new ReferenceEngine(), one, g, batch, x, w, bias, false);
      float[] gradient = backward(form, new ReferenceEngine(), one, g, batch, gradY, w);
      for (int bits : Widths.bits()) {
        Engine engine = Widths.engine(bits);
        String chosen = form + ", " + engine.name();
        float[] y = forward(form, engine, one, g, batch, x, w, bias, true);
        close(form, expected, y, chosen);
        assertArrayEquals(
            y, forward(form, engine, three, g, batch, x, w, bias, true), "three threads");
        float[] narrow = forward(form, Widths.engine(128), one, g, batch, x, w, bias, true);
        assertArrayEquals(y, narrow, chosen);
        close(form, expected, forward(form, engine, one, g, batch, x, w, bias, false), chosen);
        close(form, gradient, backward(form, engine, three, g, batch, gradY, w), chosen);
        float[] first = Arrays.copyOf(y, y.length / batch);
        assertArrayEquals(first, forward(form, engine, one, g, 1, x, w, bias, true), "one sample");
      }
    }
  }

  @Test
  void leavesOutWhereTheOrderMatters() {
    Engine exact = Widths.engine(128).with(Arithmetic.EXACT_ORDER);
    Spans axis = Window.of(3).padding(1).spans(0, 2, 24);
    var g = new ConvGeometry(64, 64, 1, Spans.single(), axis, axis);
    var rig = new Rig(1);
    Buffer x = rig.samples("x", g.inPositions() * 64);
    Buffer w = rig.whole("w", g.weightSize());
    Buffer y = rig.samples("y", g.outPositions() * 64);
    Choice choice = exact.choose(new ConvProblem.Forward(g, x, w, null, y));
    assertTrue(choice.kernel().name().contains("matrix product"), choice.kernel().name());
    assertTrue(choice.refusals().contains("winograd: exact order of sums asked for"));
  }

  private static void close(String form, float[] expected, float[] actual, String where) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) expected[i] - actual[i]));
      assertEquals(expected[i], actual[i], 1e-3, where + " at " + i);
    }
    assertTrue(worst <= PROMISED.get(form) * largest, where + ": " + worst + " of " + largest);
  }

  private static float[] forward(
      String form,
      Engine engine,
      Workers workers,
      ConvGeometry g,
      int batch,
      float[] x,
      float[] w,
      float[] b,
      boolean constant) {
    var rig = new Rig(batch);
    Buffer xs = rig.samples("x", g.inPositions() * g.inChannels(), x);
    Buffer ws = constant ? rig.constant("w", g.weightSize(), w) : rig.whole("w", g.weightSize(), w);
    Buffer bs = rig.whole("b", g.outChannels(), b);
    Buffer ys = rig.samples("y", g.outPositions() * g.outChannels());
    return run(form, engine, workers, rig, new ConvProblem.Forward(g, xs, ws, bs, ys), ys);
  }

  private static float[] backward(
      String form,
      Engine engine,
      Workers workers,
      ConvGeometry g,
      int batch,
      float[] gradY,
      float[] w) {
    var rig = new Rig(batch);
    Buffer gys = rig.samples("gradY", g.outPositions() * g.outChannels(), gradY);
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer gxs = rig.samples("gradX", g.inPositions() * g.inChannels());
    return run(form, engine, workers, rig, new ConvProblem.BackwardData(g, gys, ws, gxs), gxs);
  }

  private static float[] run(
      String form, Engine engine, Workers workers, Rig rig, Problem problem, Buffer result) {
    if (!(engine instanceof ReferenceEngine)) {
      String name = engine.choose(problem).kernel().name();
      assertTrue(name.endsWith("Winograd " + form), name);
    }
    return rig.run(engine, problem, workers).get(result);
  }

  private static float[] random(Random random, int size) {
    float[] a = new float[size];
    for (int i = 0; i < size; i++) {
      a[i] = (float) random.nextGaussian();
    }
    return a;
  }
}
