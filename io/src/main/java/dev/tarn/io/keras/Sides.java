package dev.tarn.io.keras;

import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.List;

/// The cells around an input that a window really reaches: those that Keras needs as a layer of its
/// own where it has no word for them.
///
/// @param before per spatial axis
/// @param after per spatial axis; what rounding up hangs over is in it
record Sides(List<Integer> before, List<Integer> after) {
  static Sides of(Window window, Shape input) {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    int axes = input.spatialRank();
    for (int axis = 0; axis < axes; axis++) {
      int size = input.spatial(axis);
      int stride = Window.at(window.stride(), axis, axes, "stride");
      long reach =
          (window.spans(axis, axes, size).outputs() - 1L) * stride + window.extent(axis, axes);
      long first =
          switch (window.padding()) {
            case Padding.Sides sides -> Window.at(sides.before(), axis, axes, "padding");
            case Padding.Same same -> {
              long total = Math.max(0, reach - size);
              yield same == Padding.Same.UPPER ? total / 2 : total - total / 2;
            }
          };
      before.add(Math.toIntExact(first));
      after.add(Math.toIntExact(Math.max(0, reach - size - first)));
    }
    return new Sides(before, after);
  }

  boolean none() {
    return before.stream().allMatch(n -> n == 0) && after.stream().allMatch(n -> n == 0);
  }

  /// Whether the padding that Keras calls `same` gives these sides and as many outputs.
  static boolean same(Window window, Shape input) {
    Window other = window.padding(Padding.SAME_UPPER);
    int axes = input.spatialRank();
    for (int axis = 0; axis < axes; axis++) {
      int size = input.spatial(axis);
      if (window.spans(axis, axes, size).outputs() != other.spans(axis, axes, size).outputs()) {
        return false;
      }
    }
    return of(window, input).equals(of(other, input));
  }

  /// Whether some side is wider than the padding that was asked for, because rounding up made a
  /// window hang over.
  boolean overhangs(Window window) {
    if (!(window.padding() instanceof Padding.Sides sides)) {
      return false;
    }
    for (int axis = 0; axis < after.size(); axis++) {
      if (after.get(axis) > Window.at(sides.after(), axis, after.size(), "padding")) {
        return true;
      }
    }
    return false;
  }
}
