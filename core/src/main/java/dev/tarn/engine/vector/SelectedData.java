package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The gradient by data, of [ConvPoolGradients]: sample by sample.
///
/// Lanes run over one row of taps, (column, channel). For every cell, the rows of those filters
/// that selected it are added up in registers and then, once, to the rows of the gradient under the
/// filter. A row of taps, or three, is done at a time over the whole sample, so that these rows of
/// all filters are found in the nearer caches.
final class SelectedData {
  private static final int MOST_BLOCKS = 32;

  /// Vectors of a row that a tile keeps in registers.
  private static final int TILE = 7;

  /// Rows of taps of such tiles at a time, where there are registers for 21 sums.
  private static final int ROWS = V == 16 ? 3 : 1;

  private final ConvProblem.BackwardData problem;
  private final @Nullable Buffer mask;
  private final SelectedCells cells;
  private final ConvGeometry g;
  private final Padded padded;
  private final int line;
  private final int row;
  private final int vectors;
  private final int chunks;
  private final int[] order;
  private final Buffer packed;
  private final Buffer masks;
  private final Buffer work;

  /// @param mask values by which ReLU stops the result, or null
  SelectedData(
      ConvProblem.BackwardData problem,
      @Nullable Buffer mask,
      SelectedCells cells,
      Padded padded,
      int line) {
    this.problem = problem;
    this.mask = mask;
    this.cells = cells;
    this.g = problem.geometry();
    this.padded = padded;
    this.line = line;
    this.row = g.width().kernel() * g.inChannels();
    this.vectors = (row + V - 1) / V;
    this.chunks = (vectors + TILE - 1) / TILE;
    this.order = new int[g.taps() * g.inChannels()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i % g.inChannels() * g.taps() + i / g.inChannels();
    }
    this.packed = Buffer.scratch(Space.ARENA, "rows of taps", g.weightSize());
    this.masks = Buffer.scratch(Space.BYTES, "selected", 8L * MOST_BLOCKS * cells.words());
    long copies = padded.needed() ? (long) MOST_BLOCKS * padded.size() : 0;
    this.work = Buffer.scratch(Space.ARENA, "padded gradients", copies);
  }

  List<Buffer> scratch() {
    return padded.needed() ? List.of(packed, masks, work) : List.of(packed, masks);
  }

  /// Brings one filter into the order `[row][filter][column][channel]`.
  void pack(Frame frame, int filter) {
    Buffer w = problem.w();
    for (int ky = 0; ky < g.height().kernel(); ky++) {
      SelectedCells.gather(
          frame.array(w),
          w.at() + filter * order.length,
          order,
          ky * row,
          row,
          frame.arena(),
          packed.at() + (ky * g.outChannels() + filter) * row);
    }
  }

  int blocks(int batch) {
    return Math.min(batch, MOST_BLOCKS);
  }

  void run(Frame frame, int block) {
    int batch = frame.batch();
    int past = (int) ((block + 1L) * batch / blocks(batch));
    int masksAt = masks.at() + 8 * block * cells.words();
    int size = g.inPositions() * g.inChannels();
    Buffer gradX = problem.gradX();
    float[] to = frame.array(gradX);
    for (int n = (int) ((long) block * batch / blocks(batch)); n < past; n++) {
      cells.masks(frame, n, masksAt);
      int at = gradX.at() + n * size;
      if (padded.needed()) {
        int from = work.at() + block * padded.size();
        Arrays.fill(frame.arena(), from, from + padded.size(), 0f);
        sample(frame, n, masksAt, frame.arena(), from);
        padded.take(frame.arena(), from, to, at);
      } else {
        Arrays.fill(to, at, at + size, 0f);
        sample(frame, n, masksAt, to, at);
      }
      if (mask != null) {
        Pointwise.reluGradient(frame.array(mask), mask.at() + n * size, size, to, at);
      }
    }
  }

  private void sample(Frame frame, int sample, int masksAt, float[] to, int at) {
    int rows = g.height().kernel();
    int filters = g.outChannels();
    for (int c = 0; c < chunks; c++) {
      int first = c * vectors / chunks;
      int count = (c + 1) * vectors / chunks - first;
      int last = Math.min((count - 1) * V, row - V - first * V);
      for (int ky = 0; ky < rows; ) {
        int w = packed.at() + ky * filters * row + first * V;
        int d = at + ky * line + first * V;
        int done = count == TILE ? Math.min(ROWS, rows - ky) : 1;
        rows(frame, sample, masksAt, w, done, count, last, to, d);
        ky += done;
      }
    }
  }

