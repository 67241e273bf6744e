package dev.tarn.engine.vector;

import java.util.Arrays;

/// A copy of a band of the source, one plane per channel and zeros where the filter leaves it, so
/// that the cells under one tap and neighbouring results are neighbours in memory.
///
/// With a step of `s`, a row holds the columns 0, s, 2s, …, then 1, s + 1, …: its phases. The copy
/// is made once for all taps; it is what convolution by matrix multiplication needs instead of the
/// matrix itself (im2col), which is as many times larger as the filter has taps.
final class Planar {
  private final Sweep sweep;
  private final int samples;
  private final int rows;
  private final int pitch;
  private final int[] columnAt;

  /// @param samples of one band
  /// @param results rows of the result that one band makes
  Planar(Sweep sweep, int samples, int results) {
    this.sweep = sweep;
    this.samples = samples;
    this.rows = sweep.height().cells(results);
    int cells = sweep.width().cells(sweep.width().result());
    int step = sweep.width().step();
    int phase = (cells + step - 1) / step;
    this.pitch = phase * step;
    this.columnAt = new int[cells];
    for (int c = 0; c < cells; c++) {
      columnAt[c] = c % step * phase + c / step;
    }
  }

  /// Floats of one channel.
  int plane() {
    return samples * rows * pitch;
  }

  /// Floats of the whole copy.
  long size() {
    return (long) plane() * sweep.sourceChannels();
  }

  /// Where the cell under the first tap of each result lies in its plane: samples, rows, columns.
  int[] resultAt(int results) {
    int width = sweep.width().result();
    int[] at = new int[samples * results * width];
    for (int i = 0; i < at.length; i++) {
      int x = i % width;
      int y = i / width % results;
      int sample = i / width / results;
      at[i] = (sample * rows + y * sweep.height().step()) * pitch + x;
    }
    return at;
  }

  /// How far from there the cell of each product lies, in the order of the weight.
  int[] productAt() {
    int kh = sweep.height().kernel();
    int kw = sweep.width().kernel();
    int[] at = new int[sweep.depth()];
    for (int i = 0; i < at.length; i++) {
      int kx = i % kw;
      int ky = i / kw % kh;
      if (sweep.gradient()) {
        kx = kw - 1 - kx;
        ky = kh - 1 - ky;
      }
      at[i] =
          i / kw / kh * plane()
              + ky * sweep.height().dilation() * pitch
              + columnAt[kx * sweep.width().dilation()];
    }
    return at;
  }

  /// Fills the copy of one group from `count` samples that begin at `src[srcAt]`.
  ///
  /// @param firstRow of the result in this band
  void fill(float[] src, int srcAt, int group, int count, int firstRow, float[] dst, int dstAt) {
    Sweep.Axis height = sweep.height();
    int channels = sweep.sourceChannels();
    int stride = channels * sweep.groups();
    int line = sweep.width().source() * stride;
    boolean sparse = sweep.width().padded() || sweep.width().spread() > 1;
    for (int sample = 0; sample < count; sample++) {
      for (int row = 0; row < rows; row++) {
        int to = dstAt + (sample * rows + row) * pitch;
        int cell = height.origin() + firstRow * height.step() + row;
        boolean inside =
            cell >= 0 && cell % height.spread() == 0 && cell / height.spread() < height.source();
        if (!inside || sparse) {
          for (int c = 0; c < channels; c++) {
            Arrays.fill(dst, to + c * plane(), to + c * plane() + pitch, 0f);
          }
        }
        if (inside) {
          int y = sample * height.source() + cell / height.spread();
          row(src, srcAt + y * line + group * channels, stride, dst, to);
        }
      }
    }
  }

  /// Copies one row of cells into the rows of all planes.
  private void row(float[] src, int srcAt, int stride, float[] dst, int dstAt) {
    Sweep.Axis width = sweep.width();
    int channels = sweep.sourceChannels();
    int plane = plane();
    int spread = width.spread();
    int first = width.origin() > 0 ? (width.origin() + spread - 1) / spread : 0;
    int past = Math.floorDiv(width.origin() + columnAt.length - 1, spread) + 1;
    past = Math.min(past, width.source());
    if (stride == 1 && spread == 1 && width.step() == 1) {
      int count = Math.max(0, past - first);
      System.arraycopy(src, srcAt + first, dst, dstAt + first - width.origin(), count);
      return;
    }
    // Sixteen channels at a time: sixteen lines that are written stay in the first-level cache.
    for (int c0 = 0; c0 < channels; c0 += 16) {
      int c1 = Math.min(channels, c0 + 16);
      for (int x = first; x < past; x++) {
        int s = srcAt + x * stride;
        int d = dstAt + columnAt[x * spread - width.origin()];
        for (int c = c0; c < c1; c++) {
          dst[d + c * plane] = src[s + c];
        }
      }
    }
  }
}
