package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.BlockTile.HEIGHT;
import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.WinogradInput.POINT;
import static dev.tarn.engine.vector.WinogradOutput.CHANNELS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution by 3×3 or 5×5 filters with stride 1, and its gradient by data, by one of Winograd's
/// algorithms ([WinogradForm], which bounds the error).
///
/// Not in the order of the reference; the bits do not depend on lanes, threads or the batch, for
/// every tile is computed by itself. A group of about 56 tiles is transformed, multiplied a strip
/// of [WinogradOutput#CHANNELS] channels of the result at a time (36 or 16 matrix products), and
/// these transformed back at once, while they are in the second-level cache. A group reads each
/// weight once, which is what limits a convolution of many channels: that many tiles use a weight
/// about as fast as the third-level cache brings it. Where all tiles are one group, [WinogradCells]
/// transforms it first and the blocks share the strips.
///
/// Max pooling 2×2/2 that follows is taken of each tile while it is in the first-level cache
/// ([WinogradPool]); tiles begin at even positions, so that no window lies in two of them.
final class ConvWinograd implements Kernel {
  private static final int GROUP = 60 / HEIGHT;
  private static final int PARTS = 4;
  private static final int MOST_BLOCKS = 16;

  /// Channels of a tile that are transformed at once: lines of the cache that one tile fills in
  /// part are still in the first level when the next one fills the rest.
  static final int CHUNK = 64;

  /// Transformed weights up to this size stay in the second-level cache, whatever the groups.
  private static final int SMALL_WEIGHT = 1 << 18;

  private final Sweep sweep;
  private final WinogradForm form;
  private final int in;
  private final int out;
  private final int tilesX;
  private final int tiles;
  private final int strips;
  private final int parts;
  private final int pointSize;
  private final int rowSize;
  private final int cellsSize;
  private final int productSize;
  private final int borderAt;
  private final int startAt;
  private final int loadedAt;
  private final int workSize;
  private final int mostBlocks;
  private final Buffer weight;
  private final Buffer cells;
  private final Buffer work;
  private final @Nullable PooledMaps pooled;
  private final List<Kernel> once;

