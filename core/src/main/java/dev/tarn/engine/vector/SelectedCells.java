package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.Frame;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// The cells that 2×2 max pooling selected and whose gradient is not 0, told as places in the
/// convolution's input: where its filter begins that stands on the cell.
///
/// Lists of places are ints in an array of bytes, for kernels have no other working memory.
final class SelectedCells {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final Buffer grad;
  private final Buffer argmax;
  private final int filters;

  /// Where the filter begins that stands on the first cell of each window, in one sample.
  private final int[] windowAt;

  /// From there to the filter on each of the four cells.
  private final int[] cellAt;

  /// @param line floats from one row of the input to the next
  SelectedCells(PooledMaps maps, Buffer argmax, ConvGeometry g, int line) {
    this.grad = maps.y();
    this.argmax = argmax;
    this.filters = maps.channels();
    int cell = g.inChannels();
    this.cellAt = new int[] {0, cell, line, line + cell};
    this.windowAt = new int[maps.rows() * maps.columns()];
    for (int i = 0; i < windowAt.length; i++) {
      windowAt[i] = 2 * (i / maps.columns() * line + i % maps.columns() * cell);
    }
  }

  int windows() {
    return windowAt.length;
  }

  /// The pooled gradients.
  Buffer gradient() {
    return grad;
  }

  /// Where a window's filter begins if it stands on the given of its four cells.
  int at(int window, int cell) {
    return windowAt[window] + cellAt[cell];
  }

  /// Where the gradients of one sample begin, `[window][filter]`.
  int gradAt(int sample) {
    return grad.at() + sample * windowAt.length * filters;
  }

  static int place(byte[] list, int at, int i) {
    return (int) INT.get(list, at + 4 * i);
  }

  static long mask(byte[] masks, int at, int i) {
    return (long) LONG.get(masks, at + 8 * i);
  }

  /// 1 unless a gradient is 0 of either sign; no branch, which could not be predicted.
  private static int alive(float gradient) {
    int bits = Float.floatToRawIntBits(gradient) << 1;
    return (bits | -bits) >>> 31;
  }

  /// Lists what one filter selected in one sample, window after window, behind the `count` entries
  /// there are, and adds the gradients to `arena[sumAt]`.
  ///
  /// @param first where the sample begins
  /// @return how many entries there are now
  int list(
      Frame frame,
      int sample,
      int filter,
      int first,
      int count,
      int placesAt,
      int gradsAt,
      int sumAt) {
    int from = sample * windowAt.length * filters + filter;
    return list(
        frame.array(grad),
        grad.at() + from,
        argmax.at() + from,
        filters,
        windowAt,
        cellAt,
        first,
        count,
        frame.bytes(),
        placesAt,
        frame.arena(),
        gradsAt,
        sumAt);
  }

  private static int list(
      float[] grad,
      int from,
      int argmaxFrom,
      int filters,
      int[] windowAt,
      int[] cellAt,
      int first,
      int count,
      byte[] bytes,
      int placesAt,
      float[] arena,
      int gradsAt,
      int sumAt) {
    float sum = 0f;
    int n = count;
    for (int i = 0; i < windowAt.length; i++) {
      float g = grad[from + i * filters];
      int cell = bytes[argmaxFrom + i * filters];
      INT.set(bytes, placesAt + 4 * n, first + windowAt[i] + cellAt[cell]);
      arena[gradsAt + n] = g;
      sum += g;
      n += alive(g);
    }
    arena[sumAt] += sum;
    return n;
  }

  /// Longs that [#masks] writes: 64 filters each.
  int words() {
    return windowAt.length * 4 * parts();
  }

  /// Longs for each cell of a window.
  int parts() {
    return (filters + 63) / 64;
  }

  /// Writes, for each window and each of its cells, which filters selected it: `[window][cell]
  /// [part]`, a bit for each filter.
  void masks(Frame frame, int sample, int to) {
    int from = sample * windowAt.length * filters;
    byte[] bytes = frame.bytes();
    int parts = parts();
    for (int i = 0; i < windowAt.length; i++) {
      for (int p = 0; p < parts; p++) {
        int first = from + i * filters + 64 * p;
        int count = Math.min(64, filters - 64 * p);
        masks(
            frame.array(grad),
            grad.at() + first,
            bytes,
            argmax.at() + first,
            count,
            to + 8 * (4 * i * parts + p),
            8 * parts);
      }
    }
  }

  private static void masks(
      float[] grad, int gradAt, byte[] bytes, int argmaxAt, int count, int to, int step) {
    long low = 0;
    long high = 0;
    long any = 0;
    for (int k = 0; k < count; k++) {
      long cell = bytes[argmaxAt + k];
      low |= (cell & 1) << k;
      high |= (cell >>> 1) << k;
      any |= (long) alive(grad[gradAt + k]) << k;
    }
    LONG.set(bytes, to, any & ~low & ~high);
    LONG.set(bytes, to + step, any & low & ~high);
    LONG.set(bytes, to + 2 * step, any & high & ~low);
    LONG.set(bytes, to + 3 * step, any & low & high);
  }

  /// Moves `n` floats to `y` from the places that `from` names in `x`.
  static void gather(float[] x, int xAt, int[] from, int first, int n, float[] y, int yAt) {
    int i = 0;
    for (; i < n - V + 1; i += V) {
      FloatVector.fromArray(F, x, xAt, from, first + i).intoArray(y, yAt + i);
    }
    for (; i < n; i++) {
      y[yAt + i] = x[xAt + from[first + i]];
    }
  }
}
