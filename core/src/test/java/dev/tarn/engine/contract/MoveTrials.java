package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Offsets;
import dev.tarn.engine.ReduceProblem;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.List;

/// Values that go to other places.
public final class MoveTrials {
  private MoveTrials() {}

  /// To channels first and back again, with the gradients going the other way.
  public static Trial layouts(String name, int batch, int positions, int channels, long seed) {
    Trial trial = new Trial(name, batch, seed);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, Trial::real);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer y = trial.sample("y", size);
    Buffer back = trial.sample("back", size);
    Buffer gradX = trial.sample("gradX", size);
    return trial
        .forward(new MoveProblem.ToChannelsFirst(positions, channels, x, y))
        .forward(new MoveProblem.ToChannelsLast(positions, channels, y, back))
        .backward(new MoveProblem.ToChannelsLast(positions, channels, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Two activations side by side, and the gradient taken apart.
  public static Trial concat(
      String name, int batch, int positions, int first, int second, long seed) {
    Trial trial = new Trial(name, batch, seed);
    int both = first + second;
    Buffer a = trial.input("a", (long) positions * first, Trial::real);
    Buffer b = trial.input("b", (long) positions * second, Trial::real);
    Buffer gradY = trial.input("gradY", (long) positions * both, Trial::real);
    Buffer y = trial.sample("y", (long) positions * both);
    Buffer gradA = trial.sample("gradA", (long) positions * first);
    Buffer gradB = trial.sample("gradB", (long) positions * second);
    return trial
        .forward(new MoveProblem.CopyChannels(positions, first, a, first, 0, y, both, 0))
        .forward(new MoveProblem.CopyChannels(positions, second, b, second, 0, y, both, first))
        .backward(new MoveProblem.CopyChannels(positions, first, gradY, both, 0, gradA, first, 0))
        .backward(
            new MoveProblem.CopyChannels(positions, second, gradY, both, first, gradB, second, 0))
        .output(y, gradY)
        .differentiate(a, gradA)
        .differentiate(b, gradB);
  }

  public static Trial pad(
      String name,
      int batch,
      int channels,
      List<Integer> sizes,
      List<Integer> before,
      List<Integer> after,
      long seed) {
    Trial trial = new Trial(name, batch, seed);
    long inSize = channels;
    long outSize = channels;
    for (int axis = 0; axis < 3; axis++) {
      inSize *= sizes.get(axis);
      outSize *= before.get(axis) + sizes.get(axis) + after.get(axis);
    }
    Buffer x = trial.input("x", inSize, Trial::real);
    Buffer gradY = trial.input("gradY", outSize, Trial::real);
    Buffer y = trial.sample("y", outSize);
    Buffer gradX = trial.sample("gradX", inSize);
    var pad = new MoveProblem.Pad(channels, sizes, before, after, x, y);
    return trial
        .forward(pad)
        .backward(new MoveProblem.PadBackward(pad, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  public static Trial upsample(
      String name,
      int batch,
      int channels,
      List<Integer> sizes,
      List<Integer> factors,
      Interpolation interpolation,
      long seed) {
    Trial trial = new Trial(name, batch, seed);
    long inSize = channels;
    long outSize = channels;
    for (int axis = 0; axis < 3; axis++) {
      inSize *= sizes.get(axis);
      outSize *= sizes.get(axis) * factors.get(axis);
    }
    Buffer x = trial.input("x", inSize, Trial::integer);
    Buffer gradY = trial.input("gradY", outSize, Trial::integer);
    Buffer y = trial.sample("y", outSize);
    Buffer gradX = trial.sample("gradX", inSize);
    var upsample = new MoveProblem.Upsample(channels, sizes, factors, interpolation, x, y);
    return trial
        .forward(upsample)
        .backward(new MoveProblem.UpsampleBackward(upsample, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Values from anywhere, some twice, some not at all, some from nowhere.
  public static Trial rearrange(String name, int batch, int size, int outputs, long seed) {
    Trial trial = new Trial(name, batch, seed);
    SeededRandom random = SeededRandom.of(seed);
    Buffer x = trial.input("x", size, Trial::integer);
    Buffer gradY = trial.input("gradY", outputs, Trial::integer);
    Buffer y = trial.sample("y", outputs);
    Buffer gradX = trial.sample("gradX", size);
    var from = Offsets.of(outputs, i -> random.nextInt(size + 1) - 1);
    var rearrange = new MoveProblem.Rearrange(from, size, -2.5, x, y);
    return trial
        .forward(rearrange)
        .backward(new MoveProblem.RearrangeBackward(rearrange, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Weighted sums of any cells, one output of none.
  public static Trial resample(String name, int batch, int channels, long seed) {
    Trial trial = new Trial(name, batch, seed);
    Blend none = new Blend(1, List.of(0, 1), List.of(0), List.of(1.0));
    Blend rows = new Blend(3, List.of(0, 2, 2, 3), List.of(0, 2, 1), List.of(0.25, 0.75, -1.5));
    Blend columns = new Blend(2, List.of(0, 1, 3), List.of(1, 0, 1), List.of(2.0, 0.5, 0.5));
    Buffer x = trial.input("x", 6L * channels, Trial::integer);
    Buffer gradY = trial.input("gradY", 6L * channels, Trial::integer);
    Buffer y = trial.sample("y", 6L * channels);
    Buffer gradX = trial.sample("gradX", 6L * channels);
    var resample = new MoveProblem.Resample(channels, List.of(none, rows, columns), x, y);
    return trial
        .forward(resample)
        .backward(new MoveProblem.ResampleBackward(resample, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Runs of every fourth value of 24.
  public static Trial reduce(String name, Statistic statistic, int batch, long seed) {
    Trial trial = new Trial(name, batch, seed);
    Buffer x = trial.input("x", 24, Trial::real);
    Buffer gradY = trial.input("gradY", 4, Trial::real);
    Buffer y = trial.sample("y", 4);
    Buffer gradX = trial.sample("gradX", 24);
    var reduce =
        new ReduceProblem.Forward(
            statistic, 24, Offsets.of(4, i -> i), Offsets.of(6, i -> 4 * i), x, y);
    return trial
        .forward(reduce)
        .backward(new ReduceProblem.Backward(reduce, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// The named cases.
  public static List<Trial> table() {
    List<Trial> table = new ArrayList<>();
    table.add(layouts("layouts_of_an_image", 2, 28 * 28, 3, 1));
    table.add(layouts("layouts_of_a_tail_lane", 2, 17, 33, 1));
    table.add(layouts("layouts_of_more_channels_than_positions", 2, 20, 150, 1));
    table.add(layouts("layouts_of_more_positions_than_channels", 3, 150, 32, 1));
    table.add(layouts("layouts_of_one_position", 2, 1, 9, 1));
    table.add(layouts("layouts_of_empty_batch", 0, 4, 3, 1));
    table.add(concat("concat", 3, 10, 17, 5, 1));
    table.add(concat("concat_features", 2, 1, 1, 30, 1));
    table.add(pad("pad_one", 2, 5, List.of(1, 4, 3), List.of(0, 1, 1), List.of(0, 1, 1), 1));
    table.add(pad("pad_uneven", 2, 2, List.of(2, 3, 4), List.of(1, 0, 2), List.of(0, 3, 1), 1));
    table.add(pad("pad_nothing", 2, 2, List.of(1, 3, 4), List.of(0, 0, 0), List.of(0, 0, 0), 1));
    table.add(rearrange("rearrange", 3, 40, 37, 1));
    table.add(rearrange("rearrange_one", 2, 1, 5, 2));
    table.add(rearrange("rearrange_of_empty_batch", 0, 4, 5, 3));
    table.add(resample("resample", 2, 5, 1));
    for (Statistic statistic :
        List.of(Statistic.SUM, Statistic.MEAN, Statistic.MAX, Statistic.PRODUCT, Statistic.L2)) {
      table.add(reduce("reduce " + statistic, statistic, 2, 1));
    }
    for (Interpolation interpolation : Interpolation.values()) {
      table.add(
          upsample(
              "twice " + interpolation,
              2,
              5,
              List.of(1, 4, 3),
              List.of(1, 2, 2),
              interpolation,
              1));
      table.add(
          upsample(
              "one_cell " + interpolation,
              1,
              2,
              List.of(1, 1, 1),
              List.of(4, 4, 4),
              interpolation,
              1));
      table.add(
          upsample(
              "uneven " + interpolation,
              2,
              1,
              List.of(2, 3, 2),
              List.of(2, 4, 1),
              interpolation,
              1));
    }
    return table;
  }

  /// A random small padding or enlargement.
  public static Trial random(long seed) {
    SeededRandom random = SeededRandom.of(seed);
    List<Integer> sizes = three(random, 1, 4);
    int channels = 1 + random.nextInt(3);
    int batch = 1 + random.nextInt(2);
    return switch (random.nextInt(3)) {
      case 0 ->
          pad(
              "pad seed " + seed,
              batch,
              channels,
              sizes,
              three(random, 0, 3),
              three(random, 0, 3),
              seed);
      case 1 ->
          upsample(
              "nearest seed " + seed,
              batch,
              channels,
              sizes,
              three(random, 1, 4),
              Interpolation.NEAREST,
              seed);
      default ->
          upsample(
              "linear seed " + seed,
              batch,
              channels,
              sizes,
              three(random, 1, 4),
              Interpolation.LINEAR,
              seed);
    };
  }

  private static List<Integer> three(SeededRandom random, int from, int to) {
    return List.of(
        from + random.nextInt(to - from),
        from + random.nextInt(to - from),
        from + random.nextInt(to - from));
  }
}
