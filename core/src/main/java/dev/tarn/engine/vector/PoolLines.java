package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.tensor.Spans;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Rows of a plane, channels first, in the form that kernels whose lanes are neighbouring outputs
/// need: with a stride of `s`, the columns 0, s, 2s, … of the padded rows, then 1, s + 1, …: their
/// phases. So the cells under one tap of neighbouring outputs are neighbours, at any stride,
/// dilation and padding, and no output is a special case.
///
/// Padding is filled once; making lines writes cells of the input alone. Without padding, and if
/// the stride divides the row, lines lie end to end like the rows, so that a whole plane is one
/// sweep and short rows cost nothing.
final class PoolLines {
  private static final IntVector EVEN = IntVector.broadcast(I, 0).addIndex(2);
  private static final IntVector ODD = EVEN.add(1);
  private static final IntVector LOWER = interleaving(0);
  private static final IntVector UPPER = interleaving(V / 2);

  private final int cells;
  private final int before;
  private final int stride;
  private final boolean dense;
  private final int pitch;
  private final int phase;
  private final int[] tapAt;

  /// @param rows how many lines there are at most
  PoolLines(Spans width, int rows) {
    this.cells = width.inputs();
    this.before = width.before();
    this.stride = stride(width);
    this.dense = before == 0 && cells % stride == 0 && width.unclipped();
    this.pitch = dense ? cells / stride : Math.toIntExact(size(width) / stride);
    // Vectors may begin at the last cell of the last line.
    this.phase = rows * pitch + V;
    this.tapAt = new int[width.kernel()];
    for (int t = 0; t < tapAt.length; t++) {
      tapAt[t] = at(t * width.step());
    }
  }

  private static int stride(Spans width) {
    return width.outputs() == 1 ? 1 : width.stride();
  }

  private static IntVector interleaving(int first) {
    int[] index = new int[V];
    Arrays.setAll(index, i -> first + i / 2 + (i % 2) * V);
    return IntVector.fromArray(I, index, 0);
  }

  /// Floats of one line, padding included.
  static long size(Spans width) {
    long stride = stride(width);
    long reach = (width.kernel() - 1L) * width.step() / stride;
    long cells = ((long) width.before() + width.inputs()) / stride + 1;
    return stride * Math.max(width.outputs() + V + reach, cells);
  }

  /// Floats of all lines.
  int size() {
    return Math.multiplyExact(stride, phase);
  }

  /// How far neighbouring lines are apart.
  int pitch() {
    return pitch;
  }

  /// Whether padding has to be filled.
  boolean padded() {
    return !dense;
  }

  /// Where, in the first line, the cell under a tap of output 0 lies; that of the next output is
  /// next to it.
  int tapAt(int tap) {
    return tapAt[tap];
  }

  /// Where a cell of the padded row lies.
  private int at(int padded) {
    return padded % stride * phase + padded / stride;
  }

  /// Makes lines of neighbouring rows.
  ///
  /// @param sign what values are multiplied by
  void comb(float[] xs, int xAt, int rows, float[] to, int toAt, float sign) {
    if (dense) {
      comb(xs, xAt, 1, rows * cells, to, toAt, sign);
    } else {
      comb(xs, xAt, rows, cells, to, toAt, sign);
    }
  }

  private void comb(float[] xs, int xAt, int rows, int length, float[] to, int toAt, float sign) {
    if (stride == 1) {
      copy(xs, xAt, rows, length, to, toAt + before, pitch, sign);
    } else if (stride == 2) {
      int even = toAt + at(before);
      int odd = toAt + at(before + 1);
      int whole = length / (2 * V) * V;
      if (whole > 0) {
        comb(xs, xAt, rows, length, whole, to, even, odd, pitch, sign);
      }
      if (2 * whole < length) {
        int at = xAt + 2 * whole;
        int left = length - 2 * whole;
        combLast(xs, at, rows, length, left, to, even + whole, odd + whole, pitch, sign);
      }
    } else {
      for (int r = 0; r < stride; r++) {
        int out = toAt + at(before + r);
        for (int row = 0; row < rows; row++, out += pitch) {
          for (int i = r, j = out; i < length; i += stride, j++) {
            to[j] = xs[xAt + row * length + i] * sign;
          }
        }
      }
    }
  }

