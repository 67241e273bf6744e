package dev.tarn.io.onnx;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.Pool;
import dev.tarn.model.Node;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.IndexOrder;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/// The numbers of the cells that max pooling selected, for graphs that do more with them than
/// unpool.
final class PlaceNumbers {
  /// Windows larger than this are not taken apart.
  private static final int MOST_TAPS = 128;

  private PlaceNumbers() {}

  /// The numbers of the maxima in the whole tensor, found by taking every window apart: one
  /// comparison per tap.
  static Value of(Emitter emit, Computed places) {
    Node pooled = places.pooled();
    if (pooled == null
        || !(pooled.layer() instanceof Pool(var reduction, Regions.Sliding(Window window)))) {
      throw new IllegalStateException("no places of a pooling layer");
    }
    if (emit.batch() == Emitter.Batch.FIRST_AXIS) {
      throw new MixedSamples("numbers of maxima count samples");
    }
    Shape input = pooled.inputs().getFirst().shape();
    Shape output = pooled.shape();
    int axes = input.spatialRank();
    Value x = new Computed(pooled.inputs().getFirst(), input.toArray(), ElementType.F32);
    double[] numbers = new double[input.arraySize()];
    Arrays.setAll(numbers, i -> places.order() == IndexOrder.TENSOR ? i : byColumns(input, i));
    Known numbered = Known.of(ElementType.I64, input.toArray(), numbers);
    int taps = window.kernel().stream().reduce(1, Math::multiplyExact);
    if (taps > MOST_TAPS) {
      throw new UnsupportedException(
          "indices of windows of %d cells are taken; at most %d are supported."
              .formatted(taps, MOST_TAPS));
    }
    Value best = null;
    Value place = null;
    for (int tap = 0; tap < taps; tap++) {
      Map<Integer, int[]> cells = new HashMap<>();
      int rest = tap;
      for (int axis = axes - 1; axis >= 0; axis--) {
        int k = rest % window.kernel().get(axis);
        rest /= window.kernel().get(axis);
        var spans = window.spans(axis, axes, input.spatial(axis));
        int size = input.spatial(axis);
        int step = Window.at(window.dilation(), axis, axes, "dilation") * k;
        int stride = Window.at(window.stride(), axis, axes, "stride");
        int before =
            window.padding() instanceof Padding.Sides(var b, var a)
                ? Window.at(b, axis, axes, "padding")
                : same(window, axis, axes, size);
        int outputs = spans.outputs();
        cells.put(
            axis + 1,
            IntStream.range(0, outputs)
                .map(o -> o * stride + step - before)
                .map(i -> i >= 0 && i < size ? i : -1)
                .toArray());
      }
      Value value = emit.select(x, cells, Double.NEGATIVE_INFINITY);
      Value number = emit.select(numbered, cells, 0);
      if (best == null || place == null) {
        best = value;
        place = number;
      } else {
        Value better = emit.compare(Operator.LESS, best, value);
        Value worse = emit.activate(better, Function.NOT);
        place =
            emit.combine(
                Operator.ADD,
                emit.combine(Operator.KEEP, number, better),
                emit.combine(Operator.KEEP, place, worse));
        best = emit.combine(Operator.MAXIMUM, best, value);
      }
    }
    Value all = Objects.requireNonNull(place);
    int[] dims = IntStream.concat(IntStream.of(1), IntStream.of(output.toArray())).toArray();
    return emit.as(emit.reshape(all, dims), ElementType.I64);
  }

  /// The number of a cell where columns are counted before rows.
  private static int byColumns(Shape input, int number) {
    int rest = number;
    int counted = 0;
    for (int axis = input.rank() - 1; axis >= 1; axis--) {
      counted = counted * input.size(axis) + rest % input.size(axis);
      rest /= input.size(axis);
    }
    return rest * input.positions() + counted;
  }

  private static int same(Window window, int axis, int axes, int size) {
    int stride = Window.at(window.stride(), axis, axes, "stride");
    long outputs = Math.ceilDiv(size, stride);
    long all = Math.max(0, (outputs - 1) * stride + window.extent(axis, axes) - size);
    return (int) (window.padding() == Padding.SAME_UPPER ? all / 2 : all - all / 2);
  }
}
