package dev.tarn.tensor;

import dev.tarn.error.ParameterException;
import java.util.List;

/// How the cells of a resized axis are mixed from those of the axis before: output `o` is the sum
/// of `weights[k] · x[cells[k]]` over `k` from `starts[o]` to before `starts[o + 1]`. An output
/// without cells is 0.
///
/// @param inputs cells of the axis before, at least 1
/// @param starts one number per output and one for the end, from 0 on, never falling
/// @param cells from 0 to below `inputs`
/// @param weights one finite number per cell
public record Blend(int inputs, List<Integer> starts, List<Integer> cells, List<Double> weights) {
  public Blend {
    starts = List.copyOf(starts);
    cells = List.copyOf(cells);
    weights = List.copyOf(weights);
    int count = cells.size();
    if (inputs < 1
        || starts.size() < 2
        || weights.size() != count
        || starts.getFirst() != 0
        || starts.getLast() != count) {
      throw new ParameterException(
          "resize: %d starts, %d cells and %d weights for an axis of %d do not fit each other."
              .formatted(starts.size(), count, weights.size(), inputs));
    }
    for (int o = 1; o < starts.size(); o++) {
      if (starts.get(o) < starts.get(o - 1)) {
        throw new ParameterException(
            "resize: output %d starts at cell %d, after output %d; needed numbers that never fall."
                .formatted(o - 1, starts.get(o - 1), o));
      }
    }
    for (int cell : cells) {
      if (cell < 0 || cell >= inputs) {
        throw new ParameterException(
            "resize: cell %d of an axis of %d; needed 0 to %d."
                .formatted(cell, inputs, inputs - 1));
      }
    }
    if (!weights.stream().allMatch(Double::isFinite)) {
      throw new ParameterException("resize: a weight is not finite; needed finite numbers.");
    }
  }

  /// Cells of the axis after.
  public int outputs() {
    return starts.size() - 1;
  }

  /// `4 → 8`
  @Override
  public String toString() {
    return inputs + " → " + outputs();
  }
}