  /// Adds rows of taps of all filters at all cells of a sample.
  private void rows(
      Frame frame,
      int sample,
      int masksAt,
      int w,
      int tall,
      int count,
      int last,
      float[] to,
      int at) {
    int filters = g.outChannels();
    int parts = cells.parts();
    float[] arena = frame.arena();
    float[] grad = frame.array(cells.gradient());
    int next = filters * row;
    for (int i = 0; i < cells.windows() * 4 * parts; i++) {
      long bits = SelectedCells.mask(frame.bytes(), masksAt, i);
      if (bits == 0) {
        continue;
      }
      int window = i / (4 * parts);
      int first = i % parts * 64;
      int gradAt = cells.gradAt(sample) + window * filters + first;
      int d = at + cells.at(window, i / parts % 4);
      int from = w + first * row;
      if (tall == 3) {
        sevenThrice(bits, grad, gradAt, arena, from, row, last, next, to, d, line);
      } else if (tall == 2) {
        sevenTwice(bits, grad, gradAt, arena, from, row, last, next, to, d, line);
      } else {
        switch (count) {
          case 7 -> seven(bits, grad, gradAt, arena, from, row, last, to, d);
          case 6 -> six(bits, grad, gradAt, arena, from, row, last, to, d);
          case 5 -> five(bits, grad, gradAt, arena, from, row, last, to, d);
          default -> four(bits, grad, gradAt, arena, from, row, last, to, d);
        }
      }
    }
  }

  /// Adds, for the filters that `bits` names, three rows of seven vectors, `next` behind each
  /// other, to three rows of the result. The last vector begins `last` behind the first, so that it
  /// ends with the row. All vectors of a row are read before any is written, so what two of them
  /// have in common is added once.
  private static void sevenThrice(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      int next,
      float[] to,
      int at,
      int line) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var t0 = s0;
    var t1 = s0;
    var t2 = s0;
    var t3 = s0;
    var t4 = s0;
    var t5 = s0;
    var t6 = s0;
    var u0 = s0;
    var u1 = s0;
    var u2 = s0;
    var u3 = s0;
    var u4 = s0;
    var u5 = s0;
    var u6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
      int q = p + next;
      t0 = g.fma(FloatVector.fromArray(F, w, q), t0);
      t1 = g.fma(FloatVector.fromArray(F, w, q + V), t1);
      t2 = g.fma(FloatVector.fromArray(F, w, q + 2 * V), t2);
      t3 = g.fma(FloatVector.fromArray(F, w, q + 3 * V), t3);
      t4 = g.fma(FloatVector.fromArray(F, w, q + 4 * V), t4);
      t5 = g.fma(FloatVector.fromArray(F, w, q + 5 * V), t5);
      t6 = g.fma(FloatVector.fromArray(F, w, q + last), t6);
      int r = q + next;
      u0 = g.fma(FloatVector.fromArray(F, w, r), u0);
      u1 = g.fma(FloatVector.fromArray(F, w, r + V), u1);
      u2 = g.fma(FloatVector.fromArray(F, w, r + 2 * V), u2);
      u3 = g.fma(FloatVector.fromArray(F, w, r + 3 * V), u3);
      u4 = g.fma(FloatVector.fromArray(F, w, r + 4 * V), u4);
      u5 = g.fma(FloatVector.fromArray(F, w, r + 5 * V), u5);
      u6 = g.fma(FloatVector.fromArray(F, w, r + last), u6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
    int under = at + line;
    t0 = t0.add(FloatVector.fromArray(F, to, under));
    t1 = t1.add(FloatVector.fromArray(F, to, under + V));
    t2 = t2.add(FloatVector.fromArray(F, to, under + 2 * V));
    t3 = t3.add(FloatVector.fromArray(F, to, under + 3 * V));
    t4 = t4.add(FloatVector.fromArray(F, to, under + 4 * V));
    t5 = t5.add(FloatVector.fromArray(F, to, under + 5 * V));
    t6 = t6.add(FloatVector.fromArray(F, to, under + last));
    t0.intoArray(to, under);
    t1.intoArray(to, under + V);
    t2.intoArray(to, under + 2 * V);
    t3.intoArray(to, under + 3 * V);
    t4.intoArray(to, under + 4 * V);
    t5.intoArray(to, under + 5 * V);
    t6.intoArray(to, under + last);
    int below = under + line;
    u0 = u0.add(FloatVector.fromArray(F, to, below));
    u1 = u1.add(FloatVector.fromArray(F, to, below + V));
    u2 = u2.add(FloatVector.fromArray(F, to, below + 2 * V));
    u3 = u3.add(FloatVector.fromArray(F, to, below + 3 * V));
    u4 = u4.add(FloatVector.fromArray(F, to, below + 4 * V));
    u5 = u5.add(FloatVector.fromArray(F, to, below + 5 * V));
    u6 = u6.add(FloatVector.fromArray(F, to, below + last));
    u0.intoArray(to, below);
    u1.intoArray(to, below + V);
    u2.intoArray(to, below + 2 * V);
    u3.intoArray(to, below + 3 * V);
    u4.intoArray(to, below + 4 * V);
    u5.intoArray(to, below + 5 * V);
    u6.intoArray(to, below + last);
  }

