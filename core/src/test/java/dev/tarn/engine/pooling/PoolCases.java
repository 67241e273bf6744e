package dev.tarn.engine.pooling;

import dev.tarn.error.ShapeException;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Poolings by the reason they are tested for, and random ones. Shared by the contract of engines
/// and the benchmarks.
public final class PoolCases {
  private PoolCases() {}

  /// Regions and shapes with names that say why; the reduction is max and can be exchanged.
  public static List<PoolCase> regions() {
    return List.of(
        of("textbook_two_by_two", Pool.max(2), 2, 3, 4, 4),
        of("alexnet_overlap", Pool.max(3).stride(2), 1, 5, 13, 13),
        of("resnet_stem", Pool.max(3).stride(2).padding(1), 1, 16, 14, 14),
        of("inception_same_size", Pool.max(3).stride(1).padding(1), 1, 7, 6, 6),
        of("window_of_one_cell", Pool.max(1), 1, 3, 3, 4),
        of("window_of_one_cell_with_stride", Pool.max(1).stride(2), 1, 3, 5, 5),
        of("window_equals_plane", Pool.max(5, 4), 2, 3, 5, 4),
        of("global", Pool.global(Reduction.max()), 2, 3, 5, 4),
        of("global_of_lanes_and_tails", Pool.global(Reduction.max()), 3, 21, 7, 13),
        of("global_of_even_channels", Pool.global(Reduction.max()), 1, 20, 5, 5),
        of("global_of_two_slices_of_channels", Pool.global(Reduction.max()), 2, 261, 3, 3),
        of("global_of_whole_vectors", Pool.global(Reduction.max()), 1, 64, 8, 8),
        of("global_of_one_cell", Pool.global(Reduction.max()), 2, 3, 1, 1),
        of("global_beyond_one_byte_of_taps", Pool.global(Reduction.max()), 1, 2, 17, 17),
        of("window_of_256_taps", Pool.max(16).stride(1), 1, 2, 17, 17),
        of("window_of_257_taps", Pool.max(257).stride(1), 1, 2, 260),
        of("window_of_65537_taps", Pool.max(65_537).stride(1), 1, 1, 65_539),
        of("stride_beyond_kernel_leaves_gaps", Pool.max(2).stride(3), 1, 4, 8, 8),
        of("different_kernels_per_axis", Pool.max(1, 3).stride(2, 1), 1, 4, 5, 7),
        of("remainder_is_dropped", Pool.max(2), 1, 4, 5, 7),
        of("ceil_keeps_the_remainder", Pool.max(2).rounding(Rounding.CEIL), 1, 4, 5, 7),
        of(
            "ceil_drops_window_in_right_padding",
            Pool.max(2).stride(2).padding(1).rounding(Rounding.CEIL),
            1,
            3,
            5,
            5),
        of(
            "ceil_overhang_beyond_padding",
            Pool.max(3).stride(2).padding(1).rounding(Rounding.CEIL),
            1,
            3,
            6,
            6),
        of(
            "caffe_ceil_with_padding",
            Pool.max(3).stride(2).padding(1).rounding(Rounding.CEIL_CAFFE),
            1,
            3,
            6,
            8),
        of("exact_division", Pool.max(2).rounding(Rounding.EXACT), 1, 3, 6, 8),
        of("right_padding_only", Pool.max(3).padding(sides(0, 1)), 1, 3, 5, 5),
        of("left_padding_only", Pool.max(3).padding(sides(1, 0)), 1, 3, 5, 5),
        of("padding_on_one_axis", Pool.max(2, 3).padding(0, 1).stride(1), 1, 3, 5, 5),
        of("padding_beyond_half_the_kernel", Pool.max(3).padding(2).stride(1), 1, 3, 4, 4),
        of("same_upper_odd_cell", Pool.max(2).stride(1).padding(Padding.SAME_UPPER), 1, 3, 5, 5),
        of("same_lower_odd_cell", Pool.max(2).stride(1).padding(Padding.SAME_LOWER), 1, 3, 5, 5),
        of(
            "same_with_stride_beyond_kernel",
            Pool.max(1).stride(3).padding(Padding.SAME_UPPER),
            1,
            2,
            5,
            5),
        of("dilation", Pool.max(2).stride(1).dilation(2), 1, 3, 5, 6),
        of("dilation_with_stride", Pool.max(2).stride(2).dilation(3), 1, 3, 8, 9),
        of("dilation_with_padding", Pool.max(3).stride(2).dilation(2).padding(2), 1, 3, 7, 7),
        of("dilation_taps_straddle_the_plane", Pool.max(3).dilation(2).padding(1), 1, 2, 3, 3),
        of("adaptive_divides", Pool.adaptive(Reduction.max(), 2), 1, 3, 6, 4),
        of("adaptive_uneven", Pool.adaptive(Reduction.max(), 3), 1, 3, 7, 8),
        of("adaptive_overlapping", Pool.adaptive(Reduction.max(), 4, 3), 1, 3, 6, 7),
        of("adaptive_more_outputs_than_cells", Pool.adaptive(Reduction.max(), 5), 1, 2, 3, 2),
        of("even_windows", new Pool(Reduction.max(), new Regions.Even(List.of(3))), 1, 3, 8, 7),
        of("one_axis", Pool.max(2).stride(1), 2, 3, 7),
        of("one_axis_padded", Pool.max(3).stride(2).padding(1), 2, 3, 8),
        of("three_axes", Pool.max(2), 1, 3, 4, 5, 6),
        of("three_axes_padded_and_dilated", Pool.max(2).padding(1).dilation(2), 1, 2, 5, 4, 6),
        of("three_axes_global", Pool.global(Reduction.max()), 2, 3, 3, 2, 4),
        of("one_lane", Pool.max(2), 3, 1, 6, 6),
        of("tail_of_one_lane", Pool.max(2), 1, 17, 4, 4),
        of("one_lane_short", Pool.max(3).stride(2), 1, 15, 7, 7),
        of("many_slices_of_channels", Pool.max(3).stride(1).padding(1), 1, 200, 16, 16),
        of("many_bands_of_rows", Pool.max(3).stride(1).padding(1), 1, 3, 120, 120),
        of("many_samples", Pool.max(2), 9, 2, 4, 4),
        of("large_window_padded", Pool.max(9).stride(1).padding(4), 2, 19, 13, 21),
        of("large_window_with_stride", Pool.max(7, 9).stride(2, 3).padding(3, 2), 1, 37, 19, 23),
        of(
            "large_window_longer_than_one_axis",
            Pool.max(3, 31).stride(1).padding(1, 15),
            1,
            5,
            9,
            20),
        of("large_window_of_odd_and_even_runs", Pool.max(6, 12).stride(1), 3, 3, 16, 40),
        of("threes_padded_and_cut_off", Pool.max(3).stride(2).padding(1), 2, 37, 9, 12),
        of("threes_with_cells_left_over", Pool.max(3).stride(2), 1, 20, 8, 10),
        of("threes_with_most_padding", Pool.max(3).stride(2).padding(2), 1, 16, 7, 8),
        of("lines_of_three_phases", Pool.max(4).stride(3).padding(1), 2, 3, 9, 53),
        of("lines_of_whole_vectors", Pool.max(2), 1, 3, 8, 96),
        of("lines_end_in_part_of_a_vector", Pool.max(3).stride(2), 1, 3, 11, 78));
  }

