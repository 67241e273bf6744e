package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Duplicates;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Random poolings and unpoolings, small enough to differentiate.
public final class PoolTrials {
  private PoolTrials() {}

  /// A geometry of one to three axes with windows of every kind.
  public static PoolGeometry geometry(SeededRandom random) {
    int axes = 1 + random.nextInt(3);
    int most = axes == 3 ? 4 : 7;
    int[] sizes = new int[axes];
    int[] kernel = new int[axes];
    int[] stride = new int[axes];
    int[] dilation = new int[axes];
    int[] before = new int[axes];
    int[] after = new int[axes];
    int[] outputs = new int[axes];
    for (int axis = 0; axis < axes; axis++) {
      kernel[axis] = 1 + random.nextInt(3);
      stride[axis] = 1 + random.nextInt(3);
      dilation[axis] = 1 + random.nextInt(2);
      // Padding below the dilation-free kernel: no window is without a cell.
      before[axis] = dilation[axis] == 1 ? random.nextInt(kernel[axis]) : 0;
      after[axis] = dilation[axis] == 1 ? random.nextInt(kernel[axis]) : 0;
      int extent = dilation[axis] * (kernel[axis] - 1) + 1;
      sizes[axis] = extent + random.nextInt(Math.max(1, most - extent));
      outputs[axis] = 1 + random.nextInt(4);
    }
    Regions regions =
        switch (random.nextInt(8)) {
          case 0 -> Regions.global();
          case 1, 2 -> Regions.adaptive(outputs);
          default ->
              Regions.sliding(
                  Window.of(kernel)
                      .stride(stride)
                      .dilation(dilation)
                      .padding(new Padding.Sides(list(before), list(after)))
                      .rounding(random.nextInt(2) == 0 ? Rounding.FLOOR : Rounding.CEIL));
        };
    Spans[] spans = {Spans.single(), Spans.single(), Spans.single()};
    for (int axis = 0; axis < axes; axis++) {
      spans[3 - axes + axis] = regions.spans(axis, axes, sizes[axis]);
    }
    Layout layout = random.nextInt(2) == 0 ? Layout.NHWC : Layout.NCHW;
    return new PoolGeometry(1 + random.nextInt(3), layout, spans[0], spans[1], spans[2]);
  }

  private static List<Integer> list(int[] numbers) {
    return IntStream.of(numbers).boxed().toList();
  }

  /// A pooling and its gradient.
  public static Trial random(Reduction reduction, long seed) {
    SeededRandom random = SeededRandom.of(seed);
    PoolGeometry g = geometry(random);
    Trial trial = new Trial("%s seed %d".formatted(reduction, seed), 2, seed);
    Buffer x = distinct(trial, (long) g.inPositions() * g.channels(), random);
    long outSize = (long) g.outPositions() * g.channels();
    Buffer gradY = trial.input("gradY", outSize, Trial::real);
    Buffer y = trial.sample("y", outSize);
    Buffer gradX = trial.sample("gradX", x.size());
    boolean places = PoolProblem.Backward.needsArgmax(reduction);
    boolean values = PoolProblem.Backward.needsValues(reduction);
    @Nullable Buffer argmax = places ? trial.bytes("argmax", outSize * g.argmaxBytes()) : null;
    return trial
        .forward(new PoolProblem.Forward(g, reduction, x, y, argmax))
        .backward(
            new PoolProblem.Backward(
                g, reduction, gradY, gradX, values ? x : null, values ? y : null, argmax))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Max unpooling with the places of a pooling.
  public static Trial unpool(Duplicates duplicates, long seed) {
    SeededRandom random = SeededRandom.of(seed);
    PoolGeometry g = geometry(random);
    Trial trial = new Trial("unpool %s seed %d".formatted(duplicates, seed), 2, seed);
    long inSize = (long) g.inPositions() * g.channels();
    long outSize = (long) g.outPositions() * g.channels();
    Buffer source = distinct(trial, inSize, random);
    Buffer x = trial.input("x", outSize, Trial::real);
    Buffer gradY = trial.input("gradY", inSize, Trial::real);
    Buffer pooled = trial.sample("pooled", outSize);
    Buffer argmax = trial.bytes("argmax", outSize * g.argmaxBytes());
    Buffer y = trial.sample("y", inSize);
    Buffer gradX = trial.sample("gradX", outSize);
    return trial
        .forward(new PoolProblem.Forward(g, Reduction.max(), source, pooled, argmax))
        .forward(new PoolProblem.Unpool(g, duplicates, x, argmax, y))
        .backward(new PoolProblem.UnpoolBackward(g, duplicates, gradY, argmax, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Average unpooling.
  public static Trial spread(long seed) {
    SeededRandom random = SeededRandom.of(seed);
    PoolGeometry g = geometry(random);
    Trial trial = new Trial("spread seed " + seed, 2, seed);
    long inSize = (long) g.inPositions() * g.channels();
    long outSize = (long) g.outPositions() * g.channels();
    Buffer x = trial.input("x", outSize, Trial::real);
    Buffer gradY = trial.input("gradY", inSize, Trial::real);
    Buffer y = trial.sample("y", inSize);
    Buffer gradX = trial.sample("gradX", outSize);
    return trial
        .forward(new PoolProblem.Spread(g, x, y))
        .backward(new PoolProblem.SpreadBackward(g, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// An input whose values, and absolute values, are at least 1/64 from each other and from 0.
  private static Buffer distinct(Trial trial, long size, SeededRandom random) {
    Buffer x = trial.input("x of pooling", size, Trial::real);
    int[] order = random.permutation(trial.values(x).length);
    for (int i = 0; i < order.length; i++) {
      double value = (order[i] + 1) / 64.0;
      trial.values(x)[i] = (float) (random.nextInt(2) == 0 ? value : -value);
    }
    return x;
  }
}
