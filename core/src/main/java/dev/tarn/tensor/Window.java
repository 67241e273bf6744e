package dev.tarn.tensor;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A window that slides over the spatial axes of an input: its size, its step, and what happens at
/// the borders.
///
/// Every list has one number per spatial axis, or a single one that serves them all, so one
/// description works in one, two and three dimensions. On an axis of size `n` it gives `o = ⌊(n +
/// before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1` outputs, rounded as [Rounding] says.
///
/// @param kernel cells the window takes, at least 1
/// @param stride step from one output to the next, at least 1
/// @param dilation distance between two cells the window takes, at least 1
/// @param padding cells around the input
/// @param rounding what becomes of a remainder
public record Window(
    List<Integer> kernel,
    List<Integer> stride,
    List<Integer> dilation,
    Padding padding,
    Rounding rounding) {
  public Window {
    kernel = List.copyOf(kernel);
    stride = List.copyOf(stride);
    dilation = List.copyOf(dilation);
    requireAtLeast("kernel", 1, kernel);
    requireAtLeast("stride", 1, stride);
    requireAtLeast("dilation", 1, dilation);
  }

  /// A window of these sizes with stride 1, no dilation, no padding, and [Rounding#FLOOR].
  public static Window of(int... kernel) {
    return new Window(
        perAxis("kernel", 1, kernel), List.of(1), List.of(1), Padding.NONE, Rounding.FLOOR);
  }

  public Window stride(int... cells) {
    return new Window(kernel, perAxis("stride", 1, cells), dilation, padding, rounding);
  }

  public Window dilation(int... cells) {
    return new Window(kernel, stride, perAxis("dilation", 1, cells), padding, rounding);
  }

  /// The same padding on both sides of each axis.
  public Window padding(int... cells) {
    return padding(Padding.of(cells));
  }

  public Window padding(Padding around) {
    return new Window(kernel, stride, dilation, around, rounding);
  }

  public Window rounding(Rounding remainder) {
    return new Window(kernel, stride, dilation, padding, remainder);
  }

  /// Cells from the first to the last that the window takes on an axis: `dilation·(kernel − 1) +
  /// 1`.
  public long extent(int axis, int axes) {
    return (long) at(dilation, axis, axes, "dilation") * (at(kernel, axis, axes, "kernel") - 1) + 1;
  }

  /// Resolves the window on one axis of `size` cells.
  ///
  /// @param axis which spatial axis, counted from 0
  /// @param axes how many spatial axes the input has
  /// @throws ShapeException if the padded input is smaller than the window, [Rounding#EXACT] leaves
  ///   a remainder, or a list has neither one number nor one per axis
  public Spans spans(int axis, int axes, int size) {
    int k = at(kernel, axis, axes, "kernel");
    int s = at(stride, axis, axes, "stride");
    int d = at(dilation, axis, axes, "dilation");
    long extent = extent(axis, axes);
    long before = 0;
    long after = 0;
    long outputs;
    switch (padding) {
      case Padding.Same same -> {
        outputs = size == 0 ? 0 : ((long) size - 1) / s + 1;
        long total = Math.max((outputs - 1) * s + extent - size, 0);
        before = same == Padding.Same.UPPER ? total / 2 : total - total / 2;
        after = total - before;
      }
      case Padding.Sides sides -> {
        before = at(sides.before(), axis, axes, "padding");
        after = at(sides.after(), axis, axes, "padding");
        outputs = outputs(axis, size, size + before + after - extent, s, before, after);
      }
    }
    return Spans.sliding(size, k, s, d, before, after, outputs);
  }

  private long outputs(int axis, int size, long room, int s, long before, long after) {
    if (room < 0) {
      throw new ShapeException(
          "input is smaller than the window on spatial axis %d: input %d + padding %d + %d = %d; needed at least %d. Use a smaller kernel, add padding, or drop an earlier pooling layer."
              .formatted(
                  axis, size, before, after, size + before + after, size + before + after - room));
    }
    long floor = room / s + 1;
    boolean remainder = room % s != 0;
    return switch (rounding) {
      case FLOOR -> floor;
      case CEIL -> remainder && floor * s < size + before ? floor + 1 : floor;
      case CEIL_CAFFE -> {
        long ceil = remainder ? floor + 1 : floor;
        boolean clip = before + after != 0 && (ceil - 1) * s >= size + before;
        yield clip ? ceil - 1 : ceil;
      }
      case EXACT -> {
        if (remainder) {
          throw new ShapeException(
              "stride %d does not divide input %d + padding %d + %d − window %d = %d on spatial axis %d, and rounding is EXACT. Use another stride, or FLOOR or CEIL."
                  .formatted(s, size, before, after, size + before + after - room, room, axis));
        }
        yield floor;
      }
    };
  }

  /// The number for one axis of a list that has one per axis or one for all.
  public static int at(List<Integer> list, int axis, int axes, String what) {
    if (list.size() == 1) {
      return list.getFirst();
    }
    if (list.size() != axes) {
      throw new ShapeException(
          "%s %s has %d numbers; the input has %d spatial axes. Give one number, or one per axis."
              .formatted(what, list, list.size(), axes));
    }
    return list.get(axis);
  }

  static List<Integer> perAxis(String what, int least, int... numbers) {
    List<Integer> list = IntStream.of(numbers).boxed().toList();
    requireAtLeast(what, least, list);
    return list;
  }

  /// Refuses a list that has not 1 to 3 numbers, or one below `least`.
  ///
  /// @throws ParameterException naming `what`, the axis and the number
  public static void requireAtLeast(String what, int least, List<Integer> list) {
    if (list.isEmpty() || list.size() > 3) {
      throw new ParameterException(
          "%s %s has %d numbers; needed 1, 2 or 3, one per spatial axis or one for all."
              .formatted(what, list, list.size()));
    }
    for (int axis = 0; axis < list.size(); axis++) {
      if (list.get(axis) < least) {
        throw new ParameterException(
            "%s is %d on spatial axis %d; needed at least %d."
                .formatted(what, list.get(axis), axis, least));
      }
    }
  }

  /// `2×2`, or `2` when one number serves all axes.
  static String describe(List<Integer> list) {
    return list.stream().map(String::valueOf).collect(Collectors.joining("×"));
  }

  /// `3×3, stride 2, padding 1`: only what differs from stride 1, no padding, no dilation, FLOOR.
  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    parts.add("kernel " + describe(kernel));
    if (!stride.stream().allMatch(s -> s == 1)) {
      parts.add("stride " + describe(stride));
    }
    if (!padding.equals(Padding.NONE)) {
      parts.add("padding " + padding);
    }
    if (!dilation.stream().allMatch(s -> s == 1)) {
      parts.add("dilation " + describe(dilation));
    }
    if (rounding != Rounding.FLOOR) {
      parts.add(rounding.toString());
    }
    return String.join(", ", parts);
  }
}