  /// Every kind of reduction.
  public static List<Reduction> reductions() {
    return List.of(
        Reduction.max(),
        Reduction.min(),
        new Reduction.Max(NanPolicy.IGNORE, Ties.FIRST),
        new Reduction.Max(NanPolicy.PROPAGATE, Ties.SPLIT),
        new Reduction.Min(NanPolicy.IGNORE, Ties.SPLIT),
        Reduction.average(),
        new Reduction.Average(Divisor.CLIPPED_WINDOW),
        new Reduction.Average(Divisor.KERNEL),
        new Reduction.Average(Divisor.of(-3)),
        Reduction.sum(),
        Reduction.lp(1),
        Reduction.lp(2),
        Reduction.lp(3),
        Reduction.lp(0.5),
        Reduction.lp(2.5),
        Reduction.lp(Double.POSITIVE_INFINITY),
        Reduction.lp(Double.NEGATIVE_INFINITY),
        new Reduction.Lp(1, Reduction.Sign.SIGNED),
        new Reduction.Lp(2, Reduction.Sign.SIGNED),
        new Reduction.Lp(3, Reduction.Sign.SIGNED));
  }

  /// A pooling that fits its input, at random: one to three axes, every option.
  public static PoolCase random(SeededRandom random) {
    while (true) {
      int axes = 1 + random.nextInt(3);
      List<Integer> sizes = new ArrayList<>(List.of(1 + random.nextInt(2), 1 + random.nextInt(3)));
      if (random.nextInt(8) == 0) {
        sizes.set(1, 1 + random.nextInt(40));
      }
      for (int axis = 0; axis < axes; axis++) {
        sizes.add(1 + random.nextInt(axes == 3 ? 5 : 9));
      }
      Shape input = Shape.of(sizes.stream().mapToInt(Integer::intValue).toArray());
      try {
        var pool = new Pool(any(random, reductions()), randomRegions(random, axes));
        pool.spans(input.sample());
        return new PoolCase("random", pool, input);
      } catch (ShapeException e) {
        // Does not fit; another one will.
      }
    }
  }

  private static Regions randomRegions(SeededRandom random, int axes) {
    return switch (random.nextInt(10)) {
      case 0 -> Regions.global();
      case 1, 2 -> Regions.adaptive(numbers(random, axes, 1, 5));
      default ->
          Regions.sliding(
              Window.of(numbers(random, axes, 1, 4))
                  .stride(numbers(random, axes, 1, 3))
                  .dilation(random.nextInt(3) == 0 ? numbers(random, axes, 1, 3) : new int[] {1})
                  .padding(randomPadding(random, axes))
                  .rounding(any(random, List.of(Rounding.values()))));
    };
  }

  private static Padding randomPadding(SeededRandom random, int axes) {
    return switch (random.nextInt(6)) {
      case 0, 1 -> Padding.NONE;
      case 2 -> Padding.SAME_UPPER;
      case 3 -> Padding.SAME_LOWER;
      case 4 -> Padding.of(numbers(random, axes, 0, 2));
      default -> {
        int[] before = numbers(random, axes, 0, 2);
        int[] after = before.clone();
        Arrays.setAll(after, axis -> random.nextInt(3));
        yield new Padding.Sides(list(before), list(after));
      }
    };
  }

  private static int[] numbers(SeededRandom random, int axes, int least, int most) {
    int[] numbers = new int[random.nextInt(3) == 0 ? 1 : axes];
    for (int axis = 0; axis < numbers.length; axis++) {
      numbers[axis] = least + random.nextInt(most - least + 1);
    }
    return numbers;
  }

  private static <T> T any(SeededRandom random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static Padding sides(int before, int after) {
    return new Padding.Sides(List.of(before), List.of(after));
  }

  private static List<Integer> list(int[] numbers) {
    return Arrays.stream(numbers).boxed().toList();
  }

  private static PoolCase of(String name, Pool pool, int... input) {
    return new PoolCase(name, pool, Shape.of(input));
  }
}
