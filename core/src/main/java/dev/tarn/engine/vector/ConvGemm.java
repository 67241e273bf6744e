package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.ROWS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution, and its gradient by data, as a product of matrices: results × products by products
/// × channels, bands of rows at a time, in the order of the reference.
///
/// The left-hand matrix is packed tile by tile from [Planar]; the weight is packed once a run, or
/// once for all where it is constant. Products are taken [#DEPTH] at a time so that a panel of the
/// weight (32 KiB) stays in the first-level cache while [#TILES] tiles (about 100 KiB,
/// second-level) pass by it.
final class ConvGemm implements Kernel {
  private static final int DEPTH = 256;
  private static final int TILES = 8;
  private static final int MOST_PLANAR = 1 << 17;
  private static final int MOST_BLOCKS = 16;

  /// Multiply-adds that are worth handing to another thread.
  static final int WORTH_A_THREAD = 1 << 19;

  private final Sweep sweep;
  private final int samples;
  private final int rows;
  private final int bands;
  private final Planar planar;
  private final int[] resultAt;
  private final int[] productAt;
  private final int planarSize;
  private final Buffer packed;
  private final List<Kernel> once;
  private final Buffer work;
  private final int workSize;

  /// Where, in a block's working memory, the tile lies that holds columns at the end.
  private final int spare;

  private ConvGemm(Sweep sweep) {
    this.sweep = sweep;
    int height = sweep.height().result();
    long sample = new Planar(sweep, 1, height).size();
    long parts = Math.max(sample / MOST_PLANAR + 1, Math.min(8, sweep.work() >> 22));
    this.rows = (int) Math.max(1, height / Math.min(parts, height));
    this.bands = (height + rows - 1) / rows;
    long few = bands > 1 ? 1 : Math.max(1, Math.min(96 / sweep.positions(), MOST_PLANAR / sample));
    this.samples = (int) few;
    this.planar = new Planar(sweep, samples, rows);
    this.resultAt = planar.resultAt(rows);
    this.productAt = planar.productAt();
    this.planarSize = Math.toIntExact(planar.size());
    int tiles = Math.min(TILES, (resultAt.length + ROWS - 1) / ROWS);
    this.spare = planarSize + tiles * ROWS * Math.min(DEPTH, sweep.depth());
    this.workSize = spare + ROWS * COLS;
    long size = sweep.groups() * Panels.size(sweep.depth(), sweep.resultChannels());
    String name = sweep.weight() + " packed";
    boolean constant = sweep.weight().isConstant();
    this.packed = constant ? Buffer.prepared(name, size) : Buffer.scratch(Space.ARENA, name, size);
    this.once = constant ? List.of(new PackWeight(sweep, this, List.of())) : List.of();
    this.work = Buffer.scratch(Space.ARENA, "bands", (long) MOST_BLOCKS * workSize);
  }

  /// Packs the weight, then runs the product.
  static Kernel of(Sweep sweep) {
    var product = new ConvGemm(sweep);
    return product.once.isEmpty() ? new PackWeight(sweep, product, List.of(product)) : product;
  }

  /// Why this kernel cannot solve the sweep, or null if it can.
  static @Nullable String refusal(Sweep sweep) {
    if (sweep.groups() > 1 && (sweep.resultChannels() < 4 || sweep.sourceChannels() < 4)) {
      return "gemm: %d groups of %d to %d channels, too narrow to fill a tile"
          .formatted(sweep.groups(), sweep.sourceChannels(), sweep.resultChannels());
    }
    if (new Planar(sweep, 1, 1).size() > 1 << 22) {
      return "gemm: a row of the input is too large for the cache";
    }
    return null;
  }

  @Override
  public String name() {
    return "%s by matrix product, %d×%d tiles"
        .formatted(sweep.gradient() ? "gradient" : "convolution", ROWS, COLS);
  }

  @Override
  public List<Kernel> once() {
    return once;
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(packed, work);
  }

  private int units(int batch) {
    return bands > 1 ? batch * bands : (batch + samples - 1) / samples;
  }

  @Override
  public int blocks(int batch) {
    long worth = sweep.work() * batch / WORTH_A_THREAD + 1;
    return (int) Math.min(Math.min(units(batch), MOST_BLOCKS), worth);
  }

  @Override
  public void run(Frame frame, int block) {
    int batch = frame.batch();
    int units = units(batch);
    int blocks = blocks(batch);
    int past = (int) ((block + 1L) * units / blocks);
    for (int u = (int) ((long) block * units / blocks); u < past; u++) {
      if (bands > 1) {
        int firstRow = u % bands * rows;
        int count = Math.min(rows, sweep.height().result() - firstRow);
        unit(frame, block, u / bands, 1, firstRow, count * sweep.width().result());
      } else {
        int count = Math.min(samples, batch - u * samples);
        unit(frame, block, u * samples, count, 0, count * sweep.positions());
      }
    }
  }