  private ConvWinograd(
      Sweep sweep,
      WinogradForm form,
      @Nullable PooledMaps pooled,
      Buffer weight,
      List<Kernel> once) {
    this.pooled = pooled;
    this.sweep = sweep;
    this.form = form;
    this.once = once;
    this.weight = weight;
    this.in = sweep.sourceChannels();
    this.out = sweep.resultChannels();
    this.tilesX = form.tiles(sweep.width().result());
    this.tiles = form.tiles(sweep.height().result()) * tilesX;
    this.strips = (out + CHANNELS - 1) / CHANNELS;
    this.parts = Math.clamp((PARTS + groups(1) - 1) / groups(1), 1, strips);
    this.pointSize = WinogradInput.step(in);
    this.rowSize = form.products() * pointSize;
    this.cellsSize = GROUP * rowSize;
    // Of tiles one behind the other, a little more than the products, so that not all of them begin
    // in the same set of the first-level cache.
    this.productSize = form.products() * CHANNELS + CHANNELS;
    // Behind the products a tile of cells or results at the border, what sums begin with, and the
    // sum of what was only loaded.
    this.borderAt = GROUP * HEIGHT * productSize;
    this.startAt = borderAt + form.products() * CHUNK;
    this.loadedAt = startAt + CHANNELS;
    this.workSize = loadedAt + 16;
    this.mostBlocks = Math.clamp((1L << 23) / (cellsSize + workSize), 4, MOST_BLOCKS);
    this.cells = Buffer.scratch(Space.ARENA, "cells", (long) mostBlocks * cellsSize);
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) mostBlocks * workSize);
  }

  /// The same convolution with max pooling 2×2/2 in its tiles; null if it is no such convolution.
  static @Nullable Kernel pooled(@Nullable Kernel kernel, PooledMaps pooled) {
    return switch (kernel) {
      case WinogradCells cells -> of(cells.product().sweep, cells.product().form, pooled);
      case WinogradWeight weight -> of(weight.sweep(), weight.form(), pooled);
      case null, default -> null;
    };
  }

  /// @param pooled what the results are pooled to, or null
  static Kernel of(Sweep sweep, WinogradForm form, @Nullable PooledMaps pooled) {
    long size = WinogradWeight.size(sweep, form);
    String name = sweep.weight() + " transformed";
    Buffer taps = Buffer.scratch(Space.ARENA, "taps", WinogradWeight.workSize(sweep, form));
    if (sweep.weight().isConstant()) {
      Buffer weight = Buffer.prepared(name, size);
      Kernel first = new WinogradWeight(sweep, form, weight, taps, List.of());
      return new WinogradCells(new ConvWinograd(sweep, form, pooled, weight, List.of(first)));
    }
    Buffer weight = Buffer.scratch(Space.ARENA, name, size);
    var cells = new WinogradCells(new ConvWinograd(sweep, form, pooled, weight, List.of()));
    return new WinogradWeight(sweep, form, weight, taps, List.of(cells));
  }

  @Override
  public String name() {
    String what = sweep.gradient() ? "gradient" : "convolution";
    return "%s by Winograd %s%s".formatted(what, form, pooled == null ? "" : ", max 2×2/2");
  }

  @Override
  public List<Kernel> once() {
    return once;
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(weight, cells, work);
  }

  int sourceChannels() {
    return in;
  }

  /// Rows of tiles as the matrix kernel takes them.
  int rows(int batch) {
    return (int) (((long) tiles * batch + HEIGHT - 1) / HEIGHT);
  }

  private int groups(int batch) {
    int rows = rows(batch);
    int few = (rows + GROUP - 1) / GROUP;
    boolean small = (long) form.products() * in * out <= SMALL_WEIGHT;
    return small ? Math.min(rows, Math.max(few, 2 * PARTS)) : few;
  }

  /// Whether all tiles are one group, whose strips the blocks share.
  boolean isShared(int batch) {
    return groups(batch) == 1 && strips > 1;
  }

  private int parts(int batch) {
    return isShared(batch) ? strips : parts;
  }

  @Override
  public int blocks(int batch) {
    long worth =
        (long) rows(batch) * HEIGHT * form.products() * in * out / ConvGemm.WORTH_A_THREAD + 1;
    return (int) Math.min(Math.min(mostBlocks, worth), (long) groups(batch) * parts(batch));
  }

  @Override
  public void run(Frame frame, int block) {
    int batch = frame.batch();
    int groups = groups(batch);
    int blocks = blocks(batch);
    int rows = rows(batch);
    int each = parts(batch);
    int cellsAt = cells.at() + (isShared(batch) ? 0 : block * cellsSize);
    int at = work.at() + block * workSize;
    int past = (int) ((block + 1L) * groups * each / blocks);
    int last = isShared(batch) ? 0 : -1;
    for (int u = (int) ((long) block * groups * each / blocks); u < past; u++) {
      int group = u / each;
      int first = (int) ((long) group * rows / groups);
      int count = (int) ((group + 1L) * rows / groups) - first;
      if (group != last) {
        for (int r = 0; r < count; r++) {
          for (int c = 0; c < in; c += CHUNK) {
            input(frame, first + r, c, cellsAt + r * rowSize, at);
          }
        }
        last = group;
      }
      int part = u % each;
      for (int s = part * strips / each; s < (part + 1) * strips / each; s++) {
        strip(frame, first, count, s * CHANNELS, cellsAt, at);
      }
    }
  }

  /// Transforms a chunk of the channels of a row of tiles, for all blocks.
  void share(Frame frame, int block, int row, int c) {
    input(frame, row, c, cells.at() + row * rowSize, work.at() + block * workSize);
  }

  /// How many blocks may run at a time, each with working memory of its own.
  int mostBlocks() {
    return mostBlocks;
  }

  private void input(Frame frame, int row, int c, int to, int at) {
    float[] arena = frame.arena();
    int border = at + borderAt;
    int n = Math.min(CHUNK, in - c);
    int full = (n + V - 1) / V * V;
    int points = form.points();
    int width = sweep.width().source();
    int count = Math.min(HEIGHT, tiles * frame.batch() - row * HEIGHT);
    for (int i = 0; i < count; i++) {
      int tile = row * HEIGHT + i;
      int y = sweep.height().origin() + tile % tiles / tilesX * form.results();
      int x = sweep.width().origin() + tile % tiles % tilesX * form.results();
      int from = sweep.source().at() + tile / tiles * sweep.sourceSize() + c;
      int d = to + c / V * POINT + i * V;
      boolean inside = y >= 0 && x >= 0 && y + points <= sweep.height().source();
      if (inside && x + points <= width && n == full) {
        form.input(arena, from + (y * width + x) * in, width * in, in, arena, d, pointSize, n);
      } else {
        border(arena, from, y, x, n, full, border);
        form.input(arena, border, points * full, full, arena, d, pointSize, full);
      }
    }
  }

  /// Copies a tile that hangs over the border, or does not fill its vectors: zeros around it.
  private void border(float[] arena, int from, int y, int x, int n, int full, int to) {
    int points = form.points();
    int height = sweep.height().source();
    int width = sweep.width().source();
    for (int p = 0; p < form.products(); p++) {
      int d = to + p * full;
      int cy = y + p / points;
      int cx = x + p % points;
      if (cy >= 0 && cy < height && cx >= 0 && cx < width) {
        System.arraycopy(arena, from + (cy * width + cx) * in, arena, d, n);
        Arrays.fill(arena, d + n, d + full, 0f);
      } else {
        Arrays.fill(arena, d, d + full, 0f);
      }
    }
  }

  /// Multiplies a group of tiles by a strip of channels, and transforms the products back.
  private void strip(Frame frame, int firstRow, int rows, int strip, int cellsAt, int at) {
    float[] arena = frame.arena();
    int n = Math.min(CHANNELS, out - strip);
    Buffer bias = sweep.bias();
    Arrays.fill(arena, at + startAt, at + loadedAt, 0f);
    if (bias != null) {
      System.arraycopy(frame.array(bias), bias.at() + strip, arena, at + startAt, n);
    }
    int first = firstRow * HEIGHT;
    int count = Math.min(rows * HEIGHT, tiles * frame.batch() - first);
    float[] w = frame.array(weight);
    int panels = (n + COLS - 1) / COLS;
    int all = form.products() * panels;
    float loaded = 0f;
    for (int i = 0; i < all; i++) {
      int right = panelAt(strip, i, panels);
      int next = i + 1 < all ? panelAt(strip, i + 1, panels) : right;
      int width = width(strip, i, panels);
      int halves = i + 1 < all ? width(strip, i + 1, panels) / V : 0;
      int e = i / panels;
      for (int r = 0; r < count; r += HEIGHT) {
        int row = r / HEIGHT;
        int a = cellsAt + row * rowSize + e * pointSize;
        int d = at + r * productSize + e * CHANNELS + i % panels * COLS;
        int ahead = row < halves ? next + row * in * V : right;
        int tall = Math.min(HEIGHT, count - r);
        loaded +=
            BlockTile.multiply(
                arena, a, POINT, w, right, ahead, in, arena, d, productSize, tall, width);
      }
    }
    arena[at + loadedAt] = loaded;
    for (int i = 0; i < count; i++) {
      output(frame, first + i, strip, n, at + i * productSize, at);
    }
  }

  /// Columns of panel `i` of those that a strip of channels reads, point after point.
  private int width(int strip, int i, int panels) {
    return Panels.width(Math.min(COLS, out - strip - i % panels * COLS));
  }

  /// Where it stands.
  private int panelAt(int strip, int i, int panels) {
    int panel = (strip + i % panels * COLS) * form.products() * in;
    return weight.at() + panel + i / panels * in * width(strip, i, panels);
  }

  /// Transforms the products of one tile and a strip of channels back.
  private void output(Frame frame, int tile, int strip, int n, int from, int at) {
    float[] arena = frame.arena();
    float limit = sweep.relu() ? 0f : Float.NaN;
    int start = at + startAt;
    int side = form.results();
    int height = sweep.height().result();
    int width = sweep.width().result();
    int y = tile % tiles / tilesX * side;
    int x = tile % tiles % tilesX * side;
    int full = (n + V - 1) / V * V;
    boolean whole = y + side <= height && x + side <= width && n == full;
    if (whole && pooled == null) {
      int d = resultAt(tile, y, x, strip);
      form.output(arena, from, arena, start, limit, arena, d, width * out, out, n);
      return;
    }
    int border = at + borderAt;
    form.output(arena, from, arena, start, limit, arena, border, side * full, full, full);
    if (pooled != null) {
      pool(frame, pooled, tile, y / 2, x / 2, strip, n, border, full);
      return;
    }
    for (int r = 0; r < Math.min(side, height - y); r++) {
      for (int j = 0; j < Math.min(side, width - x); j++) {
        int d = resultAt(tile, y + r, x + j, strip);
        System.arraycopy(arena, border + (r * side + j) * full, arena, d, n);
      }
    }
  }

  private int resultAt(int tile, int y, int x, int strip) {
    int sample = sweep.result().at() + tile / tiles * sweep.resultSize();
    return sample + (y * sweep.width().result() + x) * out + strip;
  }

  /// Pools a tile of results, whose first window is that at `y`, `x`.
  private void pool(
      Frame frame, PooledMaps to, int tile, int y, int x, int strip, int n, int tileAt, int cell) {
    float[] arena = frame.arena();
    float[] values = frame.array(to.y());
    Buffer argmax = to.argmax();
    int line = form.results() * cell;
    for (int r = 0; r < Math.min(form.results() / 2, to.rows() - y); r++) {
      for (int j = 0; j < Math.min(form.results() / 2, to.columns() - x); j++) {
        int a = tileAt + 2 * r * line + 2 * j * cell;
        int row = (tile / tiles * to.rows() + y + r) * to.columns();
        int d = (row + x + j) * out + strip;
        WinogradPool.largest(arena, a, line, cell, values, to.y().at() + d, n);
        if (argmax != null) {
          WinogradPool.places(arena, a, line, cell, frame.bytes(), argmax.at() + d, n);
        }
      }
    }
  }
}
