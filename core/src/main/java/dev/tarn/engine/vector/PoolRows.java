package dev.tarn.engine.vector;

import dev.tarn.engine.PoolGeometry;
import dev.tarn.tensor.Spans;

/// Which rows of the input and of the output meet in a pooling, and by which taps.
///
/// The two outer axes become one list of rows, clipped and dilated as they may be, so that kernels
/// have one loop for them and three axes are no special case.
final class PoolRows {
  /// More pairs of rows than this are refused: their list would take more memory than it saves.
  private static final int MOST_PAIRS = 1 << 20;

  private final int[] start;
  private final int[] row;
  private final int[] tap;

  private PoolRows(int rows, int pairs) {
    start = new int[rows + 1];
    row = new int[pairs];
    tap = new int[pairs];
  }

  /// Whether the lists would be too long.
  static boolean tooMany(PoolGeometry g) {
    return (double) g.depth().allTaps() * g.height().allTaps() > MOST_PAIRS;
  }

  /// For each output row the input rows that its windows take, in row-major order.
  static PoolRows ofOutputs(PoolGeometry g) {
    return of(g, g.depth().outputs() * g.height().outputs(), true);
  }

  /// For each input row the output rows whose windows take it, in row-major order.
  static PoolRows ofInputs(PoolGeometry g) {
    return of(g, g.depth().inputs() * g.height().inputs(), false);
  }

  private static PoolRows of(PoolGeometry g, int count, boolean outputs) {
    int pairs = Math.toIntExact(g.depth().allTaps() * g.height().allTaps());
    var rows = new PoolRows(count, pairs);
    // Counting sort: it keeps the order in which pairs of one row are visited.
    visit(g, (out, in, tap) -> rows.start[(outputs ? out : in) + 1]++);
    for (int i = 0; i < count; i++) {
      rows.start[i + 1] += rows.start[i];
    }
    int[] next = rows.start.clone();
    visit(
        g,
        (out, in, tap) -> {
          int at = next[outputs ? out : in]++;
          rows.row[at] = outputs ? in : out;
          rows.tap[at] = tap;
        });
    return rows;
  }

  private interface Pair {
    void visit(int out, int in, int tap);
  }

  private static void visit(PoolGeometry g, Pair pair) {
    Spans depth = g.depth();
    Spans height = g.height();
    for (int oz = 0; oz < depth.outputs(); oz++) {
      for (int oy = 0; oy < height.outputs(); oy++) {
        for (int tz = 0; tz < depth.taps(oz); tz++) {
          for (int ty = 0; ty < height.taps(oy); ty++) {
            int iz = depth.from(oz) + tz * depth.step();
            int iy = height.from(oy) + ty * height.step();
            int kernelRow = (depth.tapFrom(oz) + tz) * height.kernel() + height.tapFrom(oy) + ty;
            pair.visit(
                oz * height.outputs() + oy,
                iz * height.inputs() + iy,
                kernelRow * g.width().kernel());
          }
        }
      }
    }
  }

  /// Rows that have a list.
  int count() {
    return start.length - 1;
  }

  /// The first pair of a row; that of the next row is one past its last.
  int start(int of) {
    return start[of];
  }

  /// The row on the other side.
  int row(int pair) {
    return row[pair];
  }

  /// The number that the first tap of the window has in this row: `(kz·KH + ky)·KW`.
  int tap(int pair) {
    return tap[pair];
  }

  /// Whether no row has more than one partner.
  boolean disjoint() {
    for (int i = 0; i < count(); i++) {
      if (start[i + 1] - start[i] > 1) {
        return false;
      }
    }
    return true;
  }
}
