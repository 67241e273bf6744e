package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.MoveProblem;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.SeededRandom;
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

  /// The named cases.
  public static List<Trial> table() {
    List<Trial> table = new ArrayList<>();
    table.add(layouts("layouts_of_an_image", 2, 28 * 28, 3, 1));
    table.add(layouts("layouts_of_a_tail_lane", 2, 17, 33, 1));
    table.add(layouts("layouts_of_one_position", 2, 1, 9, 1));
    table.add(layouts("layouts_of_empty_batch", 0, 4, 3, 1));
    table.add(concat("concat", 3, 10, 17, 5, 1));
    table.add(concat("concat_features", 2, 1, 1, 30, 1));
    table.add(pad("pad_one", 2, 5, List.of(1, 4, 3), List.of(0, 1, 1), List.of(0, 1, 1), 1));
    table.add(pad("pad_uneven", 2, 2, List.of(2, 3, 4), List.of(1, 0, 2), List.of(0, 3, 1), 1));
    table.add(pad("pad_nothing", 2, 2, List.of(1, 3, 4), List.of(0, 0, 0), List.of(0, 0, 0), 1));
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
