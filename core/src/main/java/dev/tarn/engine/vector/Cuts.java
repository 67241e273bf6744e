package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import java.util.Arrays;

/// A row of cells cut into the pieces that register tiles work on. The last is moved back over its
/// neighbour where it has more cells than are left: they are computed twice, to the same bits.
final class Cuts {
  private final int[] at;
  private final int[] size;

  private Cuts(int[] at, int[] size) {
    this.at = at;
    this.size = size;
  }

  /// Pieces of as many cells as [ConvFirstTile] has rows. Fewer than 4 cells are one piece of 4, of
  /// which the caller keeps what there is.
  static Cuts rows(int cells) {
    return ROWS == 12 ? of(cells, 12, 6, 4) : of(cells, 6, 4);
  }

  /// Pieces of two vectors or one. A row shorter than a vector is one piece of a vector.
  static Cuts lanes(int cells) {
    return of(cells, 2 * V, V);
  }

  /// @param sizes falling
  private static Cuts of(int cells, int... sizes) {
    int smallest = sizes[sizes.length - 1];
    int[] at = new int[cells / smallest + 1];
    int[] size = new int[at.length];
    int count = 0;
    for (int done = 0; done < cells; count++) {
      int next = 0;
      for (int s : sizes) {
        // The smallest that covers what is left, or else the largest.
        if (s <= cells && (next == 0 || s >= cells - done)) {
          next = s;
        }
      }
      next = Math.max(next, smallest);
      at[count] = Math.max(0, Math.min(done, cells - next));
      size[count] = next;
      done = at[count] + next;
    }
    return new Cuts(Arrays.copyOf(at, count), Arrays.copyOf(size, count));
  }

  int count() {
    return at.length;
  }

  /// First cell of each piece, not to be written.
  int[] at() {
    return at;
  }

  /// Cells of each piece, not to be written.
  int[] size() {
    return size;
  }
}
