package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Chains: problems that an engine may solve in one go. The links are a trial's forward problems.
public final class ChainTrials {
  private ChainTrials() {}

  /// Values of an activation: its zeros, signs of zero and a NaN matter to masks.
  private static double mask(SeededRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> -0.0;
      case 1 -> 0;
      case 2 -> Double.NaN;
      case 3 -> -1;
      default -> 0.5;
    };
  }

  static Trial convRelu(String name, int batch, ConvGeometry g, boolean constant) {
    Trial trial = new Trial(name + (constant ? " constant" : ""), batch, 1);
    Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), Trial::real);
    Buffer w =
        constant
            ? trial.constant("w", g.weightSize(), Trial::real)
            : trial.parameter("w", g.weightSize(), Trial::real);
    Buffer bias =
        constant
            ? trial.constant("bias", g.outChannels(), Trial::real)
            : trial.parameter("bias", g.outChannels(), Trial::real);
    int size = g.outPositions() * g.outChannels();
    Buffer y = trial.sample("y", size);
    return trial
        .forward(new ConvProblem.Forward(g, x, w, bias, y))
        .forward(new PointwiseProblem.Activate(Activation.RELU, size, y, y));
  }

  static Trial convGradient(String name, int batch, ConvGeometry g) {
    Trial trial = new Trial(name, batch, 1);
    Buffer gradY = trial.input("gradY", (long) g.outPositions() * g.outChannels(), Trial::real);
    Buffer w = trial.parameter("w", g.weightSize(), Trial::real);
    int size = g.inPositions() * g.inChannels();
    Buffer value = trial.input("value", size, ChainTrials::mask);
    Buffer gradX = trial.sample("gradX", size);
    return trial
        .forward(new ConvProblem.BackwardData(g, gradY, w, gradX))
        .forward(new PointwiseProblem.ActivateBackward(Activation.RELU, size, value, gradX, gradX));
  }

  static Trial denseRelu(String name, int batch, int in, int out, boolean constant) {
    Trial trial = new Trial(name + (constant ? " constant" : ""), batch, 1);
    Buffer x = trial.input("x", in, Trial::real);
    Buffer w =
        constant
            ? trial.constant("w", (long) in * out, Trial::real)
            : trial.parameter("w", (long) in * out, Trial::real);
    Buffer bias = trial.parameter("bias", out, Trial::real);
    Buffer y = trial.sample("y", out);
    return trial
        .forward(new DenseProblem.Forward(in, out, x, w, bias, y))
        .forward(new PointwiseProblem.Activate(Activation.RELU, out, y, y));
  }

  static Trial denseGradient(String name, int batch, int in, int out) {
    Trial trial = new Trial(name, batch, 1);
    Buffer gradY = trial.input("gradY", out, Trial::real);
    Buffer w = trial.parameter("w", (long) in * out, Trial::real);
    Buffer value = trial.input("value", in, ChainTrials::mask);
    Buffer gradX = trial.sample("gradX", in);
    return trial
        .forward(new DenseProblem.BackwardData(in, out, gradY, w, gradX))
        .forward(new PointwiseProblem.ActivateBackward(Activation.RELU, in, value, gradX, gradX));
  }

  /// Convolution, ReLU if `relu` says so, and 2×2 max pooling.
  ///
  /// @param places whether the pooling records them, as for training
  static Trial convPool(String name, int batch, ConvGeometry g, boolean relu, boolean places) {
    Trial trial = new Trial(name, batch, 1);
    PoolGeometry pool = pooling(g);
    Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), Trial::real);
    Buffer w = trial.parameter("w", g.weightSize(), Trial::real);
    Buffer bias = relu ? trial.parameter("bias", g.outChannels(), Trial::real) : null;
    int size = g.outPositions() * g.outChannels();
    Buffer between = trial.sample("map", size);
    Buffer y = trial.sample("y", pool.outSize());
    Buffer argmax = places ? trial.bytes("argmax", pool.outSize()) : null;
    trial.between(between).forward(new ConvProblem.Forward(g, x, w, bias, between));
    if (relu) {
      trial.forward(new PointwiseProblem.Activate(Activation.RELU, size, between, between));
    }
    return trial.forward(new PoolProblem.Forward(pool, MAX, between, y, argmax));
  }

  /// The gradient by a weight from that behind 2×2 max pooling, through ReLU if `relu` says so.
  static Trial poolGradient(String name, int batch, ConvGeometry g, boolean relu, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, 1);
    PoolGeometry pool = pooling(g);
    Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), fill);
    Buffer gradY = trial.input("gradY", pool.outSize(), fill);
    Buffer value = trial.input("value", pool.outSize(), ChainTrials::mask);
    Buffer argmax = trial.places("argmax", pool.outSize(), 4);
    Buffer between = trial.sample("gradMap", (long) g.outPositions() * g.outChannels());
    Buffer gradW = trial.gradient("gradW", g.weightSize());
    Buffer gradBias = relu ? trial.gradient("gradBias", g.outChannels()) : null;
    trial.between(between).between(gradY);
    if (relu) {
      int size = pool.outSize();
      trial.forward(
          new PointwiseProblem.ActivateBackward(Activation.RELU, size, value, gradY, gradY));
    }
    return trial
        .forward(new PoolProblem.Backward(pool, MAX, gradY, between, null, null, argmax))
        .forward(new ConvProblem.BackwardWeights(g, x, between, gradW, gradBias));
  }

  /// Both gradients of a convolution from that behind 2×2 max pooling, ReLU before and after it.
  static Trial poolGradients(
      String name, int batch, ConvGeometry g, boolean relu, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, 1);
    PoolGeometry pool = pooling(g);
    int size = g.inPositions() * g.inChannels();
    Buffer x = trial.input("x", size, fill);
    Buffer gradY = trial.input("gradY", pool.outSize(), fill);
    Buffer value = trial.input("value", pool.outSize(), ChainTrials::mask);
    Buffer argmax = trial.places("argmax", pool.outSize(), 4);
    Buffer w = trial.parameter("w", g.weightSize(), fill);
    Buffer before = trial.input("before", size, ChainTrials::mask);
    Buffer between = trial.sample("gradMap", (long) g.outPositions() * g.outChannels());
    Buffer gradW = trial.gradient("gradW", g.weightSize());
    Buffer gradBias = relu ? trial.gradient("gradBias", g.outChannels()) : null;
    Buffer gradX = trial.sample("gradX", size);
    trial.between(between).between(gradY);
    if (relu) {
      trial.forward(
          new PointwiseProblem.ActivateBackward(
              Activation.RELU, pool.outSize(), value, gradY, gradY));
    }
    trial
        .forward(new PoolProblem.Backward(pool, MAX, gradY, between, null, null, argmax))
        .forward(new ConvProblem.BackwardWeights(g, x, between, gradW, gradBias))
        .forward(new ConvProblem.BackwardData(g, between, w, gradX));
    if (relu) {
      trial.forward(
          new PointwiseProblem.ActivateBackward(Activation.RELU, size, before, gradX, gradX));
    }
    return trial;
  }

  private static PoolGeometry pooling(ConvGeometry g) {
    Window window = Window.of(2).stride(2);
    return PoolGeometry.of(
        g.outChannels(),
        Layout.NHWC,
        List.of(window.spans(0, 2, g.height().outputs()), window.spans(1, 2, g.width().outputs())));
  }

  private static final Reduction MAX = new Reduction.Max(NanPolicy.PROPAGATE, Ties.FIRST);

  /// Chains through 2×2 max pooling that one kernel of the vector engine solves.
  public static List<Trial> pooled() {
    List<Trial> table = new ArrayList<>();
    Window five = Window.of(5);
    Window same = Window.of(3).padding(1);
    ConvGeometry first = geometry(1, 3, 1, five, 28, 28);
    ConvGeometry many = geometry(1, 20, 1, five, 28, 28);
    ConvGeometry odd = geometry(1, 4, 1, five, 15, 13);
    ConvGeometry colours = geometry(3, 5, 1, same, 13, 22);
    ConvGeometry tall = geometry(2, 7, 1, Window.of(6, 4).padding(2), 9, 12);
    ConvGeometry fours = geometry(32, 48, 1, same, 25, 23);
    ConvGeometry twos = geometry(65, 47, 1, same, 5, 14);
    ConvGeometry fives = geometry(96, 80, 1, five.padding(2), 15, 13);
    ConvGeometry oneRow = geometry(64, 160, 1, same, 28, 2);
    for (boolean relu : new boolean[] {false, true}) {
      String with = relu ? " relu" : "";
      table.add(convPool("pooled_first_layer" + with, 3, first, relu, true));
      table.add(convPool("pooled_many_filters" + with, 2, many, relu, true));
      table.add(convPool("pooled_odd_sizes" + with, 17, odd, relu, true));
      table.add(convPool("pooled_colours_padded" + with, 2, colours, relu, false));
      table.add(convPool("pooled_tall_window" + with, 1, tall, relu, true));
      table.add(convPool("pooled_tiles_of_four" + with, 3, fours, relu, true));
      table.add(convPool("pooled_tiles_of_four_places_unused" + with, 1, fours, relu, false));
      table.add(convPool("pooled_tiles_of_two" + with, 3, twos, relu, true));
      table.add(convPool("pooled_tiles_of_fives" + with, 1, fives, relu, true));
      table.add(convPool("pooled_narrow_map" + with, 2, oneRow, relu, true));
      table.add(poolGradient("unpooled_first_layer" + with, 3, first, relu, Trial::integer));
      table.add(poolGradient("unpooled_many_filters" + with, 20, many, relu, Trial::integer));
      table.add(poolGradient("unpooled_odd_sizes" + with, 1, odd, relu, Trial::integer));
      table.add(poolGradient("unpooled_colours_padded" + with, 2, colours, relu, Trial::integer));
      table.add(poolGradient("unpooled_tall_window" + with, 5, tall, relu, Trial::integer));
      table.add(poolGradient("unpooled_real" + with, 20, many, relu, Trial::real).tolerance(1e-4));
    }
    return table;
  }

  /// Gradients through 2×2 max pooling that visit the selected cells alone.
  public static List<Trial> selected() {
    List<Trial> table = new ArrayList<>();
    Window five = Window.of(5);
    Window same = Window.of(3).padding(1);
    ConvGeometry second = geometry(20, 40, 1, five, 12, 12);
    ConvGeometry odd = geometry(6, 16, 1, five, 15, 13);
    ConvGeometry padded = geometry(33, 67, 1, same, 10, 8);
    ConvGeometry wide = geometry(40, 5, 1, five, 8, 9);
    ConvGeometry cut = geometry(16, 3, 1, Window.of(2, 4).padding(2), 7, 6);
    for (boolean relu : new boolean[] {false, true}) {
      String with = relu ? " relu" : "";
      table.add(poolGradients("second_layer" + with, 3, second, relu, Trial::integer));
      table.add(poolGradients("odd_maps" + with, 34, odd, relu, Trial::integer));
      table.add(poolGradients("padded" + with, 2, padded, relu, Trial::integer));
      table.add(poolGradients("rows_of_chunks" + with, 1, wide, relu, Trial::integer));
      table.add(poolGradients("more_padding" + with, 5, cut, relu, Trial::integer));
      table.add(poolGradients("real" + with, 10, second, relu, Trial::real).tolerance(1e-4));
      table.add(poolGradient("weight_alone" + with, 3, second, relu, Trial::integer));
      table.add(poolGradient("weight_alone_padded" + with, 3, padded, relu, Trial::integer));
    }
    return table;
  }

  private static ConvGeometry geometry(int in, int out, int groups, Window window, int... sizes) {
    return ConvTrials.geometry(in, out, groups, window, sizes);
  }

  /// Every chain the vector engine knows, by the kernels that meet it.
  public static List<Trial> table() {
    List<Trial> table = new ArrayList<>();
    Window five = Window.of(5);
    Window same = Window.of(3).padding(1);
    for (boolean constant : new boolean[] {false, true}) {
      table.add(convRelu("few_filters", 3, geometry(1, 6, 1, five, 15, 14), constant));
      table.add(convRelu("filter_tail", 2, geometry(5, 19, 1, same, 9, 7), constant));
      table.add(convRelu("first_layer", 1, geometry(3, 32, 1, same, 33, 30), constant));
      table.add(convRelu("small_planes", 3, geometry(64, 64, 1, same, 5, 6), constant));
      table.add(convRelu("two_groups", 2, geometry(8, 12, 2, same, 5, 6), constant));
      table.add(convRelu("one_by_one", 2, geometry(19, 37, 1, Window.of(1), 5, 4), constant));
      table.add(convRelu("strided", 2, geometry(3, 24, 1, five.stride(3), 17, 19), constant));
      table.add(convRelu("winograd_borders", 2, geometry(32, 48, 1, same, 25, 23), constant));
      table.add(convRelu("winograd_large", 1, geometry(32, 32, 1, same, 28, 28), constant));
      table.add(denseRelu("dense_tail", 3, 37, 13, constant));
      table.add(denseRelu("dense_one_sample", 1, 50, 70, constant));
      table.add(denseRelu("dense_many_samples", 40, 20, 33, constant));
    }
    table.add(convGradient("gradient_tail", 2, geometry(19, 5, 1, same, 9, 7)));
    table.add(convGradient("gradient_strided", 2, geometry(6, 24, 1, five.stride(3), 17, 19)));
    table.add(convGradient("gradient_two_groups", 2, geometry(8, 12, 2, same, 5, 6)));
    table.add(convGradient("gradient_few_channels", 3, geometry(3, 10, 1, five, 15, 14)));
    table.add(convGradient("gradient_small_planes", 3, geometry(64, 64, 1, same, 5, 6)));
    table.add(convGradient("gradient_winograd", 2, geometry(48, 32, 1, same, 25, 23)));
    table.add(denseGradient("dense_gradient", 3, 37, 13));
    table.add(denseGradient("dense_gradient_many_samples", 40, 70, 33));
    return table;
  }
}
