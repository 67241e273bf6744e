package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Convolutions.
public final class ConvTrials {
  private ConvTrials() {}

  /// The sizes of a convolution in one, two or three dimensions.
  public static ConvGeometry geometry(
      int inChannels, int outChannels, int groups, Window window, int... sizes) {
    Spans[] axes = {Spans.single(), Spans.single(), Spans.single()};
    for (int axis = 0; axis < sizes.length; axis++) {
      axes[3 - sizes.length + axis] = window.spans(axis, sizes.length, sizes[axis]);
    }
    return new ConvGeometry(inChannels, outChannels, groups, axes[0], axes[1], axes[2]);
  }

  /// Forward and both backwards.
  public static Trial of(
      String name, int batch, boolean bias, ConvGeometry g, long seed, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, seed);
    long inSize = (long) g.inPositions() * g.inChannels();
    long outSize = (long) g.outPositions() * g.outChannels();
    Buffer x = trial.input("x", inSize, fill);
    Buffer w = trial.parameter("w", g.weightSize(), fill);
    Buffer b = bias ? trial.parameter("bias", g.outChannels(), fill) : null;
    Buffer gradY = trial.input("gradY", outSize, fill);
    Buffer y = trial.sample("y", outSize);
    Buffer gradX = trial.sample("gradX", inSize);
    Buffer gradW = trial.gradient("gradW", g.weightSize());
    Buffer gradBias = bias ? trial.gradient("gradBias", g.outChannels()) : null;
    trial
        .forward(new ConvProblem.Forward(g, x, w, b, y))
        .backward(new ConvProblem.BackwardData(g, gradY, w, gradX))
        .backward(new ConvProblem.BackwardWeights(g, x, gradY, gradW, gradBias))
        .output(y, gradY)
        .differentiate(x, gradX)
        .differentiate(w, gradW);
    if (b != null && gradBias != null) {
      trial.differentiate(b, gradBias);
    }
    return trial;
  }

  /// The named cases, on whole numbers.
  public static List<Trial> table() {
    List<Trial> table = new ArrayList<>();
    Window three = Window.of(3);
    Window same = three.padding(1);
    add(table, "lenet_first_layer", 2, geometry(1, 6, 1, Window.of(5), 28, 28));
    add(table, "colour_image", 2, geometry(3, 16, 1, same, 10, 9));
    add(table, "three_by_three_same", 3, geometry(8, 8, 1, same, 7, 7));
    add(table, "one_by_one", 2, geometry(19, 13, 1, Window.of(1), 5, 4));
    add(table, "one_by_one_strided", 2, geometry(5, 9, 1, Window.of(1).stride(2), 5, 6));
    add(
        table,
        "one_by_one_windows_in_padding",
        1,
        geometry(2, 5, 1, Window.of(1).padding(2), 3, 2));
    add(table, "stride_wider_than_kernel", 2, geometry(4, 6, 1, Window.of(2).stride(3), 11, 8));
    add(table, "depthwise", 2, geometry(17, 17, 17, same, 6, 5));
    add(table, "depthwise_with_two_filters_each", 2, geometry(6, 12, 6, same, 5, 5));
    add(table, "two_groups", 2, geometry(8, 12, 2, same, 5, 6));
    add(table, "groups_with_filter_tail", 1, geometry(10, 14, 2, three, 6, 6));
    add(table, "all_padding_window", 1, geometry(3, 5, 1, three.padding(4), 2, 3));
    add(table, "dilation", 2, geometry(4, 5, 1, three.dilation(2), 9, 8));
    add(
        table,
        "dilation_jumps_over_the_plane",
        1,
        geometry(3, 4, 1, three.dilation(4).padding(4), 3, 3));
    Padding right = new Padding.Sides(List.of(0, 0), List.of(0, 2));
    add(table, "right_padding_only", 2, geometry(3, 4, 1, three.padding(right), 5, 5));
    add(
        table,
        "same_upper_with_stride",
        2,
        geometry(3, 4, 1, three.stride(2).padding(Padding.SAME_UPPER), 6, 7));
    add(table, "window_equals_plane", 3, geometry(7, 20, 1, Window.of(4, 5), 4, 5));
    add(table, "one_column", 2, geometry(4, 4, 1, Window.of(3, 1), 8, 1));
    add(table, "one_row_out", 2, geometry(4, 4, 1, Window.of(4, 3), 4, 9));
    add(table, "one_channel_in_and_out", 4, geometry(1, 1, 1, three, 6, 6));
    add(table, "tail_of_one_lane", 1, geometry(17, 17, 1, same, 5, 5));
    add(table, "tail_of_fifteen_lanes", 1, geometry(31, 31, 1, same, 4, 4));
    add(table, "even_kernel", 2, geometry(3, 4, 1, Window.of(2).padding(1), 5, 4));
    add(table, "kernel_wider_than_high", 2, geometry(3, 4, 1, Window.of(1, 7).padding(0, 3), 4, 6));
    add(table, "stride_of_two", 2, geometry(5, 7, 1, same.stride(2), 9, 8));
    add(
        table,
        "stride_of_two_ceil",
        1,
        geometry(3, 4, 1, same.stride(2).rounding(Rounding.CEIL), 8, 8));
    add(
        table,
        "stride_beyond_any_plane",
        2,
        geometry(3, 4, 1, three.stride(Integer.MAX_VALUE), 5, 5));
    add(table, "one_dimension", 3, geometry(5, 6, 1, three.padding(1).stride(2), 11));
    add(table, "three_dimensions", 2, geometry(3, 5, 1, same, 4, 5, 3));
    add(
        table,
        "three_dimensions_strided_dilated",
        1,
        geometry(2, 4, 1, Window.of(2, 3, 2).stride(2, 1, 2).dilation(1, 2, 1), 5, 7, 6));
    add(table, "batch_that_parts_do_not_divide", 11, geometry(2, 5, 1, three, 5, 5));
    add(table, "empty_batch", 0, geometry(3, 4, 1, same, 4, 4));
    table.add(of("no_bias", 2, false, geometry(3, 9, 1, same, 5, 5), 1, Trial::integer));
    return table;
  }

  private static void add(List<Trial> table, String name, int batch, ConvGeometry geometry) {
    table.add(of(name, batch, true, geometry, 1, Trial::integer));
    table.add(predicting(name + "_predicting", batch, geometry));
  }

  /// Forward with weights that may be prepared once.
  public static Trial predicting(String name, int batch, ConvGeometry g) {
    Trial trial = new Trial(name, batch, 1);
    Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), Trial::integer);
    Buffer w = trial.constant("w", g.weightSize(), Trial::integer);
    Buffer b = trial.constant("bias", g.outChannels(), Trial::integer);
    Buffer y = trial.sample("y", (long) g.outPositions() * g.outChannels());
    return trial.forward(new ConvProblem.Forward(g, x, w, b, y));
  }

  /// A random small convolution.
  public static Trial random(long seed, Trial.Fill fill) {
    SeededRandom random = SeededRandom.of(seed);
    int groups = random.nextInt(4) == 0 ? 2 + random.nextInt(2) : 1;
    int in = groups * (1 + random.nextInt(3));
    int out = groups * (1 + random.nextInt(5));
    int axes = 1 + random.nextInt(3);
    int[] sizes = new int[axes];
    int[] kernel = new int[axes];
    int[] stride = new int[axes];
    int[] dilation = new int[axes];
    int[] padding = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      kernel[axis] = 1 + random.nextInt(3);
      stride[axis] = 1 + random.nextInt(3);
      dilation[axis] = 1 + random.nextInt(2);
      padding[axis] = random.nextInt(3);
      int extent = dilation[axis] * (kernel[axis] - 1) + 1;
      sizes[axis] = Math.max(1, extent - 2 * padding[axis]) + random.nextInt(4);
    }
    Window window = Window.of(kernel).stride(stride).dilation(dilation).padding(padding);
    ConvGeometry g = geometry(in, out, groups, window, sizes);
    return of("conv seed " + seed, 1 + random.nextInt(3), random.nextInt(3) > 0, g, seed, fill);
  }
}
