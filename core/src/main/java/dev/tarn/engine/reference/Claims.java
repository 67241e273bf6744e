package dev.tarn.engine.reference;

import dev.tarn.engine.Coverage;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.Taps;

/// Which outputs of a max pooling selected a given cell: the question that unpooling asks, forward
/// and backward.
final class Claims {
  private final PoolGeometry g;
  private final Taps taps;
  private final Coverage depth;
  private final Coverage height;
  private final Coverage width;

  Claims(PoolGeometry g) {
    this.g = g;
    this.taps = new Taps(g);
    this.depth = new Coverage(g.depth());
    this.height = new Coverage(g.height());
    this.width = new Coverage(g.width());
  }

  /// Bytes per place.
  int bytes() {
    return taps.bytes();
  }

  /// The cell that output `o` of channel `c` selected.
  int cell(byte[] places, int at, int c, int oz, int oy, int ox) {
    int o = (oz * g.height().outputs() + oy) * g.width().outputs() + ox;
    int out = o * g.pixel() + c * g.outChannel();
    return taps.origin(oz, oy, ox) + taps.offset(taps.get(places, at, out));
  }

  /// How many outputs of channel `c` selected `cell`.
  int count(byte[] places, int at, int c, int cell) {
    int count = 0;
    for (int o = next(places, at, c, cell, -1); o >= 0; o = next(places, at, c, cell, o)) {
      count++;
    }
    return count;
  }

  /// The first output after `o` in row-major order that selected `cell`, −1 if there is none.
  int next(byte[] places, int at, int c, int cell, int o) {
    int ix = cell % g.width().inputs();
    int iy = cell / g.width().inputs() % g.height().inputs();
    int iz = cell / g.width().inputs() / g.height().inputs();
    for (int oz = depth.first(iz); oz < depth.past(iz); oz++) {
      for (int oy = height.first(iy); oy < height.past(iy); oy++) {
        int row = (oz * g.height().outputs() + oy) * g.width().outputs();
        for (int ox = Math.max(width.first(ix), o + 1 - row); ox < width.past(ix); ox++) {
          if (cell(places, at, c, oz, oy, ox) == cell) {
            return row + ox;
          }
        }
      }
    }
    return -1;
  }
}
