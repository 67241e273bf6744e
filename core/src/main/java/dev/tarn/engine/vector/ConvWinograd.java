package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;

/// Convolution by 3×3 or 5×5 filters with stride 1, and its gradient by data, by one of Winograd's
/// algorithms ([WinogradForm], which bounds the error).
///
/// Not in the order of the reference; the bits do not depend on lanes, threads or the batch, for
/// every tile is computed by itself. A group of about [#GROUP] tiles is transformed, multiplied
/// [#CHANNELS] channels of the result at a time (36 or 16 matrix products), and these transformed
/// back at once, while they are in the second-level cache. A group reads each weight once, which is
/// what limits a convolution of many channels: 60 tiles use a weight as fast as the third-level
/// cache brings it. Where there are fewer groups than [#PARTS], several blocks share the channels
/// of one and each transforms its cells for itself, which costs less than waiting for each other.
final class ConvWinograd implements Kernel {
  private static final int GROUP = 60 / ROWS;
  private static final int CHANNELS = 2 * COLS;
  private static final int PARTS = 4;
  private static final int MOST_BLOCKS = 16;
  private static final int CHUNK = 128;

  /// Transformed weights up to this size stay in the second-level cache, whatever the groups.
  private static final int SMALL_WEIGHT = 1 << 18;

  private final Sweep sweep;
  private final WinogradForm form;
  private final int in;
  private final int out;
  private final int tilesX;
  private final int tiles;
  private final int parts;
  private final int tileSize;
  private final int cellStep;
  private final int productStep;
  private final int productsAt;
  private final int halfAt;
  private final int zeroAt;
  private final int tailAt;
  private final int nowhereAt;
  private final int workSize;
  private final int mostBlocks;
  private final Buffer weight;
  private final Buffer work;
  private final List<Kernel> once;

