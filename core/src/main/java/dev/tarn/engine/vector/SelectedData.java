package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
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
        SelectedDataTile.sevenThrice(bits, grad, gradAt, arena, from, row, last, next, to, d, line);
      } else if (tall == 2) {
        SelectedDataTile.sevenTwice(bits, grad, gradAt, arena, from, row, last, next, to, d, line);
      } else {
        switch (count) {
          case 7 -> SelectedDataTile.seven(bits, grad, gradAt, arena, from, row, last, to, d);
          case 6 -> SelectedDataTile.six(bits, grad, gradAt, arena, from, row, last, to, d);
          case 5 -> SelectedDataTile.five(bits, grad, gradAt, arena, from, row, last, to, d);
          default -> SelectedDataTile.four(bits, grad, gradAt, arena, from, row, last, to, d);
        }
      }
    }
  }
}
