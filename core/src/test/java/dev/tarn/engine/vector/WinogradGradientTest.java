package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The gradients by the adjoint of Winograd's algorithm keep the error they promise, and give the
/// same bits on any number of threads and at any width.
class WinogradGradientTest {
  private static final double PROMISED = 2e-5;

  private static float[] random(int size, long seed) {
    var random = SeededRandom.of(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.gaussian();
    }
    return values;
  }

  private static ConvGeometry geometry(int in, int out, int height, int width, int padding) {
    Window window = Window.of(5).padding(padding);
    return new ConvGeometry(
        in, out, 1, Spans.single(), window.spans(0, 2, height), window.spans(1, 2, width));
  }

  /// The weight's gradient, then the bias's.
  private static float[] weights(Engine engine, Workers workers, ConvGeometry g, int batch) {
    var rig = new Rig(batch);
    int in = g.inPositions() * g.inChannels();
    int out = g.outPositions() * g.outChannels();
    Buffer x = rig.samples("x", in, random(batch * in, 1));
    Buffer gradY = rig.samples("gradY", out, random(batch * out, 2));
    Buffer gradW = rig.whole("gradW", g.weightSize());
    Buffer gradBias = rig.whole("gradBias", g.outChannels());
    Problem problem = new ConvProblem.BackwardWeights(g, x, gradY, gradW, gradBias);
    named(engine, problem, "weight gradient by Winograd");
    rig.run(engine, problem, workers);
    float[] all = Arrays.copyOf(rig.get(gradW), g.weightSize() + g.outChannels());
    System.arraycopy(rig.get(gradBias), 0, all, g.weightSize(), g.outChannels());
    return all;
  }

  private static float[] data(Engine engine, Workers workers, ConvGeometry g, int batch) {
    var rig = new Rig(batch);
    int in = g.inPositions() * g.inChannels();
    int out = g.outPositions() * g.outChannels();
    Buffer gradY = rig.samples("gradY", out, random(batch * out, 3));
    Buffer w = rig.whole("w", g.weightSize(), random(g.weightSize(), 4));
    Buffer gradX = rig.samples("gradX", in);
    Problem problem = new ConvProblem.BackwardData(g, gradY, w, gradX);
    named(engine, problem, "tiles of results");
    rig.run(engine, problem, workers);
    return rig.get(gradX);
  }

  private static void named(Engine engine, Problem problem, String part) {
    if (!(engine instanceof ReferenceEngine)) {
      var choice = engine.choose(problem);
      assertTrue(choice.kernel().name().contains(part), () -> choice.toString());
    }
  }

  private static void close(float[] expected, float[] actual, String where) {
    double largest = 0;
    double worst = 0;
    assertEquals(expected.length, actual.length, where);
    for (int i = 0; i < expected.length; i++) {
      assertTrue(Float.isFinite(actual[i]), where + " at " + i);
      largest = Math.max(largest, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs((double) expected[i] - actual[i]));
    }
    assertTrue(worst <= PROMISED * largest, where + ": " + worst + " of " + largest);
  }

  @ParameterizedTest
  @CsvSource({
    "20, 20, 40, 12, 12, 0", // the second layer of textbook2, several samples in a block
    "1, 20, 40, 12, 12, 0", // a batch of one
    "3, 17, 33, 11, 14, 0", // odd numbers of results, tails of channels
    "2, 48, 16, 7, 5, 2", // tiles that hang over, padding
    "5, 16, 18, 9, 9, 4" // padding as wide as the filter reaches
  })
  void weightsKeepTheirPromise(int batch, int in, int out, int height, int width, int padding) {
    ConvGeometry g = geometry(in, out, height, width, padding);
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      float[] expected = weights(new ReferenceEngine(), one, g, batch);
      float[] narrow = weights(Widths.engine(128), one, g, batch);
      for (int bits : Widths.bits()) {
        float[] actual = weights(Widths.engine(bits), three, g, batch);
        close(expected, actual, bits + " bits");
        assertArrayEquals(narrow, actual);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "10, 20, 40, 12, 12, 0", // the second layer of textbook2, several samples in a product
    "1, 20, 40, 12, 12, 0", // a batch of one
    "4, 17, 33, 11, 14, 0", // odd numbers of results, tails of channels
    "2, 48, 16, 13, 10, 1" // padding, fewer tiles of results nevertheless
  })
  void dataKeepsItsPromise(int batch, int in, int out, int height, int width, int padding) {
    ConvGeometry g = geometry(in, out, height, width, padding);
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      float[] expected = data(new ReferenceEngine(), one, g, batch);
      float[] narrow = data(Widths.engine(128), one, g, batch);
      for (int bits : Widths.bits()) {
        float[] actual = data(Widths.engine(bits), three, g, batch);
        close(expected, actual, bits + " bits");
        assertArrayEquals(narrow, actual);
      }
    }
  }

  @Test
  void theExactOrderLeavesThemOut() {
    Engine exact = new VectorEngine().with(Arithmetic.EXACT_ORDER);
    ConvGeometry g = geometry(20, 40, 12, 12, 0);
    var rig = new Rig(1);
    Buffer x = rig.samples("x", g.inPositions() * 20);
    Buffer gradY = rig.samples("gradY", g.outPositions() * 40);
    Buffer w = rig.whole("w", g.weightSize());
    for (Problem problem :
        new Problem[] {
          new ConvProblem.BackwardWeights(g, x, gradY, w, null),
          new ConvProblem.BackwardData(g, gradY, w, x)
        }) {
      assertTrue(exact.choose(problem).kernel().name().contains("matrix product"));
    }
  }
}
