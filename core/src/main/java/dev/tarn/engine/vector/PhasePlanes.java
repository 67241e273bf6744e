package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.Frame;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// A sample of few channels as four planes for each channel: even rows' even columns, even rows'
/// odd columns, odd rows' even columns, odd rows' odd columns, with the convolution's padding.
///
/// The cells under one tap of neighbouring 2×2 windows of outputs are then neighbours in memory, in
/// a row and, with one gap for all, over the rows.
final class PhasePlanes {
  private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(F, i -> 2 * i % V);
  private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(F, i -> (2 * i + 1) % V);
  private static final VectorMask<Float> UPPER = F.indexInRange(-(V / 2), V / 2);

  private final ConvGeometry g;
  private final Padded padded;
  private final int rows;
  private final int cells;
  private final int pitch;
  private final int plane;

  PhasePlanes(ConvGeometry g) {
    this.g = g;
    this.padded = new Padded(g);
    this.cells = padded.line() / g.inChannels();
    this.rows = padded.size() / padded.line();
    this.pitch = (cells + 1) / 2;
    // Vectors of the last row reach over its end, when they are written as when they are read.
    this.plane = (rows + 1) / 2 * pitch + 2 * V;
  }

  /// Columns of a plane.
  int pitch() {
    return pitch;
  }

  /// Floats that [#fill] writes, those of a copy it needs included.
  int size() {
    return 4 * g.inChannels() * plane + padded.size() + 2 * V;
  }

  /// For every tap in the order of the weight, where the cells lie that it has in the four outputs
  /// of the first 2×2 window.
  int[] tapAt() {
    int kh = g.height().kernel();
    int kw = g.width().kernel();
    int[] at = new int[4 * g.inChannels() * kh * kw];
    for (int i = 0; i < at.length; i++) {
      int tap = i / 4;
      int y = tap / kw % kh + i % 4 / 2;
      int x = tap % kw + i % 2;
      int c = tap / kw / kh;
      at[i] = (4 * c + y % 2 * 2 + x % 2) * plane + y / 2 * pitch + x / 2;
    }
    return at;
  }

  /// Splits sample `sample` of `x`.
  void fill(Frame frame, Buffer x, int sample, float[] dst, int to) {
    int channels = g.inChannels();
    int copy = to + 4 * channels * plane;
    padded.fill(frame, x, sample, 0, dst, copy);
    for (int row = 0; row < rows; row++) {
      int s = copy + row * padded.line();
      int d = to + row % 2 * 2 * plane + row / 2 * pitch;
      if (channels == 1) {
        halves(dst, s, cells, d, d + plane);
      } else {
        for (int c = 0; c < channels; c++) {
          channel(dst, s + c, channels, d + 4 * c * plane);
        }
      }
    }
  }

  private void channel(float[] dst, int s, int step, int d) {
    for (int i = 0; i < cells; i++) {
      dst[d + i % 2 * plane + i / 2] = dst[s + i * step];
    }
  }

  private static void halves(float[] dst, int s, int cells, int even, int odd) {
    for (int i = 0; i < cells; i += 2 * V) {
      var a = FloatVector.fromArray(F, dst, s + i);
      var b = FloatVector.fromArray(F, dst, s + i + V);
      a.rearrange(EVEN).blend(b.rearrange(EVEN), UPPER).intoArray(dst, even + i / 2);
      a.rearrange(ODD).blend(b.rearrange(ODD), UPPER).intoArray(dst, odd + i / 2);
    }
  }
}