  private void unit(Frame frame, int block, int sample, int count, int firstRow, int results) {
    Buffer source = sweep.source();
    Buffer result = sweep.result();
    int channels = sweep.groups() * sweep.resultChannels();
    int to =
        result.at() + (sample * sweep.positions() + firstRow * sweep.width().result()) * channels;
    float[] c = frame.array(result);
    begin(frame, c, to, results, channels);
    int workAt = work.at() + block * workSize;
    int from = source.at() + sample * sweep.sourceSize();
    int panels = Math.toIntExact(Panels.size(sweep.depth(), sweep.resultChannels()));
    for (int group = 0; group < sweep.groups(); group++) {
      planar.fill(frame.array(source), from, group, count, firstRow, frame.arena(), workAt);
      int groupAt = to + group * sweep.resultChannels();
      multiply(frame, workAt, packed.at() + group * panels, c, groupAt, channels, results);
    }
  }

  /// Every sum starts from its bias, or from 0.
  private void begin(Frame frame, float[] c, int at, int results, int channels) {
    Buffer bias = sweep.bias();
    int size = results * channels;
    if (bias == null) {
      Arrays.fill(c, at, at + size, 0f);
      return;
    }
    System.arraycopy(frame.array(bias), bias.at(), c, at, channels);
    for (int done = channels; done < size; done *= 2) {
      System.arraycopy(c, at, c, at + done, Math.min(done, size - done));
    }
  }

  private void multiply(
      Frame frame, int planarAt, int packedAt, float[] c, int cAt, int ldc, int results) {
    float[] arena = frame.arena();
    float[] weight = frame.array(packed);
    int depth = sweep.depth();
    int tilesAt = planarAt + planarSize;
    for (int m = 0; m < results; m += TILES * ROWS) {
      int past = Math.min(results, m + TILES * ROWS);
      for (int k = 0; k < depth; k += DEPTH) {
        int length = Math.min(DEPTH, depth - k);
        for (int r = m, at = tilesAt; r < past; r += ROWS, at += ROWS * length) {
          int count = Math.min(ROWS, past - r);
          Panels.tile(arena, planarAt, productAt, k, k + length, resultAt, r, count, arena, at);
        }
        panels(arena, tilesAt, weight, packedAt, k, length, c, cAt + m * ldc, ldc, past - m);
      }
    }
  }

  /// Multiplies the packed tiles by all panels of the weight.
  private void panels(
      float[] arena,
      int tilesAt,
      float[] weight,
      int packedAt,
      int k,
      int length,
      float[] c,
      int cAt,
      int ldc,
      int results) {
    int n = sweep.resultChannels();
    int spareAt = tilesAt - planarSize + spare;
    for (int panel = 0; panel < Panels.count(n); panel++) {
      int columns = Panels.columns(panel, n);
      int width = Panels.width(columns);
      int b = packedAt + panel * COLS * sweep.depth() + k * width;
      for (int r = 0, at = tilesAt; r < results; r += ROWS, at += ROWS * length) {
        int count = Math.min(ROWS, results - r);
        int to = cAt + panel * COLS + r * ldc;
        if (columns == width) {
          PanelTile.add(arena, at, weight, b, length, c, to, ldc, count, width);
        } else {
          Panels.copy(c, to, ldc, arena, spareAt, COLS, count, columns);
          PanelTile.add(arena, at, weight, b, length, arena, spareAt, COLS, count, width);
          Panels.copy(arena, spareAt, COLS, c, to, ldc, count, columns);
        }
      }
    }
  }

  /// The first stage: the weight in panels.
  private static final class PackWeight implements Kernel {
    private final Sweep sweep;
    private final ConvGemm product;
    private final int panels;
    private final List<Kernel> after;

    PackWeight(Sweep sweep, ConvGemm product, List<Kernel> after) {
      this.sweep = sweep;
      this.product = product;
      this.panels = sweep.groups() * Panels.count(sweep.resultChannels());
      this.after = after;
    }

    @Override
    public String name() {
      return product.name();
    }

    @Override
    public int blocks(int batch) {
      return product.packed.size() < 1 << 16 ? 1 : Math.min(panels, MOST_BLOCKS);
    }

    @Override
    public void run(Frame frame, int block) {
      int blocks = blocks(frame.batch());
      int past = (block + 1) * panels / blocks;
      for (int p = block * panels / blocks; p < past; p++) {
        int each = Panels.count(sweep.resultChannels());
        pack(frame, p / each, p % each);
      }
    }

    private void pack(Frame frame, int group, int panel) {
      int depth = sweep.depth();
      int n = sweep.resultChannels();
      int to = product.packed.at() + group * Math.toIntExact(Panels.size(depth, n));
      int from = sweep.weight().at() + group * n * depth;
      float[] w = frame.array(sweep.weight());
      if (!sweep.gradient()) {
        Panels.transposed(w, from, depth, depth, n, panel, frame.array(product.packed), to);
        return;
      }
      // The weight lies [output channel][input channel][tap]; its gradient sums over output
      // channels and taps, and its columns are the input channels.
      int taps = sweep.height().kernel() * sweep.width().kernel();
      int width = Panels.width(Panels.columns(panel, n));
      for (int o = 0; o < sweep.sourceChannels(); o++) {
        int columns = Panels.columns(panel, n);
        int s = from + (o * n + panel * COLS) * taps;
        int d = to + panel * COLS * depth + o * taps * width;
        Panels.filters(w, s, taps, columns, frame.array(product.packed), d, width);
      }
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(product.packed);
    }

    @Override
    public List<Kernel> after() {
      return after;
    }
  }
}