  private ConvWinograd(Sweep sweep, WinogradForm form, Buffer weight, List<Kernel> once) {
    this.sweep = sweep;
    this.form = form;
    this.once = once;
    this.weight = weight;
    this.in = sweep.sourceChannels();
    this.out = sweep.resultChannels();
    this.tilesX = form.tiles(sweep.width().result());
    this.tiles = form.tiles(sweep.height().result()) * tilesX;
    this.parts =
        Math.clamp((PARTS + groups(1) - 1) / groups(1), 1, (out + CHANNELS - 1) / CHANNELS);
    this.tileSize = BlockTile.size(in);
    this.cellStep = GROUP * tileSize;
    this.productStep = GROUP * ROWS * CHANNELS;
    // Of each block: transformed cells and products of a group, a half-transformed tile, zeros in
    // place of cells in the padding, a tile of less than a vector, results beyond the border.
    this.productsAt = form.products() * cellStep;
    this.halfAt = productsAt + form.products() * productStep;
    this.zeroAt = halfAt + form.products() * CHUNK;
    this.tailAt = zeroAt + CHUNK;
    this.nowhereAt = tailAt + form.products() * V;
    this.workSize = nowhereAt + CHUNK;
    this.mostBlocks = Math.clamp((1L << 23) / workSize, 4, MOST_BLOCKS);
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) mostBlocks * workSize);
  }

  static Kernel of(Sweep sweep, WinogradForm form) {
    long size = WinogradWeight.size(sweep, form);
    String name = sweep.weight() + " transformed";
    Buffer taps = Buffer.scratch(Space.ARENA, "taps", WinogradWeight.workSize(sweep, form));
    if (sweep.weight().isConstant()) {
      Buffer weight = Buffer.prepared(name, size);
      Kernel first = new WinogradWeight(sweep, form, weight, taps, List.of());
      return new ConvWinograd(sweep, form, weight, List.of(first));
    }
    Buffer weight = Buffer.scratch(Space.ARENA, name, size);
    var product = new ConvWinograd(sweep, form, weight, List.of());
    return new WinogradWeight(sweep, form, weight, taps, List.of(product));
  }

  @Override
  public String name() {
    return "%s by Winograd %s".formatted(sweep.gradient() ? "gradient" : "convolution", form);
  }

  @Override
  public List<Kernel> once() {
    return once;
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(weight, work);
  }

  /// Rows of tiles as the matrix kernel takes them.
  private int rows(int batch) {
    return (int) (((long) tiles * batch + ROWS - 1) / ROWS);
  }

  private int groups(int batch) {
    int rows = rows(batch);
    int few = (rows + GROUP - 1) / GROUP;
    boolean small = (long) form.products() * in * out <= SMALL_WEIGHT;
    return small ? Math.min(rows, Math.max(few, 2 * PARTS)) : few;
  }

  @Override
  public int blocks(int batch) {
    long worth =
        (long) rows(batch) * ROWS * form.products() * in * out / ConvGemm.WORTH_A_THREAD + 1;
    return (int) Math.min(Math.min(mostBlocks, worth), (long) groups(batch) * parts);
  }

  @Override
  public void run(Frame frame, int block) {
    int groups = groups(frame.batch());
    int blocks = blocks(frame.batch());
    int rows = rows(frame.batch());
    int all = tiles * frame.batch();
    int at = work.at() + block * workSize;
    Arrays.fill(frame.arena(), at + zeroAt, at + zeroAt + CHUNK, 0f);
    int units = groups * parts;
    int strips = (out + CHANNELS - 1) / CHANNELS;
    int past = (int) ((block + 1L) * units / blocks);
    int last = -1;
    for (int u = (int) ((long) block * units / blocks); u < past; u++) {
      int group = u / parts;
      int part = u % parts;
      int first = (int) ((long) group * rows / groups) * ROWS;
      int count = Math.min((int) ((group + 1L) * rows / groups) * ROWS, all) - first;
      if (group != last) {
        for (int i = 0; i < count; i++) {
          input(frame.arena(), first + i, i, at);
        }
        last = group;
      }
      for (int s = part * strips / parts; s < (part + 1) * strips / parts; s++) {
        multiply(frame, s * CHANNELS, count, at);
        for (int i = 0; i < count; i++) {
          output(frame, first + i, i, s * CHANNELS, at);
        }
      }
    }
  }

  /// Transforms the cells of one tile.
  private void input(float[] arena, int tile, int i, int at) {
    int y = sweep.height().origin() + tile % tiles / tilesX * form.results();
    int x = sweep.width().origin() + tile % tiles % tilesX * form.results();
    int from = sweep.source().at() + tile / tiles * sweep.sourceSize();
    int half = at + halfAt;
    int to = at + i / ROWS * tileSize + i % ROWS * V;
    int points = form.points();
    int step = points * CHUNK;
    int whole = in - in % V;
    for (int c = 0; c < whole; c += CHUNK) {
      int n = Math.min(CHUNK, whole - c);
      for (int j = 0; j < points; j++) {
        int zero = at + zeroAt;
        int o0 = cell(from, y, x + j, c, zero);
        int o1 = cell(from, y + 1, x + j, c, zero);
        int o2 = cell(from, y + 2, x + j, c, zero);
        int o3 = cell(from, y + 3, x + j, c, zero);
        int o4 = cell(from, y + 4, x + j, c, zero);
        int o5 = cell(from, y + 5, x + j, c, zero);
        form.columns(arena, o0, o1, o2, o3, o4, o5, arena, half + j * CHUNK, step, n);
      }
      for (int r = 0; r < points; r++) {
        int d = to + r * points * cellStep + c * ROWS;
        form.rows(arena, half + r * step, CHUNK, arena, d, cellStep, n);
      }
    }
    if (whole < in) {
      inputTail(arena, from, y, x, at, to + whole * ROWS);
    }
  }

  private int cell(int from, int y, int x, int c, int otherwise) {
    int height = sweep.height().source();
    int width = sweep.width().source();
    boolean inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? from + (y * width + x) * in + c : otherwise;
  }

  /// The channels that do not fill a vector: the tile is copied, vectors filled up with zeros.
  private void inputTail(float[] arena, int from, int y, int x, int at, int to) {
    int points = form.points();
    int rest = in % V;
    int tail = at + tailAt;
    Arrays.fill(arena, tail, tail + form.products() * V, 0f);
    for (int p = 0; p < form.products(); p++) {
      int o = cell(from, y + p / points, x + p % points, in - rest, -1);
      if (o >= 0) {
        System.arraycopy(arena, o, arena, tail + p * V, rest);
      }
    }
    int half = at + halfAt;
    int line = points * V;
    for (int j = 0; j < points; j++) {
      int o = tail + j * V;
      int o2 = o + 2 * line;
      int o4 = o2 + 2 * line;
      form.columns(arena, o, o + line, o2, o2 + line, o4, o4 + line, arena, half + j * V, line, V);
    }
    for (int r = 0; r < points; r++) {
      form.rows(arena, half + r * line, V, arena, to + r * points * cellStep, cellStep, V);
    }
  }

  /// All products of a group and a strip of result channels.
  private void multiply(Frame frame, int strip, int count, int at) {
    float[] arena = frame.arena();
    float[] w = frame.array(weight);
    int past = Math.min(out, strip + CHANNELS);
    for (int e = 0; e < form.products(); e++) {
      int left = at + e * cellStep;
      int to = at + productsAt + e * productStep;
      for (int c = strip; c < past; c += COLS) {
        int width = Panels.width(Math.min(COLS, out - c));
        int right = weight.at() + c * form.products() * in + e * in * width;
        for (int r = 0; r < count; r += ROWS) {
          int rows = Math.min(ROWS, count - r);
          int a = left + r / ROWS * tileSize;
          int d = to + r * CHANNELS + c - strip;
          BlockTile.multiply(arena, a, w, right, in, arena, d, CHANNELS, rows, width);
        }
      }
    }
  }

  /// Transforms the products of one tile and a strip of channels back.
  private void output(Frame frame, int tile, int i, int strip, int at) {
    float[] arena = frame.arena();
    Buffer bias = sweep.bias();
    float[] start = bias == null ? arena : frame.array(bias);
    int startAt = bias == null ? at + zeroAt : bias.at() + strip;
    int n = Math.min(CHANNELS, out - strip);
    int whole = n - n % V;
    int from = at + productsAt + i * CHANNELS;
    int y = tile % tiles / tilesX * form.results();
    int x = tile % tiles % tilesX * form.results();
    int to = sweep.result().at() + tile / tiles * sweep.positions() * out + strip;
    int half = at + halfAt;
    int nowhere = at + nowhereAt;
    if (whole > 0) {
      halfOutput(arena, from, at, whole);
      for (int r = 0; r < form.results(); r++) {
        int o0 = result(to, y + r, x, nowhere);
        int o1 = result(to, y + r, x + 1, nowhere);
        int o2 = result(to, y + r, x + 2, nowhere);
        int o3 = result(to, y + r, x + 3, nowhere);
        int row = half + r * form.points() * CHUNK;
        form.output(arena, row, CHUNK, start, startAt, arena, o0, o1, o2, o3, whole);
      }
    }
    if (whole < n) {
      halfOutput(arena, from + whole, at, V);
      int tail = at + tailAt;
      System.arraycopy(start, startAt + whole, arena, nowhere, n - whole);
      for (int r = 0; r < form.results(); r++) {
        int row = half + r * form.points() * CHUNK;
        form.output(
            arena,
            row,
            CHUNK,
            arena,
            nowhere,
            arena,
            tail,
            tail + V,
            tail + 2 * V,
            tail + 3 * V,
            V);
        for (int j = 0; j < form.results(); j++) {
          int o = result(to + whole, y + r, x + j, -1);
          if (o >= 0) {
            System.arraycopy(arena, tail + j * V, arena, o, n - whole);
          }
        }
      }
    }
  }

  /// Transforms the columns of products.
  private void halfOutput(float[] arena, int from, int at, int n) {
    int points = form.points();
    int line = points * CHUNK;
    for (int j = 0; j < points; j++) {
      int h = at + halfAt + j * CHUNK;
      int m = from + j * productStep;
      int zero = at + zeroAt;
      int h2 = h + 2 * line;
      form.output(
          arena, m, points * productStep, arena, zero, arena, h, h + line, h2, h2 + line, n);
    }
  }

  private int result(int to, int y, int x, int otherwise) {
    int width = sweep.width().result();
    boolean inside = y < sweep.height().result() && x < width;
    return inside ? to + (y * width + x) * out : otherwise;
  }
}