  private static void copy(
      float[] xs, int xAt, int rows, int cells, float[] to, int toAt, int line, float sign) {
    for (int row = 0; row < rows; row++) {
      int in = xAt + row * cells;
      int out = toAt + row * line;
      for (int i = 0; i < cells; i++) {
        to[out + i] = xs[in + i] * sign;
      }
    }
  }

  private static void comb(
      float[] xs,
      int xAt,
      int rows,
      int cells,
      int whole,
      float[] to,
      int even,
      int odd,
      int line,
      float sign) {
    for (int row = 0; row < rows; row++) {
      int in = xAt + row * cells;
      int out = row * line;
      for (int i = 0; i < whole; i += V) {
        var a = FloatVector.fromArray(F, xs, in + 2 * i).mul(sign);
        var b = FloatVector.fromArray(F, xs, in + 2 * i + V).mul(sign);
        select(EVEN, a, b).intoArray(to, even + out + i);
        select(ODD, a, b).intoArray(to, odd + out + i);
      }
    }
  }

  /// The last cells of each row, fewer than two vectors.
  private static void combLast(
      float[] xs,
      int xAt,
      int rows,
      int cells,
      int left,
      float[] to,
      int even,
      int odd,
      int line,
      float sign) {
    var first = F.indexInRange(0, left);
    var second = F.indexInRange(V, left);
    var evens = F.indexInRange(0, (left + 1) / 2);
    var odds = F.indexInRange(0, left / 2);
    for (int row = 0; row < rows; row++) {
      int in = xAt + row * cells;
      int out = row * line;
      var a = FloatVector.fromArray(F, xs, in, first).mul(sign);
      var b = FloatVector.fromArray(F, xs, in + V, second).mul(sign);
      select(EVEN, a, b).intoArray(to, even + out, evens);
      select(ODD, a, b).intoArray(to, odd + out, odds);
    }
  }

  /// Makes neighbouring rows of cells of their lines.
  void zip(float[] from, int fromAt, int rows, float[] to, int toAt) {
    if (dense) {
      zip(from, fromAt, to, toAt, rows * cells);
    } else {
      for (int row = 0; row < rows; row++) {
        zip(from, fromAt + row * pitch, to, toAt + row * cells, cells);
      }
    }
  }

  private void zip(float[] from, int fromAt, float[] to, int toAt, int length) {
    if (stride == 1) {
      System.arraycopy(from, fromAt + before, to, toAt, length);
    } else if (stride == 2) {
      zip(from, fromAt + at(before), fromAt + at(before + 1), to, toAt, length);
    } else {
      for (int r = 0; r < stride; r++) {
        for (int i = r, j = fromAt + at(before + r); i < length; i += stride, j++) {
          to[toAt + i] = from[j];
        }
      }
    }
  }

  private static void zip(float[] from, int even, int odd, float[] to, int toAt, int cells) {
    int whole = cells / (2 * V) * V;
    for (int i = 0; i < whole; i += V) {
      var a = FloatVector.fromArray(F, from, even + i);
      var b = FloatVector.fromArray(F, from, odd + i);
      select(LOWER, a, b).intoArray(to, toAt + 2 * i);
      select(UPPER, a, b).intoArray(to, toAt + 2 * i + V);
    }
    int left = cells - 2 * whole;
    if (left > 0) {
      var a = FloatVector.fromArray(F, from, even + whole, F.indexInRange(0, (left + 1) / 2));
      var b = FloatVector.fromArray(F, from, odd + whole, F.indexInRange(0, left / 2));
      int at = toAt + 2 * whole;
      select(LOWER, a, b).intoArray(to, at, F.indexInRange(0, left));
      select(UPPER, a, b).intoArray(to, at + V, F.indexInRange(V, left));
    }
  }

  /// The chosen lanes of two vectors; those of the second have numbers from `V` on.
  private static FloatVector select(IntVector index, FloatVector a, FloatVector b) {
    return index.selectFrom(a.reinterpretAsInts(), b.reinterpretAsInts()).reinterpretAsFloats();
  }
}
