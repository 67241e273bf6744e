package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.Frame;
import dev.tarn.tensor.Spans;
import java.util.Arrays;

/// Copies of single samples of a convolution's input, channels last, with the zeros around them
/// that the filter reaches.
final class Padded {
  private final ConvGeometry g;
  private final int rows;
  private final int cells;
  private final int stride;
  private final int extent;

  Padded(ConvGeometry geometry) {
    this.g = geometry;
    this.rows = reach(g.height());
    this.cells = reach(g.width());
    this.stride = g.height().outputs() == 1 ? 0 : g.height().stride();
    this.extent = (g.height().kernel() - 1) * g.height().step() + 1;
  }

  /// Cells from the first to the last that the filter reaches.
  private static int reach(Spans s) {
    return (s.outputs() == 1 ? 0 : (s.outputs() - 1) * s.stride())
        + (s.kernel() - 1) * s.step()
        + 1;
  }

  /// Whether the filter leaves the input, so that a copy is needed.
  boolean needed() {
    return g.height().before() > 0
        || g.width().before() > 0
        || rows > g.height().inputs()
        || cells > g.width().inputs();
  }

  /// Floats of one row of a copy.
  int line() {
    return cells * g.groupIn();
  }

  /// Floats of one copy.
  int size() {
    return rows * line();
  }

  /// Rows of a copy under the filter at some neighbouring rows of results.
  int rows(int results) {
    return Math.min(rows, (results - 1) * stride + extent);
  }

  /// The first row of a copy that the filter reaches at a row of results.
  int first(int result) {
    return result * stride;
  }

  /// Copies one group of a sample to `to`.
  void fill(Frame frame, Buffer x, int sample, int group, float[] dst, int to) {
    fill(frame, x, sample, group, 0, rows, dst, to);
  }

  /// Copies `count` rows of one group of a sample, from row `first` of a whole copy on, to `to`.
  void fill(
      Frame frame, Buffer x, int sample, int group, int first, int count, float[] dst, int to) {
    Arrays.fill(dst, to, to + count * line(), 0f);
    int channels = g.groupIn();
    int left = g.width().before();
    int width = Math.min(g.width().inputs(), cells - left);
    int line = g.width().inputs() * g.inChannels();
    int from = x.at() + sample * g.height().inputs() * line + group * channels;
    float[] src = frame.array(x);
    for (int row = 0; row < count; row++) {
      int y = first + row - g.height().before();
      if (y < 0 || y >= g.height().inputs()) {
        continue;
      }
      int s = from + y * line;
      int d = to + row * line() + left * channels;
      if (g.groups() == 1) {
        System.arraycopy(src, s, dst, d, Math.max(0, width) * channels);
      } else {
        for (int i = 0; i < width; i++) {
          System.arraycopy(src, s + i * g.inChannels(), dst, d + i * channels, channels);
        }
      }
    }
  }

  /// The inverse of [#fill] for one group: writes the cells of a whole sample from its copy, and 0
  /// where the filter reaches none.
  void take(float[] copy, int at, float[] dst, int to) {
    int line = g.width().inputs() * g.inChannels();
    int width = Math.min(g.width().inputs(), cells - g.width().before()) * g.inChannels();
    Arrays.fill(dst, to, to + g.height().inputs() * line, 0f);
    for (int y = 0; y < Math.min(g.height().inputs(), rows - g.height().before()); y++) {
      int from = at + (y + g.height().before()) * line() + g.width().before() * g.inChannels();
      System.arraycopy(copy, from, dst, to + y * line, Math.max(0, width));
    }
  }
}
