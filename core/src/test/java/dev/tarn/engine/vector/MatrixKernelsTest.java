package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.DenseTrials;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolution and dense kernels give the bits that the contract's order of fused multiply-adds
/// gives.
class MatrixKernelsTest {
  static List<Engine> engines() {
    var engines = new ArrayList<Engine>();
    engines.add(new ReferenceEngine());
    engines.add(new VectorEngine().with(Arithmetic.EXACT_ORDER));
    return engines;
  }

  /// A convolution by name: why it is here.
  private record Case(String why, int batch, int in, int out, int groups, int size, Window window) {
    ConvGeometry geometry() {
      Spans axis = window.spans(1, 2, size);
      return new ConvGeometry(in, out, groups, Spans.single(), window.spans(0, 2, size + 1), axis);
    }
  }

  private static Case of(String why, int batch, int in, int out, int g, int size, Window w) {
    return new Case(why, batch, in, out, g, size, w);
  }

  private static final List<Case> CASES =
      List.of(
          of("textbook_first_layer", 3, 1, 3, 1, 13, Window.of(5)),
          of("twenty_maps_leave_a_tail", 2, 1, 20, 1, 12, Window.of(5)),
          of("depth_over_several_runs", 2, 20, 40, 1, 12, Window.of(5)),
          of("one_by_one", 5, 33, 17, 1, 6, Window.of(1)),
          of("same_padding", 2, 16, 33, 1, 7, Window.of(3).padding(Padding.Same.UPPER)),
          of("padding_per_side", 2, 3, 5, 1, 7, Window.of(3).padding(2)),
          of("stride_two", 3, 8, 12, 1, 9, Window.of(3).stride(2).padding(1)),
          of("stride_three_larger_than_kernel", 2, 5, 7, 1, 11, Window.of(2).stride(3)),
          of("stride_four_eleven", 1, 3, 9, 1, 23, Window.of(11).stride(4)),
          of("dilated", 2, 6, 9, 1, 10, Window.of(3).dilation(2).padding(1)),
          of("two_groups", 3, 8, 12, 2, 8, Window.of(3).padding(1)),
          of("window_equals_plane", 4, 7, 65, 1, 3, Window.of(4, 3)),
          of("several_samples_in_a_band", 9, 2, 4, 1, 4, Window.of(3)),
          of("bands_of_rows", 1, 24, 16, 1, 60, Window.of(3).padding(1)));

  @ParameterizedTest
  @MethodSource("engines")
  void convolutionKeepsTheOrderOfTheContract(Engine engine) {
    try (var workers = Workers.of(3)) {
      for (Case c : CASES) {
        for (boolean exact : new boolean[] {true, false}) {
          check(engine, workers, c, exact);
        }
      }
    }
  }

  private static void check(Engine engine, Workers workers, Case c, boolean exact) {
    var random = new Random(Long.getLong("tests.seed", 1) + c.why.hashCode());
    ConvGeometry g = c.geometry();
    float[] x = random(random, c.batch * g.inPositions() * c.in, exact);
    float[] w = random(random, g.weightSize(), exact);
    float[] b = random(random, c.out, exact);
    float[] gradY = random(random, c.batch * g.outPositions() * c.out, exact);
    String where = "%s, %s, %s".formatted(c.why, engine.name(), exact ? "integers" : "normal");

    var rig = new Rig(c.batch);
    Buffer xs = rig.samples("x", g.inPositions() * c.in, x);
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer bs = rig.whole("b", c.out, b);
    Buffer ys = rig.samples("y", g.outPositions() * c.out);
    rig.run(engine, new ConvProblem.Forward(g, xs, ws, bs, ys), workers);
    same(NaiveConv.forward(g, c.batch, x, w, b), rig.get(ys), where + ", forward");

    rig = new Rig(c.batch);
    Buffer gys = rig.samples("gradY", g.outPositions() * c.out, gradY);
    ws = rig.whole("w", g.weightSize(), w);
    Buffer gxs = rig.samples("gradX", g.inPositions() * c.in);
    rig.run(engine, new ConvProblem.BackwardData(g, gys, ws, gxs), workers);
    same(NaiveConv.backwardData(g, c.batch, gradY, w), rig.get(gxs), where + ", by data");

    rig = new Rig(c.batch);
    xs = rig.samples("x", g.inPositions() * c.in, x);
    gys = rig.samples("gradY", g.outPositions() * c.out, gradY);
    Buffer gws = rig.whole("gradW", g.weightSize());
    Buffer gbs = rig.whole("gradB", c.out);
    var problem = new ConvProblem.BackwardWeights(g, xs, gys, gws, gbs);
    rig.run(engine, problem, workers);
    int blocks = problem.sampleBlocks(c.batch);
    same(NaiveConv.backwardWeights(g, c.batch, blocks, x, gradY), rig.get(gws), where + ", by w");
    same(NaiveConv.backwardBias(g, c.batch, blocks, gradY), rig.get(gbs), where + ", by bias");
  }

