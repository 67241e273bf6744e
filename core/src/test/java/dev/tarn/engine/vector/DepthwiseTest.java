package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

/// Depthwise convolutions and their gradients give the bits of the contract at every width and on
/// any number of threads.
class DepthwiseTest {
  private record Case(String why, int batch, ConvGeometry geometry) {
    @Override
    public String toString() {
      return why;
    }
  }

  static Stream<Case> cases() {
    Window three = Window.of(3).padding(1);
    return Stream.of(
        of("same_padding", 2, 32, three, 14, 19),
        of("tail_of_channels", 1, 41, three, 9, 12),
        of("stride_of_two", 3, 16, three.stride(2), 15, 24),
        of("stride_beyond_the_kernel", 1, 33, Window.of(2).stride(3), 20, 31),
        of("dilation", 1, 17, Window.of(3).dilation(2).padding(2), 13, 16),
        of("dilation_and_stride", 2, 20, Window.of(3).dilation(3).stride(2).padding(1), 23, 29),
        of("five_by_five", 1, 24, Window.of(5).padding(2), 11, 17),
        of("rows_shorter_than_a_tile", 2, 16, three, 5, 6),
        of("exactly_one_tile_inside", 1, 16, three, 3, 10),
        of("window_wider_than_the_plane", 1, 16, Window.of(7).padding(3), 4, 3),
        of("windows_wholly_in_padding", 1, 16, Window.of(2).padding(3), 3, 3));
  }

  private static Case of(String why, int batch, int channels, Window window, int... sizes) {
    return new Case(why, batch, ConvTrials.geometry(channels, channels, channels, window, sizes));
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
        Engine engine = Widths.engine(bits);
        for (Workers workers : List.of(one, three)) {
          var rig = new Rig(c.batch);
          Buffer xs = rig.samples("x", g.inPositions() * g.inChannels(), x);
          Buffer ws = rig.whole("w", g.weightSize(), w);
          Buffer bs = rig.whole("b", g.outChannels(), b);
          Buffer ys = rig.samples("y", g.outPositions() * g.outChannels());
          float[] y = run(engine, workers, rig, new ConvProblem.Forward(g, xs, ws, bs, ys), ys);
          assertArrayEquals(expected, y, engine.name());
          rig = new Rig(c.batch);
          Buffer gys = rig.samples("gradY", g.outPositions() * g.outChannels(), gradY);
          ws = rig.whole("w", g.weightSize(), w);
          Buffer gxs = rig.samples("gradX", g.inPositions() * g.inChannels());
          float[] gradX =
              run(engine, workers, rig, new ConvProblem.BackwardData(g, gys, ws, gxs), gxs);
          assertArrayEquals(gradient, gradX, engine.name());
        }
      }
    }
  }

  private static float[] run(
      Engine engine, Workers workers, Rig rig, Problem problem, Buffer result) {
    String name = engine.choose(problem).kernel().name();
    assertTrue(name.startsWith("depthwise"), name);
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
