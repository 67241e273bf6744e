package dev.tarn.io.keras;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.layer.Pool;
import dev.tarn.model.Node;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// Pooling as layers of Keras, which has max and average, without dilation, and no padding but
/// `same`.
final class PoolWriter {
  private final LayerWriter to;

  PoolWriter(LayerWriter to) {
    this.to = to;
  }

  void pool(Node node, Pool pool) {
    String word =
        switch (pool.reduction()) {
          case Reduction.Max max -> "Max";
          case Reduction.Average average -> "Average";
          case Reduction.Sum sum -> "Average";
          case Reduction.Min min -> throw none("minima");
          case Reduction.Lp lp -> throw none("p-norms");
        };
    Shape input = node.inputs().getFirst().shape();
    int axes = input.spatialRank();
    switch (pool.regions()) {
      case Regions.Global global -> {
        Json.Members config = Json.members().with("keepdims", new Json.Truth(true));
        scaled(
            node,
            pool,
            input.positions(),
            "Global%sPooling%dD".formatted(word, axes),
            config,
            to.name(node.inputs().getFirst()));
      }
      case Regions.Adaptive(List<Integer> sizes) -> adaptive(node, pool, word, sizes);
      case Regions.Even(List<Integer> sizes) -> {
        Window window = whole(input, WindowWriter.perAxis(sizes, axes, "sizes"));
        sliding(node, pool, word, window);
      }
      case Regions.Sliding(Window window) -> sliding(node, pool, word, window);
    }
  }

  private static UnsupportedException none(String what) {
    return new UnsupportedException("there is no pooling by %s.".formatted(what));
  }

  /// The window of regions that are all of one size.
  private static Window whole(Shape input, List<Integer> sizes) {
    int[] kernel = new int[sizes.size()];
    for (int axis = 0; axis < kernel.length; axis++) {
      if (input.spatial(axis) % sizes.get(axis) != 0) {
        throw none("evenly padded windows");
      }
      kernel[axis] = input.spatial(axis) / sizes.get(axis);
    }
    return Window.of(kernel).stride(kernel);
  }

  private void adaptive(Node node, Pool pool, String word, List<Integer> sizes) {
    Shape input = node.inputs().getFirst().shape();
    int axes = input.spatialRank();
    List<Integer> outputs = WindowWriter.perAxis(sizes, axes, "sizes");
    boolean divides = true;
    for (int axis = 0; axis < axes; axis++) {
      divides &= input.spatial(axis) % outputs.get(axis) == 0;
    }
    if (divides) {
      sliding(node, pool, word, whole(input, outputs));
      return;
    }
    boolean plain =
        pool.reduction() instanceof Reduction.Max
            || (pool.reduction() instanceof Reduction.Average(Divisor divisor)
                && divisor instanceof Divisor.Counted);
    if (!plain) {
      throw none("sums over regions of several sizes");
    }
    to.put(
        node,
        "Adaptive%sPooling%dD".formatted(word, axes),
        Json.members().with("output_size", Json.wholes(outputs)));
  }

  private void sliding(Node node, Pool pool, String word, Window window) {
    Node before = node.inputs().getFirst();
    Shape input = before.shape();
    int axes = input.spatialRank();
    if (window.dilation().stream().anyMatch(d -> d != 1)) {
      throw none("dilated windows");
    }
    Sides sides = Sides.of(window, input);
    boolean valid = pool.reduction() instanceof Reduction.Average(Divisor d) && d == Divisor.VALID;
    boolean max = pool.reduction() instanceof Reduction.Max;
    boolean same = !sides.none() && (max || valid) && Sides.same(window, input);
    String from = to.name(before);
    if (!sides.none() && !same) {
      requireZeros(pool, sides, window, before);
      from = new WindowWriter(to).pad(node, sides, input, from);
    }
    List<Integer> kernel = WindowWriter.perAxis(window.kernel(), axes, "kernel");
    Json.Members config =
        Json.members()
            .with("pool_size", Json.wholes(kernel))
            .with("strides", Json.wholes(WindowWriter.perAxis(window.stride(), axes, "stride")))
            .with("padding", same ? "same" : "valid");
    long cells = kernel.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    scaled(node, pool, cells, "%sPooling%dD".formatted(word, axes), config, from);
  }

  /// Zeros may stand for cells that do not exist where they change no maximum, and where they count
  /// in the divisor.
  private void requireZeros(Pool pool, Sides sides, Window window, Node before) {
    switch (pool.reduction()) {
      case Reduction.Max max -> {
        if (!to.isNeverNegative(before)) {
          throw none("maxima over padding, unless a ReLU comes before it");
        }
      }
      case Reduction.Average(Divisor divisor) -> {
        boolean counts =
            divisor == Divisor.KERNEL
                || divisor instanceof Divisor.Fixed
                || (divisor == Divisor.CLIPPED_WINDOW && !sides.overhangs(window));
        if (!counts) {
          throw none("averages over padding that does not count");
        }
      }
      default -> {
        // Zeros do not change a sum.
      }
    }
  }

  /// The layer, and behind it a factor where the divisor is not the number of cells.
  private void scaled(
      Node node, Pool pool, long cells, String kind, Json.Members config, String from) {
    double factor =
        switch (pool.reduction()) {
          case Reduction.Sum sum -> cells;
          case Reduction.Average(Divisor.Fixed(double value)) -> cells / value;
          default -> 1;
        };
    Json.Members full =
        kind.startsWith("Global") || kind.contains("Adaptive")
            ? config
            : config.with("data_format", "channels_last");
    if (factor == 1) {
      to.put(node, kind, full, List.of(from));
      return;
    }
    List<Integer> output = new ArrayList<>(LayerWriter.sizes(node.shape()));
    String averaged = to.before(node, "average", kind, full, from, output);
    to.put(node, "Rescaling", LayerWriter.rescaling(factor, 0), List.of(averaged));
  }
}
