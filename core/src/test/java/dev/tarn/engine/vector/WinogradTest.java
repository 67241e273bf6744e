package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Winograd convolution keeps the error it promises, and gives the same bits on any number of
/// threads and at any width.
class WinogradTest {
  private static final double PROMISED = 2e-5;

  @ParameterizedTest
  @CsvSource({
    "1, 32, 48, 24, 26, 1", // columns that do not fill a panel
    "2, 64, 32, 21, 23, 1", // tiles that hang over both borders
    "1, 48, 64, 26, 24, 0", // no padding
    "1, 80, 32, 22, 22, 2" // a gradient that begins inside of its source
  })
  void keepsItsPromise(int batch, int in, int out, int height, int width, int padding) {
    Window window = Window.of(3).padding(padding);
    Spans h = window.spans(0, 2, height);
    var g = new ConvGeometry(in, out, 1, Spans.single(), h, window.spans(1, 2, width));
    var random = new Random(Long.getLong("tests.seed", 1));
    float[] w = random(random, g.weightSize());
    for (int i = 0; i < w.length; i++) {
      w[i] /= (float) Math.sqrt(9 * in);
    }
    float[] x = random(random, batch * g.inPositions() * in);
    float[] bias = random(random, out);
    float[] gradY = random(random, batch * g.outPositions() * out);
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      float[] expected = forward(new ReferenceEngine(), one, g, batch, x, w, bias);
      float[] gradient = backward(new ReferenceEngine(), one, g, batch, gradY, w);
      for (int bits : Widths.bits()) {
        Engine engine = Widths.engine(bits);
        float[] y = forward(engine, one, g, batch, x, w, bias);
        close(expected, y, engine.name());
        assertArrayEquals(y, forward(engine, three, g, batch, x, w, bias), "three threads");
        assertArrayEquals(y, forward(Widths.engine(128), one, g, batch, x, w, bias), engine.name());
        close(gradient, backward(engine, three, g, batch, gradY, w), engine.name());
      }
    }
  }

  private static void close(float[] expected, float[] actual, String where) {
    double largest = 0;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) expected[i] - actual[i]));
      assertEquals(expected[i], actual[i], 1e-3, where + " at " + i);
    }
    assertTrue(worst <= PROMISED * largest, where + ": " + worst + " of " + largest);
  }

  private static float[] forward(
      Engine engine, Workers workers, ConvGeometry g, int batch, float[] x, float[] w, float[] b) {
    var rig = new Rig(batch);
    Buffer xs = rig.samples("x", g.inPositions() * g.inChannels(), x);
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer bs = rig.whole("b", g.outChannels(), b);
    Buffer ys = rig.samples("y", g.outPositions() * g.outChannels());
    return run(engine, workers, rig, new ConvProblem.Forward(g, xs, ws, bs, ys), ys);
  }

  private static float[] backward(
      Engine engine, Workers workers, ConvGeometry g, int batch, float[] gradY, float[] w) {
    var rig = new Rig(batch);
    Buffer gys = rig.samples("gradY", g.outPositions() * g.outChannels(), gradY);
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer gxs = rig.samples("gradX", g.inPositions() * g.inChannels());
    return run(engine, workers, rig, new ConvProblem.BackwardData(g, gys, ws, gxs), gxs);
  }

  private static float[] run(
      Engine engine, Workers workers, Rig rig, Problem problem, Buffer result) {
    if (!(engine instanceof ReferenceEngine)) {
      String name = engine.choose(problem).kernel().name();
      assertTrue(name.contains("Winograd"), name);
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
