package dev.tarn.insight;

import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.error.ParameterException;
import dev.tarn.layer.Pool;
import dev.tarn.plan.Pooling;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Why one output of a pooling has its value: the cells of its window, what the sum was divided by,
/// which cell was selected, where the gradient goes, and which frameworks would give another
/// number.
///
/// Everything is computed by running the pooling on the plane, not by a second set of rules.
/// [#toString] is text for people.
///
/// @param pool what is explained
/// @param index of the output: `n, c, spatial…`
/// @param value of the output
/// @param cells of the window in row-major order, padding included
/// @param divisor of the sum, for averages
/// @param selected the position in `cells` of the maximum or minimum, for those
/// @param others the frameworks whose choices give another number or gradient
public record WindowExplanation(
    Pool pool,
    List<Integer> index,
    float value,
    List<Cell> cells,
    OptionalDouble divisor,
    OptionalInt selected,
    List<ProfileDifference> others) {
  public WindowExplanation {
    index = List.copyOf(index);
    cells = List.copyOf(cells);
    others = List.copyOf(others);
  }

  /// Cells that [#toString] lists; the selected one is always among them.
  private static final int MOST_SHOWN = 64;

  /// Where a tap of the window falls.
  public enum Place {
    /// On a cell of the input.
    INPUT,
    /// On padding, which holds nothing.
    PADDING,
    /// Beyond input and padding: the overhang of a last window that was rounded up.
    BEYOND
  }

  /// One tap of the window.
  ///
  /// @param at spatial coordinates in the input, which may lie outside
  /// @param place what is there
  /// @param value of the input, NaN where there is none
  /// @param gradient what the cell gets of a gradient of 1 at this output alone
  public record Cell(List<Integer> at, Place place, float value, float gradient) {
    public Cell {
      at = List.copyOf(at);
    }
  }

  /// Explains one output.
  ///
  /// @param x `[N, C, spatial…]`
  /// @param index of the output: `n, c, spatial…`
  /// @throws ParameterException if there is no such output
  public static WindowExplanation of(Pool pool, Tensor x, int... index) {
    Shape sample = pool.outputShape(List.of(x.shape().sample()));
    check(sample.batch(x.shape().size(0)), index);
    Tensor plane = plane(x, index[0], index[1]);
    int[] output = index.clone();
    output[0] = 0;
    output[1] = 0;
    Pooling pooling = Pooling.of(pool);
    Tensor y = pooling.forward(plane);
    Tensor gradX = pooling.backward(plane, oneHot(y.shape(), output));
    int[] at = Arrays.copyOfRange(index, 2, index.length);
    List<Spans> spans = pool.spans(plane.shape().sample());
    List<Cell> cells = cells(spans, plane, gradX, at);
    return new WindowExplanation(
        pool,
        IntStream.of(index).boxed().toList(),
        y.get(output),
        cells,
        divisor(pool, spans, at),
        selected(pool, plane, output, cells),
        ProfileDifference.of(pool, plane, output));
  }

  private static void check(Shape output, int... index) {
    boolean inside = index.length == output.rank();
    for (int axis = 0; inside && axis < index.length; axis++) {
      inside = index[axis] >= 0 && index[axis] < output.size(axis);
    }
    if (!inside) {
      throw new ParameterException(
          "explanation: there is no output %s; the output's shape is %s, and every index starts at 0."
              .formatted(Arrays.toString(index), output));
    }
  }

  private static Tensor plane(Tensor x, int n, int c) {
    Tensor sample = x.slice(n, n + 1).to(Layout.NCHW);
    int[] sizes = sample.shape().toArray();
    sizes[1] = 1;
    Shape shape = Shape.of(sizes);
    int size = shape.arraySize();
    return Tensor.of(shape, Arrays.copyOfRange(sample.array(), c * size, (c + 1) * size));
  }

  static Tensor oneHot(Shape shape, int... index) {
    Tensor gradY = Tensor.zeros(shape);
    gradY.set(1f, index);
    return gradY;
  }

  private static OptionalDouble divisor(Pool pool, List<Spans> spans, int... at) {
    if (!(pool.reduction() instanceof Reduction.Average)) {
      return OptionalDouble.empty();
    }
    int rank = at.length;
    var table = DivisorTable.of(pool.reduction(), PoolGeometry.of(1, Layout.NCHW, spans));
    return OptionalDouble.of(
        table.at(rank > 2 ? at[0] : 0, rank > 1 ? at[rank - 2] : 0, at[rank - 1]));
  }

  private static OptionalInt selected(Pool pool, Tensor plane, int[] output, List<Cell> cells) {
    if (!(pool.reduction() instanceof Reduction.Max || pool.reduction() instanceof Reduction.Min)) {
      return OptionalInt.empty();
    }
    Pooling.Pooled pooled = Pooling.of(pool).forwardWithIndices(plane);
    int flat = flat(pooled.output().shape(), output);
    int place = pooled.indices().array()[flat];
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      int[] at = cell.at().stream().mapToInt(Integer::intValue).toArray();
      if (cell.place() == Place.INPUT && flat(plane.shape().sample().sample(), at) == place) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  private static int flat(Shape shape, int... index) {
    int flat = 0;
    for (int axis = 0; axis < index.length; axis++) {
      flat = flat * shape.size(axis) + index[axis];
    }
    return flat;
  }

  private static List<Cell> cells(List<Spans> spans, Tensor plane, Tensor gradX, int... at) {
    var cells = new ArrayList<Cell>();
    int[] taps = new int[at.length];
    boolean more = true;
    while (more) {
      cells.add(cell(spans, plane, gradX, at, taps));
      int axis = taps.length - 1;
      taps[axis]++;
      while (axis > 0 && taps[axis] == spans.get(axis).window(at[axis])) {
        taps[axis--] = 0;
        taps[axis]++;
      }
      more = taps[0] < spans.getFirst().window(at[0]);
    }
    return cells;
  }

  private static Cell cell(List<Spans> spans, Tensor plane, Tensor gradX, int[] at, int[] taps) {
    int[] index = new int[at.length + 2];
    Place place = Place.INPUT;
    for (int axis = 0; axis < at.length; axis++) {
      Spans span = spans.get(axis);
      int tap = taps[axis] - span.tapFrom(at[axis]);
      index[axis + 2] = span.from(at[axis]) + tap * span.step();
      if (taps[axis] >= span.padded(at[axis])) {
        place = Place.BEYOND;
      } else if (place == Place.INPUT && (tap < 0 || tap >= span.taps(at[axis]))) {
        place = Place.PADDING;
      }
    }
    boolean there = place == Place.INPUT;
    return new Cell(
        IntStream.of(index).skip(2).boxed().toList(),
        place,
        there ? plane.get(index) : Float.NaN,
        there ? gradX.get(index) : 0f);
  }

  /// How many taps fall on such places.
  public long count(Place place) {
    return cells.stream().filter(cell -> cell.place() == place).count();
  }

  /// Several lines: the output, its window cell by cell (the first 64 of a large one), and the
  /// frameworks that differ.
  @Override
  public String toString() {
    var text = new StringBuilder();
    text.append("%s: output %s is %s\n".formatted(pool, index, value));
    text.append(
        "window of %d cells: %d of the input, %d of padding, %d beyond it\n"
            .formatted(
                cells.size(), count(Place.INPUT), count(Place.PADDING), count(Place.BEYOND)));
    divisor.ifPresent(by -> text.append("the sum is divided by %s\n".formatted(number(by))));
    text.append("  %-16s %-16s %s\n".formatted("cell", "value", "gradient"));
    int left = 0;
    for (int i = 0; i < cells.size(); i++) {
      Cell cell = cells.get(i);
      if (i >= MOST_SHOWN && !selected.equals(OptionalInt.of(i))) {
        left++;
        continue;
      }
      boolean there = cell.place() == Place.INPUT;
      String value =
          there
              ? String.valueOf(cell.value())
              : cell.place() == Place.PADDING ? "padding" : "beyond";
      String gradient = there ? String.valueOf(cell.gradient()) : "";
      String mark = selected.equals(OptionalInt.of(i)) ? "  selected" : "";
      text.append(
          "  %-16s %-16s %s%s".formatted(place(cell), value, gradient, mark).stripTrailing());
      text.append('\n');
    }
    if (left > 0) {
      text.append("  and %d more cells\n".formatted(left));
    }
    if (others.isEmpty()) {
      text.append("every profile gives this number and this gradient\n");
    }
    for (ProfileDifference other : others) {
      text.append(other).append('\n');
    }
    return text.toString();
  }

  private static String place(Cell cell) {
    return cell.at().stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e9
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }
}
