package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.tensor.Window;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolutions with one tap, and gradients of strided ones, give the bits of the contract at every
/// width and on any number of threads.
class PointwiseAndPhasesTest {
  private static final String POINTWISE = "pointwise";
  private static final String PHASES = "phases";

  /// @param forward what the name of the forward kernel contains
  /// @param backward what the name of the gradient's kernel contains
  private record Case(
      String why, int batch, ConvGeometry geometry, String forward, String backward) {
    @Override
    public String toString() {
      return why;
    }
  }

  static Stream<Case> cases() {
    Window one = Window.of(1);
    Window three = Window.of(3).padding(1).stride(2);
    return Stream.of(
        of("one_by_one", 1, 64, 32, 1, one, POINTWISE, POINTWISE, 13, 15),
        of("tails_of_channels_and_positions", 3, 37, 41, 1, one, POINTWISE, POINTWISE, 7, 5),
        of("fewer_positions_than_rows", 1, 40, 64, 1, one, POINTWISE, POINTWISE, 2, 2),
        of("groups", 2, 64, 96, 2, one, POINTWISE, POINTWISE, 9, 8),
        of("strided", 2, 40, 48, 1, one.stride(2), POINTWISE, PHASES, 17, 21),
        of("three_by_three", 1, 24, 40, 1, three, "", PHASES, 18, 23),
        of("even_kernel", 2, 32, 24, 1, Window.of(4).padding(1).stride(2), "", PHASES, 16, 20),
        of("stride_beyond_the_kernel", 1, 24, 32, 1, Window.of(2).stride(3), "", PHASES, 30, 31),
        of("stride_of_rows_alone", 1, 24, 24, 1, Window.of(3).stride(2, 1), "", PHASES, 15, 18),
        of("dilation", 1, 20, 24, 1, three.dilation(2), "", PHASES, 21, 24),
        of(
            "dilation_and_stride_of_three",
            1,
            20,
            24,
            1,
            three.dilation(2).stride(3),
            "",
            PHASES,
            26,
            28),
        of("two_groups", 1, 32, 48, 2, three, "", PHASES, 19, 19),
        of("more_padding_than_cells", 1, 64, 64, 1, three.padding(4), "", PHASES, 5, 6));
  }

  private static Case of(
      String why,
      int batch,
      int in,
      int out,
      int groups,
      Window window,
      String forward,
      String backward,
      int... sizes) {
    ConvGeometry g = ConvTrials.geometry(in, out, groups, window, sizes);
    return new Case(why, batch, g, forward, backward);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheBitsOfTheContract(Case c) {
    ConvGeometry g = c.geometry;
    var random = new Random(Long.getLong("tests.seed", 1));
    float[] x = random(random, c.batch * g.inPositions() * g.inChannels());
    float[] w = random(random, g.weightSize());
    float[] b = random(random, g.outChannels());
    float[] gradY = random(random, c.batch * g.outPositions() * g.outChannels());
    float[] expected = NaiveConv.forward(g, c.batch, x, w, b);
    float[] gradient = NaiveConv.backwardData(g, c.batch, gradY, w);
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      for (int bits : Widths.bits()) {
        // Phases of nine taps would be Winograd's.
        Engine engine = Widths.engine(bits).with(Arithmetic.EXACT_ORDER);
        for (Workers workers : List.of(one, three)) {
          var rig = new Rig(c.batch);
          Buffer xs = rig.samples("x", g.inPositions() * g.inChannels(), x);
          Buffer ws = rig.whole("w", g.weightSize(), w);
          Buffer bs = rig.whole("b", g.outChannels(), b);
          Buffer ys = rig.samples("y", g.outPositions() * g.outChannels());
          Problem problem = new ConvProblem.Forward(g, xs, ws, bs, ys);
          float[] y = run(engine, workers, rig, problem, c.forward, ys);
          assertArrayEquals(expected, y, engine.name());
          rig = new Rig(c.batch);
          Buffer gys = rig.samples("gradY", g.outPositions() * g.outChannels(), gradY);
          ws = rig.whole("w", g.weightSize(), w);
          Buffer gxs = rig.samples("gradX", g.inPositions() * g.inChannels());
          problem = new ConvProblem.BackwardData(g, gys, ws, gxs);
          float[] gradX = run(engine, workers, rig, problem, c.backward, gxs);
          assertArrayEquals(gradient, gradX, engine.name());
        }
      }
    }
  }

  private static float[] run(
      Engine engine, Workers workers, Rig rig, Problem problem, String kernel, Buffer result) {
    String name = engine.choose(problem).kernel().name();
    assertTrue(name.contains(kernel), name);
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
