package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.Choice;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Convolutions of few channels give the bits of the contract in both layouts, at every width and
/// on any number of threads.
class FewChannelsTest {
  private record Case(String why, int batch, ConvGeometry geometry) {
    @Override
    public String toString() {
      return why;
    }
  }

  static Stream<Case> cases() {
    Window three = Window.of(3).padding(1);
    return Stream.of(
        of("colours_same_padding", 1, 3, 64, 1, three, 30, 37),
        of("grey_to_a_tail_of_filters", 3, 1, 20, 1, Window.of(5), 28, 28),
        of("large_stride", 1, 3, 32, 1, Window.of(11).stride(4), 51, 67),
        of("stride_of_two_and_padding", 2, 3, 48, 1, Window.of(7).stride(2).padding(3), 31, 40),
        of("dilation", 1, 2, 33, 1, Window.of(3).dilation(3).padding(2), 20, 41),
        of("groups", 2, 8, 36, 4, three, 9, 18),
        of("rows_shorter_than_a_vector", 2, 4, 17, 1, three, 6, 9),
        of("rows_shorter_than_a_tile", 3, 3, 12, 1, Window.of(3), 9, 5),
        of("one_column", 1, 2, 9, 1, Window.of(3, 1), 12, 1),
        of("filters_fewer_than_a_tile", 1, 6, 10, 5, three, 12, 40),
        of("all_padding", 1, 3, 10, 1, Window.of(3).padding(4), 2, 3),
        of("one_by_one_with_stride", 2, 4, 16, 1, Window.of(1).stride(3), 40, 50));
  }

  private static Case of(
      String why, int batch, int in, int out, int groups, Window window, int height, int width) {
    // Groups divide both numbers of channels.
    int outs = out / groups * groups;
    int ins = in / groups * groups;
    return new Case(why, batch, ConvTrials.geometry(ins, outs, groups, window, height, width));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheBitsOfTheContractInBothLayouts(Case c) {
    ConvGeometry g = c.geometry;
    var random = new Random(Long.getLong("tests.seed", 1));
    float[] x = random(random, c.batch * g.inPositions() * g.inChannels());
    float[] w = random(random, g.weightSize());
    float[] b = random(random, g.outChannels());
    float[] expected = NaiveConv.forward(g, c.batch, x, w, b);
    float[] positive = new float[expected.length];
    for (int i = 0; i < expected.length; i++) {
      positive[i] = Math.max(0f, expected[i]);
    }
    try (var one = Workers.of(1);
        var three = Workers.of(3)) {
      for (int bits : Widths.bits()) {
        Engine engine = Widths.engine(bits);
        for (Workers workers : List.of(one, three)) {
          String where = c.why + ", " + engine.name();
          assertArrayEquals(expected, last(engine, workers, c, x, w, b, false), where);
          assertArrayEquals(positive, last(engine, workers, c, x, w, b, true), where + ", ReLU");
          assertArrayEquals(expected, planes(engine, workers, c, x, w, b), where + ", planes");
        }
      }
    }
  }

  private static float[] last(
      Engine engine, Workers workers, Case c, float[] x, float[] w, float[] b, boolean relu) {
    ConvGeometry g = c.geometry;
    var rig = new Rig(c.batch);
    Buffer xs = rig.samples("x", g.inPositions() * g.inChannels(), x);
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer bs = rig.whole("b", g.outChannels(), b);
    int size = g.outPositions() * g.outChannels();
    Buffer ys = rig.samples("y", size);
    var conv = new ConvProblem.Forward(g, xs, ws, bs, ys);
    var activate = new PointwiseProblem.Activate(Activation.RELU, size, ys, ys);
    Kernel kernel =
        relu ? fused(engine, new Chain(List.of(conv, activate))) : engine.choose(conv).kernel();
    assertTrue(kernel.name().startsWith("convolution of few channels"), kernel.name());
    return rig.run(kernel, workers).get(ys);
  }

  /// The same with source and result turned to channels first.
  private static float[] planes(
      Engine engine, Workers workers, Case c, float[] x, float[] w, float[] b) {
    ConvGeometry g = c.geometry;
    var rig = new Rig(c.batch);
    float[] turned = turn(x, g.inPositions(), g.inChannels());
    Buffer from = rig.samples("from", g.inPositions() * g.inChannels(), turned);
    Buffer xs = rig.samples("x", g.inPositions() * g.inChannels());
    Buffer ws = rig.whole("w", g.weightSize(), w);
    Buffer bs = rig.whole("b", g.outChannels(), b);
    Buffer ys = rig.samples("y", g.outPositions() * g.outChannels());
    Buffer to = rig.samples("to", g.outPositions() * g.outChannels());
    Chain chain =
        new Chain(
            List.of(
                new MoveProblem.ToChannelsLast(g.inPositions(), g.inChannels(), from, xs),
                new ConvProblem.Forward(g, xs, ws, bs, ys),
                new MoveProblem.ToChannelsFirst(g.outPositions(), g.outChannels(), ys, to)));
    Kernel kernel = fused(engine, chain);
    assertTrue(kernel.name().startsWith("convolution of few planes"), kernel.name());
    return turn(rig.run(kernel, workers).get(to), g.outChannels(), g.outPositions());
  }

  private static Kernel fused(Engine engine, Chain chain) {
    var refusals = new ArrayList<String>();
    Choice choice = engine.fuse(chain, refusals);
    if (choice == null) {
      throw new AssertionError(refusals.toString());
    }
    return choice.kernel();
  }

  /// Every sample's `[rows][columns]` from `[columns][rows]`, or back.
  private static float[] turn(float[] from, int rows, int columns) {
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      int n = i / (rows * columns);
      int row = i / columns % rows;
      to[(n * columns + i % columns) * rows + row] = from[i];
    }
    return to;
  }

  private static float[] random(Random random, int size) {
    float[] a = new float[size];
    for (int i = 0; i < size; i++) {
      a[i] = (float) random.nextGaussian();
    }
    return a;
  }

  @Test
  void leavesManyPlanesToTheirKernels() {
    ConvGeometry g = ConvTrials.geometry(5, 16, 1, Window.of(3), 20, 20);
    var rig = new Rig(1);
    Buffer x = rig.samples("x", g.inPositions() * 5);
    Buffer w = rig.whole("w", g.weightSize());
    Buffer y = rig.samples("y", g.outPositions() * 16);
    Chain chain =
        new Chain(
            List.of(
                new MoveProblem.ToChannelsLast(g.inPositions(), 5, x, x),
                new ConvProblem.Forward(g, x, w, null, y),
                new MoveProblem.ToChannelsFirst(g.outPositions(), 16, y, y)));
    var refusals = new ArrayList<String>();
    assertNull(Widths.engine(128).fuse(chain, refusals));
    assertTrue(refusals.toString().contains("5 channels, needs at most 4"), refusals.toString());
  }
}
