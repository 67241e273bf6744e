package dev.tarn.tensor;

import dev.tarn.error.ParameterException;
import java.util.List;

/// Cells added around the input, per axis and side. They hold nothing: pooling skips them,
/// convolution reads 0.
public sealed interface Padding {
  /// No padding.
  Padding NONE = new Sides(List.of(0), List.of(0));

  /// As many cells as make the output `⌈n / stride⌉`, at least 0; an odd one goes to the end
  /// (TensorFlow's SAME).
  Padding SAME_UPPER = Same.UPPER;

  /// As [#SAME_UPPER], but an odd cell goes to the start.
  Padding SAME_LOWER = Same.LOWER;

  /// The same number of cells before and after, per axis; one number serves every axis.
  static Padding of(int... cells) {
    List<Integer> list = Window.perAxis("padding", 0, cells);
    return new Sides(list, list);
  }

  /// Different numbers of cells before and after, per axis.
  ///
  /// @param before one number per axis, or one for all
  /// @param after likewise
  record Sides(List<Integer> before, List<Integer> after) implements Padding {
    public Sides {
      before = List.copyOf(before);
      after = List.copyOf(after);
      if (before.size() != after.size()) {
        throw new ParameterException(
            "padding: %d numbers before and %d after; both need one per axis."
                .formatted(before.size(), after.size()));
      }
      Window.requireAtLeast("padding before", 0, before);
      Window.requireAtLeast("padding after", 0, after);
    }

    @Override
    public String toString() {
      if (before.equals(after)) {
        return Window.describe(before);
      }
      return before + "…" + after;
    }
  }

  /// Padding computed from the input's size.
  enum Same implements Padding {
    /// An odd cell goes to the end.
    UPPER,
    /// An odd cell goes to the start.
    LOWER;

    @Override
    public String toString() {
      return "SAME_" + name();
    }
  }
}