  /// The same with two rows.
  private static void sevenTwice(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      int next,
      float[] to,
      int at,
      int line) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    var t0 = s0;
    var t1 = s0;
    var t2 = s0;
    var t3 = s0;
    var t4 = s0;
    var t5 = s0;
    var t6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
      int q = p + next;
      t0 = g.fma(FloatVector.fromArray(F, w, q), t0);
      t1 = g.fma(FloatVector.fromArray(F, w, q + V), t1);
      t2 = g.fma(FloatVector.fromArray(F, w, q + 2 * V), t2);
      t3 = g.fma(FloatVector.fromArray(F, w, q + 3 * V), t3);
      t4 = g.fma(FloatVector.fromArray(F, w, q + 4 * V), t4);
      t5 = g.fma(FloatVector.fromArray(F, w, q + 5 * V), t5);
      t6 = g.fma(FloatVector.fromArray(F, w, q + last), t6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
    int under = at + line;
    t0 = t0.add(FloatVector.fromArray(F, to, under));
    t1 = t1.add(FloatVector.fromArray(F, to, under + V));
    t2 = t2.add(FloatVector.fromArray(F, to, under + 2 * V));
    t3 = t3.add(FloatVector.fromArray(F, to, under + 3 * V));
    t4 = t4.add(FloatVector.fromArray(F, to, under + 4 * V));
    t5 = t5.add(FloatVector.fromArray(F, to, under + 5 * V));
    t6 = t6.add(FloatVector.fromArray(F, to, under + last));
    t0.intoArray(to, under);
    t1.intoArray(to, under + V);
    t2.intoArray(to, under + 2 * V);
    t3.intoArray(to, under + 3 * V);
    t4.intoArray(to, under + 4 * V);
    t5.intoArray(to, under + 5 * V);
    t6.intoArray(to, under + last);
  }

  /// The same with one row.
  private static void seven(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, w, p + last), s6);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + 5 * V);
    s6.intoArray(to, at + last);
  }

  /// The same with six vectors.
  private static void six(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, w, p + last), s5);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + 4 * V);
    s5.intoArray(to, at + last);
  }

  /// The same with five vectors.
  private static void five(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, w, p + last), s4);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + V));
    s2 = s2.add(FloatVector.fromArray(F, to, at + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, to, at + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + V);
    s2.intoArray(to, at + 2 * V);
    s3.intoArray(to, at + 3 * V);
    s4.intoArray(to, at + last);
  }

  /// The same with four vectors or fewer, the last of which are the same.
  private static void four(
      long bits,
      float[] grad,
      int gradAt,
      float[] w,
      int wAt,
      int row,
      int last,
      float[] to,
      int at) {
    int o1 = Math.min(V, last);
    int o2 = Math.min(2 * V, last);
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (long left = bits; left != 0; left &= left - 1) {
      int k = Long.numberOfTrailingZeros(left);
      int p = wAt + k * row;
      var g = FloatVector.broadcast(F, grad[gradAt + k]);
      s0 = g.fma(FloatVector.fromArray(F, w, p), s0);
      s1 = g.fma(FloatVector.fromArray(F, w, p + o1), s1);
      s2 = g.fma(FloatVector.fromArray(F, w, p + o2), s2);
      s3 = g.fma(FloatVector.fromArray(F, w, p + last), s3);
    }
    s0 = s0.add(FloatVector.fromArray(F, to, at));
    s1 = s1.add(FloatVector.fromArray(F, to, at + o1));
    s2 = s2.add(FloatVector.fromArray(F, to, at + o2));
    s3 = s3.add(FloatVector.fromArray(F, to, at + last));
    s0.intoArray(to, at);
    s1.intoArray(to, at + o1);
    s2.intoArray(to, at + o2);
    s3.intoArray(to, at + last);
  }
}
