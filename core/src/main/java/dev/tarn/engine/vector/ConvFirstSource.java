package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// A copy of a band of a convolution's source, one plane for each channel, with the zeros around it
/// that the filter reaches.
///
/// With a step of `s`, a row holds the columns 0, s, 2s, …, then 1, s + 1, … (its phases), so that
/// the cells under one tap of neighbouring results are neighbours. Few channels make this copy
/// small: a band stays in the first-level cache, while all filters pass over it.
final class ConvFirstSource {
  private static final int MOST_BAND = 1 << 17;

  private final Sweep sweep;
  private final int rows;
  private final int phase;
  private final int pitch;
  private final int cellStride;
  private final int channelStride;
  private final int[] map = new int[V];

  /// @param rows of the result that one band makes
  /// @param narrowest results of the narrowest tile
  /// @param cellStride distance of neighbouring columns in the source
  /// @param channelStride distance of channels in the source
  ConvFirstSource(Sweep sweep, int rows, int narrowest, int cellStride, int channelStride) {
    this.sweep = sweep;
    this.cellStride = cellStride;
    this.channelStride = channelStride;
    int step = sweep.width().step();
    this.rows = sweep.height().cells(rows);
    // Tiles wider than a row read beyond its last cell.
    int results = Math.max(sweep.width().result(), narrowest);
    this.phase = (sweep.width().cells(results) + step - 1) / step;
    this.pitch = phase * step;
    for (int lane = 0; lane < V; lane++) {
      map[lane] = lane * cellStride * step;
    }
  }

  /// Rows of the result that are made together: few, so that their source stays near and threads
  /// share evenly, but enough that not most of it is copied twice.
  static int rows(Sweep sweep) {
    int overlap = Math.ceilDiv(sweep.height().extent(), sweep.height().step());
    int height = sweep.height().result();
    return Math.min(height, Math.max(Math.ceilDiv(height, 16), overlap));
  }

  /// Whether a band of as many rows stays in the second-level cache.
  static boolean isNear(Sweep sweep) {
    long row = (long) sweep.width().cells(sweep.width().result()) * sweep.sourceChannels();
    return row * sweep.height().cells(rows(sweep)) <= MOST_BAND;
  }

  /// Floats of the copy.
  long size() {
    return (long) plane() * sweep.sourceChannels();
  }

  private int plane() {
    return Math.multiplyExact(rows, pitch);
  }

  /// Distance of the cells under neighbouring rows of the result.
  int rowStep() {
    return sweep.height().step() * pitch;
  }

  /// How far from the cell under the first tap each tap's cell lies, in the order of the weight.
  int[] taps() {
    int kh = sweep.height().kernel();
    int kw = sweep.width().kernel();
    int step = sweep.width().step();
    int[] at = new int[sweep.depth()];
    for (int i = 0; i < at.length; i++) {
      int cell = i % kw * sweep.width().dilation();
      at[i] =
          i / kw / kh * plane()
              + i / kw % kh * sweep.height().dilation() * pitch
              + cell % step * phase
              + cell / step;
    }
    return at;
  }

  /// Fills the copy for the results from row `firstRow` on.
  ///
  /// @param srcAt first channel of the group in the sample's first cell
  void fill(float[] src, int srcAt, int firstRow, int results, float[] dst, int dstAt) {
    int first = sweep.height().origin() + firstRow * sweep.height().step();
    int line = sweep.width().source() * cellStride;
    int count = sweep.height().cells(results);
    for (int channel = 0; channel < sweep.sourceChannels(); channel++) {
      int from = srcAt + channel * channelStride;
      int to = dstAt + channel * plane();
      for (int row = 0; row < count; row++, to += pitch) {
        int y = first + row;
        if (y < 0 || y >= sweep.height().source()) {
          Arrays.fill(dst, to, to + pitch, 0f);
        } else {
          row(src, from + y * line, dst, to);
        }
      }
    }
  }

  private void row(float[] src, int srcAt, float[] dst, int dstAt) {
    Sweep.Axis width = sweep.width();
    int step = width.step();
    for (int p = 0, to = dstAt; p < step; p++, to += phase) {
      int x = width.origin() + p;
      int first = x < 0 ? (-x + step - 1) / step : 0;
      int past = Math.min(phase, Math.max(first, Math.floorDiv(width.source() - 1 - x, step) + 1));
      first = Math.min(first, past);
      Arrays.fill(dst, to, to + first, 0f);
      int from = srcAt + (x + first * step) * cellStride;
      if (step * cellStride == 1) {
        System.arraycopy(src, from, dst, to + first, past - first);
      } else {
        gather(src, from, step * cellStride, map, dst, to + first, past - first);
      }
      Arrays.fill(dst, to + past, to + phase, 0f);
    }
  }

  /// Copies every `step`-th number.
  private static void gather(
      float[] src, int at, int step, int[] map, float[] dst, int to, int count) {
    if (count < V) {
      for (int i = 0; i < count; i++) {
        dst[to + i] = src[at + i * step];
      }
      return;
    }
    for (int i = 0; i < count; i += V) {
      int first = Math.min(i, count - V);
      FloatVector.fromArray(F, src, at + first * step, map, 0).intoArray(dst, to + first);
    }
  }
}
