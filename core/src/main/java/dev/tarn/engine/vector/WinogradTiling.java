package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// A 5×5 convolution's gradients cut into tiles of 2×2 results: the sizes, and the copies and
/// transforms that the gradients by data and by weights share.
///
/// Where a tile reaches over a border, what lies beyond is 0. Channels are padded to whole vectors.
///
/// @param inChannels of `x`
/// @param outChannels of `y`
/// @param inRows of `x`
/// @param inColumns of `x`
/// @param top rows of padding before `x`
/// @param left columns of padding before `x`
/// @param outRows of `y`
/// @param outColumns of `y`
record WinogradTiling(
    int inChannels,
    int outChannels,
    int inRows,
    int inColumns,
    int top,
    int left,
    int outRows,
    int outColumns) {
  static final int POINTS = 6;
  static final int PRODUCTS = POINTS * POINTS;
  private static final int LEAST_CHANNELS = 16;
  private static final int MOST_CHANNELS = 128;
  private static final int MOST_RESULTS = 1 << 10;

  /// The tiling of the convolution whose gradient by data a sweep is.
  static WinogradTiling ofGradient(Sweep s) {
    return new WinogradTiling(
        s.resultChannels(),
        s.sourceChannels(),
        s.height().result(),
        s.width().result(),
        s.height().origin() + s.height().kernel() - 1,
        s.width().origin() + s.width().kernel() - 1,
        s.height().source(),
        s.width().source());
  }

  /// Why these sizes are not for tiles, or null.
  @Nullable String refusal() {
    int least = Math.min(inChannels, outChannels);
    int most = Math.max(inChannels, outChannels);
    if (least < LEAST_CHANNELS || most > MOST_CHANNELS) {
      return "%d to %d channels, needs %d to %d each"
          .formatted(inChannels, outChannels, LEAST_CHANNELS, MOST_CHANNELS);
    }
    return outRows * (long) outColumns > MOST_RESULTS ? "maps too large for the cache" : null;
  }

  static void refuse(List<String> refusals, String why) {
    refusals.add("winograd gradient: " + why);
  }

  private static int padded(int channels) {
    return (channels + V - 1) / V * V;
  }

  /// Floats of one cell of `x`.
  int in() {
    return padded(inChannels);
  }

  /// Floats of one cell of `y`.
  int out() {
    return padded(outChannels);
  }

  private int tileColumns() {
    return (outColumns + 1) / 2;
  }

  /// Tiles of one sample.
  int tiles() {
    return (outRows + 1) / 2 * tileColumns();
  }

  /// Floats of one row of a copy of `x`.
  int line() {
    return (2 * tileColumns() + POINTS - 2) * in();
  }

  /// Floats of a copy of one sample of `x`.
  int cellsSize() {
    return ((outRows + 1) / 2 * 2 + POINTS - 2) * line();
  }

  private int gradLine() {
    return 2 * tileColumns() * out();
  }

  /// Floats of a copy of one sample of `y`.
  int gradSize() {
    return (outRows + 1) / 2 * 2 * gradLine();
  }

  /// Floats of one half-transformed tile of cells, and one row more.
  int halfSize() {
    return (PRODUCTS + POINTS) * in();
  }

  /// From one point to the next where each has `tiles` tiles of `cell` floats: a cache line more
  /// than they take, for at multiples of 4 KiB the 36 numbers of a tile would push each other out
  /// of the first-level cache.
  static int step(int tiles, int cell) {
    return tiles * cell + 16;
  }

  /// Where, in a copy of `x`, a tile begins.
  int tileAt(int tile) {
    return tile / tileColumns() * 2 * line() + tile % tileColumns() * 2 * in();
  }

  /// Copies a sample of `x`.
  void copyCells(float[] x, int at, float[] dst, int to) {
    Arrays.fill(dst, to, to + cellsSize(), 0f);
    int columns = Math.min(inColumns, line() / in() - left);
    int rows = Math.min(inRows, cellsSize() / line() - top);
    for (int y = Math.max(0, -top); y < rows; y++) {
      int row = to + (y + top) * line();
      int x0 = Math.max(0, -left);
      int from = at + (y * inColumns + x0) * inChannels;
      copy(x, from, inChannels, dst, row + (x0 + left) * in(), in(), columns - x0);
    }
  }

  /// Adds up what was laid into a copy of `x`, back into a sample.
  void copyBack(float[] src, int from, float[] x, int at) {
    for (int y = 0; y < inRows; y++) {
      for (int column = 0; column < inColumns; column++) {
        int row = y + top;
        int cell = column + left;
        int to = at + (y * inColumns + column) * inChannels;
        boolean inside =
            row >= 0 && row < cellsSize() / line() && cell >= 0 && cell < line() / in();
        if (inside) {
          System.arraycopy(src, from + row * line() + cell * in(), x, to, inChannels);
        } else {
          Arrays.fill(x, to, to + inChannels, 0f);
        }
      }
    }
  }

  /// Copies `cells` cells of `channels` numbers to cells of `width`, the rest of which becomes 0.
  private static void copy(
      float[] src, int from, int channels, float[] dst, int to, int width, int cells) {
    int whole = channels / V * V;
    var m = F.indexInRange(whole, channels);
    for (int i = 0; i < cells; i++) {
      int s = from + i * channels;
      int d = to + i * width;
      for (int c = 0; c < whole; c += V) {
        FloatVector.fromArray(F, src, s + c).intoArray(dst, d + c);
      }
      if (whole < channels) {
        FloatVector.fromArray(F, src, s + whole, m).intoArray(dst, d + whole);
      }
    }
  }

  /// Copies a sample of `y` or its gradient.
  void copyResults(float[] y, int at, float[] dst, int to) {
    Arrays.fill(dst, to, to + gradSize(), 0f);
    for (int row = 0; row < outRows; row++) {
      int from = at + row * outColumns * outChannels;
      copy(y, from, outChannels, dst, to + row * gradLine(), out(), outColumns);
    }
  }

  /// Where the tiles begin in a copy of `x`.
  int[] cellTiles() {
    int[] at = new int[tiles()];
    for (int tile = 0; tile < at.length; tile++) {
      at[tile] = tileAt(tile);
    }
    return at;
  }

  /// Where they begin in a copy of `y`.
  int[] resultTiles() {
    int[] at = new int[tiles()];
    for (int tile = 0; tile < at.length; tile++) {
      at[tile] = tile / tileColumns() * 2 * gradLine() + tile % tileColumns() * 2 * out();
    }
    return at;
  }

  /// Transforms the tiles of a copy of `x`: row `i` of their points to `b[to + j · step]`.
  void transformCells(float[] a, int copyAt, int[] tileAt, int i, int to, int step) {
    for (int c = 0; c < in(); c += V) {
      WinogradAdjoint.cells(a, copyAt + c, tileAt, line(), i, a, to + c, step, in());
    }
  }

  /// Transforms the tiles of a copy of `y`'s gradient likewise.
  void transformResults(float[] a, int copyAt, int[] tileAt, int i, int to, int step) {
    for (int c = 0; c < out(); c += V) {
      WinogradAdjoint.results(a, copyAt + c, tileAt, gradLine(), i, a, to + c, step, out());
    }
  }

  /// Transforms the gradients of one tile's points back and adds them to the copy of `x`'s.
  void addCells(float[] a, int from, int step, int halfAt, int copyAt, int tile) {
    int n = in();
    int at = copyAt + tileAt(tile);
    for (int j = 0; j < POINTS; j++) {
      int column = from + j * step;
      WinogradAdjoint.gradCells(a, column, POINTS * step, a, halfAt + j * n, POINTS * n, n);
    }
    int end = halfAt + PRODUCTS * n;
    for (int i = 0; i < POINTS; i++) {
      WinogradAdjoint.gradCells(a, halfAt + i * POINTS * n, n, a, end, n, n);
      WinogradAdjoint.add(a, end, a, at + i * line(), POINTS * n);
    }
  }

  /// `c[r][j] += Σ a[k·aK + r·aR] · b[k·ldb + j]` for `rows` rows and `columns` columns, a multiple
  /// of [Lanes#V].
  static void multiply(
      float[] a, int aAt, int aK, int aR, int bAt, int ldb, int k, int cAt, int rows, int columns) {
    for (int p = 0; p < columns; p += COLS) {
      int width = Math.min(COLS, columns - p);
      for (int r = 0; r < rows; r += ROWS) {
        int n = Math.min(ROWS, rows - r);
        int to = cAt + r * columns + p;
        StridedTile.add(a, aAt + r * aR, aK, aR, a, bAt + p, ldb, k, a, to, columns, n, width);
      }
    }
  }
}
