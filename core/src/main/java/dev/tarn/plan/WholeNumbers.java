package dev.tarn.plan;

import dev.tarn.engine.PoolGeometry;
import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Spans;

/// Max and min pooling of whole numbers, which float32 holds exactly only up to 2^24.
final class WholeNumbers {
  private WholeNumbers() {}

  /// `largest` chooses between max and min.
  static Indices pool(PoolGeometry g, boolean largest, Indices x, Shape output) {
    int[] to = new int[output.arraySize()];
    int at = 0;
    for (int plane = 0; plane < output.size(0) * g.channels(); plane++) {
      int from = plane * g.inPositions();
      for (int oz = 0; oz < g.depth().outputs(); oz++) {
        for (int oy = 0; oy < g.height().outputs(); oy++) {
          for (int ox = 0; ox < g.width().outputs(); ox++) {
            to[at++] = extremum(g, largest, x.array(), from, oz, oy, ox);
          }
        }
      }
    }
    return new Indices(output, to);
  }

  private static int extremum(
      PoolGeometry g, boolean largest, int[] x, int from, int oz, int oy, int ox) {
    Spans depth = g.depth();
    Spans height = g.height();
    Spans width = g.width();
    int best = largest ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    for (int tz = 0; tz < depth.taps(oz); tz++) {
      int iz = depth.from(oz) + tz * depth.step();
      for (int ty = 0; ty < height.taps(oy); ty++) {
        int iy = height.from(oy) + ty * height.step();
        int row = from + (iz * height.inputs() + iy) * width.inputs() + width.from(ox);
        for (int tx = 0; tx < width.taps(ox); tx++) {
          int value = x[row + tx * width.step()];
          best = largest ? Math.max(best, value) : Math.min(best, value);
        }
      }
    }
    return best;
  }
}