  @ParameterizedTest
  @MethodSource("engines")
  void denseKeepsTheOrderOfTheContract(Engine engine) {
    int[][] sizes = {
      {1, 432, 10},
      {10, 432, 10},
      {10, 640, 100},
      {33, 100, 10},
      {70, 37, 29},
      {2, 3, 1},
      {1, 2900, 110},
      {5, 2900, 50},
      {128, 65, 13}
    };
    try (var workers = Workers.of(3)) {
      for (int[] s : sizes) {
        dense(engine, workers, s[0], s[1], s[2], new Random(s[0] + Long.getLong("tests.seed", 1)));
      }
    }
  }

  private static void dense(
      Engine engine, Workers workers, int batch, int in, int out, Random random) {
    float[] x = random(random, batch * in, false);
    float[] w = random(random, out * in, false);
    float[] b = random(random, out, false);
    float[] gradY = random(random, batch * out, false);
    float[] y = new float[batch * out];
    float[] gradX = new float[batch * in];
    float[] gradW = new float[out * in];
    float[] gradB = new float[out];
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < out; o++) {
        float dy = gradY[n * out + o];
        gradB[o] += dy;
        for (int i = 0; i < in; i++) {
          gradX[n * in + i] = Math.fma(dy, w[o * in + i], gradX[n * in + i]);
          gradW[o * in + i] = Math.fma(dy, x[n * in + i], gradW[o * in + i]);
        }
        y[n * out + o] = DenseTrials.product(x, n * in, w, o * in, in, b[o]);
      }
    }
    String where = "%d samples, %d to %d, %s".formatted(batch, in, out, engine.name());
    var rig = new Rig(batch);
    Buffer xs = rig.samples("x", in, x);
    Buffer ws = rig.whole("w", in * out, w);
    Buffer bs = rig.whole("b", out, b);
    Buffer ys = rig.samples("y", out);
    var forward = new DenseProblem.Forward(in, out, xs, ws, bs, ys);
    String name = engine.choose(forward).kernel().name();
    assertTrue(engine instanceof ReferenceEngine || name.contains("16 sums"), name);
    rig.run(engine, forward, workers);
    same(y, rig.get(ys), where + ", forward");

    rig = new Rig(batch);
    Buffer gys = rig.samples("gradY", out, gradY);
    ws = rig.whole("w", in * out, w);
    Buffer gxs = rig.samples("gradX", in);
    rig.run(engine, new DenseProblem.BackwardData(in, out, gys, ws, gxs), workers);
    same(gradX, rig.get(gxs), where + ", by data");

    rig = new Rig(batch);
    xs = rig.samples("x", in, x);
    gys = rig.samples("gradY", out, gradY);
    Buffer gws = rig.whole("gradW", in * out);
    Buffer gbs = rig.whole("gradB", out);
    rig.run(engine, new DenseProblem.BackwardWeights(in, out, xs, gys, gws, gbs), workers);
    same(gradW, rig.get(gws), where + ", by weight");
    same(gradB, rig.get(gbs), where + ", by bias");
  }

  private static float[] random(Random random, int size, boolean exact) {
    float[] a = new float[size];
    for (int i = 0; i < size; i++) {
      a[i] = exact ? random.nextInt(9) - 4 : (float) random.nextGaussian();
    }
    return a;
  }

  private static void same(float[] expected, float[] actual, String where) {
    if (!Arrays.equals(expected, actual)) {
      assertArrayEquals(expected, actual, where + ", seed " + Long.getLong("tests.seed", 1));
    }
  }
}
