package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.tensor.Spans;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Neighbouring outputs of a row whose windows are whole, for kernels whose lanes run over them,
/// and how to load the cells under one tap of each.
///
/// Columns with clipped windows, at the borders, are worked on alone, in one lane.
final class Columns {
  private final int from;
  private final int to;
  private final int[] map = new int[2 * V];

  Columns(Spans width) {
    int first = 0;
    while (first < width.outputs() && width.taps(first) < width.kernel()) {
      first++;
    }
    int past = first;
    while (past < width.outputs() && width.taps(past) == width.kernel()) {
      past++;
    }
    from = first;
    to = past;
    for (int lane = 0; lane < V; lane++) {
      // Lanes left over are masked, but their places are checked; the second half, of zeros, is
      // for columns that are worked on alone.
      map[lane] = lane < past - first ? lane * width.stride() : 0;
    }
  }

  /// Where a vector for column `ox` begins: before it where fewer columns than lanes are left, so
  /// that some are computed twice, to the same bits.
  int start(int ox) {
    return ox >= from && ox < to && to - ox < V ? Math.max(from, to - V) : ox;
  }

  /// How many lanes a vector that begins at column `ox` fills: 1 at the borders.
  int lanes(int ox) {
    return ox < from || ox >= to ? 1 : Math.min(V, to - ox);
  }

  /// The lanes that are filled.
  VectorMask<Float> mask(int lanes) {
    return F.indexInRange(0, lanes);
  }

  /// The cells under one tap of the outputs in `m`, as many as [#lanes] said, the first of them at
  /// `at`.
  ///
  /// One way for every stride: where a branch chose between several, the JIT put vectors on the
  /// heap.
  FloatVector load(float[] x, int at, int lanes, VectorMask<Float> m) {
    return FloatVector.fromArray(F, x, at, map, lanes == 1 ? V : 0, m);
  }
}
