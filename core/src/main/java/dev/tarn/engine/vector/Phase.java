package dev.tarn.engine.vector;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Results of one axis of a [Sweep] that see the source through the same taps: all of them where
/// the source lies as it is; every `spread`-th where zeros are thought between its cells, as in the
/// gradient of a strided convolution. The taps that would fall on those zeros are left out.
final class Phase {
  private final int first;
  private final int step;
  private final int count;
  private final int advance;
  private final int source;
  private final int[] tap;
  private final int[] offset;

  private Phase(int first, int step, int count, int advance, int source, int[] tap, int[] offset) {
    this.first = first;
    this.step = step;
    this.count = count;
    this.advance = advance;
    this.source = source;
    this.tap = tap;
    this.offset = offset;
  }

  /// The phases of an axis; phase `p` of `n` holds the results `p`, `p + n`, …
  static List<Phase> of(Sweep.Axis axis, boolean gradient) {
    var phases = new ArrayList<Phase>();
    int step = axis.spread();
    for (int p = 0; p < step; p++) {
      int[] tap = new int[axis.kernel()];
      int[] offset = new int[axis.kernel()];
      int taps = 0;
      for (int k = 0; k < axis.kernel(); k++) {
        // The gradient takes the weight mirrored; sums run in the order of the weight.
        int t = gradient ? axis.kernel() - 1 - k : k;
        int cell = axis.origin() + p + t * axis.dilation();
        if (Math.floorMod(cell, step) == 0) {
          tap[taps] = k;
          offset[taps++] = Math.floorDiv(cell, step);
        }
      }
      int count = Math.ceilDiv(axis.result() - p, step);
      phases.add(
          new Phase(
              p,
              step,
              Math.max(0, count),
              axis.step(),
              axis.source(),
              Arrays.copyOf(tap, taps),
              Arrays.copyOf(offset, taps)));
    }
    return phases;
  }

  /// How many results there are.
  int count() {
    return count;
  }

  /// Where the `i`-th result lies on its axis.
  int result(int i) {
    return first + i * step;
  }

  /// Cells of the source from one result to the next.
  int advance() {
    return advance;
  }

  int taps() {
    return tap.length;
  }

  /// Number, in the weight, of the `e`-th tap; they rise.
  int tap(int e) {
    return tap[e];
  }

  /// The cell of the source under the `e`-th tap of the first result, which may lie outside.
  int offset(int e) {
    return offset[e];
  }

  /// The first of the taps that meet the source at the `i`-th result.
  int from(int i) {
    int e = 0;
    while (e < tap.length && !meets(e, i)) {
      e++;
    }
    return e;
  }

  /// One past the last of those taps: they are neighbours, for their cells rise or fall.
  int past(int i, int from) {
    int e = from;
    while (e < tap.length && meets(e, i)) {
      e++;
    }
    return e;
  }

  private boolean meets(int e, int i) {
    int cell = offset[e] + i * advance;
    return cell >= 0 && cell < source;
  }

  /// The first result all of whose taps meet the source.
  int whole() {
    int i = 0;
    while (i < count && past(i, 0) < tap.length) {
      i++;
    }
    return i;
  }

  /// One past the last of those results.
  int pastWhole(int whole) {
    int i = whole;
    while (i < count && past(i, 0) == tap.length) {
      i++;
    }
    return i;
  }
}
