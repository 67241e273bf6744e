package dev.tarn.bench.peer;

import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Window;
import java.util.List;

/// A window's numbers for two spatial axes.
///
/// @param kernel height and width
/// @param stride of height and width
/// @param padding above and left, which is also that below and right
record PerAxis(List<Integer> kernel, List<Integer> stride, List<Integer> padding) {
  static PerAxis of(Window window) {
    boolean plain =
        window.rounding() == Rounding.FLOOR && window.dilation().stream().allMatch(d -> d == 1);
    if (plain
        && window.padding() instanceof Padding.Sides(var before, var after)
        && before.equals(after)) {
      return new PerAxis(two(window.kernel()), two(window.stride()), two(before));
    }
    throw new IllegalArgumentException(window.toString());
  }

  private static List<Integer> two(List<Integer> numbers) {
    return List.of(Window.at(numbers, 0, 2, "window"), Window.at(numbers, 1, 2, "window"));
  }

  static int[] array(List<Integer> numbers) {
    return numbers.stream().mapToInt(i -> i).toArray();
  }
}
