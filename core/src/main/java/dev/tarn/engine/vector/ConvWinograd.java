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

/// Convolution by 3×3 filters with stride 1, and its gradient by data, by Winograd's F(4×4, 3×3):
/// 36 products instead of 144 for 16 results.
///
/// Not in the order of the reference: measured on unit-variance data, results differ from it by at
/// most 2e-5 of the largest; the bits do not depend on lanes or threads. A group of [#TILES] tiles
/// is transformed, multiplied (36 matrix products) and transformed back while it is in the
/// second-level cache. The transformed weight is four times the weight, so small planes, which use
/// it but a few times, are not worth it.
final class ConvWinograd implements Kernel {
  private static final int TILES = 2 * ROWS;
  private static final int CHUNK = 64;
  private static final int LEAST_TILES = 36;

  private final Sweep sweep;
  private final int in;
  private final int out;
  private final int tilesX;
  private final int tiles;
  private final int zeros;
  private final int mostBlocks;
  private final int workSize;
  private final Buffer weight;
  private final Buffer work;

  private ConvWinograd(Sweep sweep) {
    this.sweep = sweep;
    this.in = sweep.sourceChannels();
    this.out = sweep.resultChannels();
    this.tilesX = (sweep.width().result() + 3) / 4;
    this.tiles = (sweep.height().result() + 3) / 4 * tilesX;
    // Transformed cells and products of a group, half-transformed tile, zeros, results thrown away.
    this.zeros = Math.max(in, CHUNK);
    this.workSize = 36 * TILES * (in + out) + 36 * CHUNK + zeros + out;
    this.mostBlocks = Math.clamp((1L << 23) / workSize, 4, 16);
    this.weight = Buffer.scratch(Space.ARENA, sweep.weight() + " transformed", 36L * in * out);
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) mostBlocks * workSize);
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    String why = refusal(sweep);
    if (why != null) {
      refusals.add("winograd: " + why);
      return null;
    }
    var product = new ConvWinograd(sweep);
    return new TransformWeight(product);
  }

  private static @Nullable String refusal(Sweep sweep) {
    Sweep.Axis h = sweep.height();
    Sweep.Axis w = sweep.width();
    if (h.kernel() != 3 || w.kernel() != 3) {
      return "kernel %d×%d, needs 3×3".formatted(h.kernel(), w.kernel());
    }
    if (h.step() != 1 || w.step() != 1 || h.spread() != 1 || w.spread() != 1) {
      return "strided, needs stride 1";
    }
    if (h.dilation() != 1 || w.dilation() != 1 || sweep.groups() != 1) {
      return "dilation or groups, needs neither";
    }
    if (sweep.sourceChannels() % 16 != 0 || sweep.resultChannels() % 16 != 0) {
      return "%d to %d channels, needs multiples of 16"
          .formatted(sweep.sourceChannels(), sweep.resultChannels());
    }
    int tiles = (h.result() + 3) / 4 * ((w.result() + 3) / 4);
    if (tiles < LEAST_TILES || sweep.sourceChannels() < 32 || sweep.resultChannels() < 32) {
      return "%d tiles of %d to %d channels, needs %d of 32"
          .formatted(tiles, sweep.sourceChannels(), sweep.resultChannels(), LEAST_TILES);
    }
    if (sweep.source().space() != Space.ARENA || sweep.result().space() != Space.ARENA) {
      return "operands outside of the arena";
    }
    return null;
  }

  @Override
  public String name() {
    return "%s by Winograd F(4×4, 3×3)".formatted(sweep.gradient() ? "gradient" : "convolution");
  }

  private int groups(int batch) {
    return (int) (((long) tiles * batch + TILES - 1) / TILES);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(mostBlocks, groups(batch));
  }

  @Override
  public void run(Frame frame, int block) {
    int groups = groups(frame.batch());
    int blocks = blocks(frame.batch());
    int at = work.at() + block * workSize;
    int zeroAt = zeroAt(at);
    Arrays.fill(frame.arena(), zeroAt, zeroAt + zeros, 0f);
    int past = (int) ((block + 1L) * groups / blocks);
    for (int g = (int) ((long) block * groups / blocks); g < past; g++) {
      int count = (int) Math.min(TILES, (long) tiles * frame.batch() - (long) g * TILES);
      for (int i = 0; i < count; i++) {
        input(frame.arena(), g * TILES + i, i, at);
      }
      multiply(frame.arena(), count, at);
      for (int i = 0; i < count; i++) {
        output(frame, g * TILES + i, i, at);
      }
    }
  }

  /// Products of a group, `[36][TILES][out]`; before them the transformed cells `[36][TILES][in]`.
  private int productsAt(int at) {
    return at + 36 * TILES * in;
  }

  private int halfAt(int at) {
    return productsAt(at) + 36 * TILES * out;
  }

  /// Zeros that stand for cells in the padding.
  private int zeroAt(int at) {
    return halfAt(at) + 36 * CHUNK;
  }

  /// Where results beyond the border go.
  private int nowhereAt(int at) {
    return zeroAt(at) + zeros;
  }

  private void input(float[] arena, int tile, int i, int at) {
    int y = sweep.height().origin() + tile % tiles / tilesX * 4;
    int x = sweep.width().origin() + tile % tiles % tilesX * 4;
    int from = sweep.source().at() + tile / tiles * sweep.sourceSize();
    int zeroAt = zeroAt(at);
    int half = halfAt(at);
    int to = at + i * in;
    int step = TILES * in;
    for (int c = 0; c < in; c += CHUNK) {
      int n = Math.min(CHUNK, in - c);
      for (int j = 0; j < 6; j++) {
        int z = zeroAt + c;
        int o0 = cell(from, y, x + j, c, z);
        int o1 = cell(from, y + 1, x + j, c, z);
        int o2 = cell(from, y + 2, x + j, c, z);
        int o3 = cell(from, y + 3, x + j, c, z);
        int o4 = cell(from, y + 4, x + j, c, z);
        int o5 = cell(from, y + 5, x + j, c, z);
        Winograd.input(arena, o0, o1, o2, o3, o4, o5, arena, half + j * CHUNK, 6 * CHUNK, n);
      }
      for (int r = 0; r < 6; r++) {
        int h = half + r * 6 * CHUNK;
        Winograd.input(
            arena,
            h,
            h + CHUNK,
            h + 2 * CHUNK,
            h + 3 * CHUNK,
            h + 4 * CHUNK,
            h + 5 * CHUNK,
            arena,
            to + r * 6 * step + c,
            step,
            n);
      }
    }
  }

  private int cell(int from, int y, int x, int c, int otherwise) {
    int height = sweep.height().source();
    int width = sweep.width().source();
    boolean inside = y >= 0 && y < height && x >= 0 && x < width;
    return inside ? from + (y * width + x) * in + c : otherwise;
  }

  private void multiply(float[] arena, int count, int at) {
    int products = productsAt(at);
    for (int e = 0; e < 36; e++) {
      int to = products + e * TILES * out;
      Arrays.fill(arena, to, to + count * out, 0f);
      int left = at + e * TILES * in;
      int right = weight.at() + e * in * out;
      for (int column = 0; column < out; column += COLS) {
        int width = Math.min(COLS, out - column);
        for (int row = 0; row < count; row += ROWS) {
          StridedTile.add(
              arena,
              left + row * in,
              1,
              in,
              arena,
              right + column * in,
              width,
              in,
              arena,
              to + row * out + column,
              out,
              Math.min(ROWS, count - row),
              width);
        }
      }
    }
  }

  private void output(Frame frame, int tile, int i, int at) {
    float[] arena = frame.arena();
    int y = tile % tiles / tilesX * 4;
    int x = tile % tiles % tilesX * 4;
    int to = sweep.result().at() + tile / tiles * sweep.positions() * out;
    int from = productsAt(at) + i * out;
    int half = halfAt(at);
    int step = TILES * out;
    int nowhere = nowhereAt(at);
    Buffer bias = sweep.bias();
    float[] start = bias == null ? arena : frame.array(bias);
    int zeroAt = zeroAt(at);
    for (int c = 0; c < out; c += CHUNK) {
      int n = Math.min(CHUNK, out - c);
      for (int j = 0; j < 6; j++) {
        int h = half + j * CHUNK;
        int o1 = h + 6 * CHUNK;
        int o2 = h + 12 * CHUNK;
        int o3 = h + 18 * CHUNK;
        int m = from + j * step + c;
        Winograd.output(arena, m, 6 * step, arena, zeroAt, arena, h, o1, o2, o3, n);
      }
      int biasAt = bias == null ? zeroAt : bias.at() + c;
      for (int r = 0; r < 4; r++) {
        int o0 = result(to, y + r, x, c, nowhere);
        int o1 = result(to, y + r, x + 1, c, nowhere);
        int o2 = result(to, y + r, x + 2, c, nowhere);
        int o3 = result(to, y + r, x + 3, c, nowhere);
        int h = half + r * 6 * CHUNK;
        Winograd.output(arena, h, CHUNK, start, biasAt, arena, o0, o1, o2, o3, n);
      }
    }
  }

  private int result(int to, int y, int x, int c, int otherwise) {
    int width = sweep.width().result();
    boolean inside = y < sweep.height().result() && x < width;
    return inside ? to + (y * width + x) * out + c : otherwise + c;
  }

  /// The first stage: the transformed weight, `[36]` matrices in panels.
  private static final class TransformWeight implements Kernel {
    private final ConvWinograd product;
    private final int panels;
    private final int each;
    private final Buffer taps;
    private final List<Kernel> after;

    TransformWeight(ConvWinograd product) {
      this.product = product;
      this.after = List.of(product);
      this.panels = Panels.count(product.out);
      this.each = (9 * product.in + 18) * COLS;
      this.taps = Buffer.scratch(Space.ARENA, "taps", (long) panels * each);
    }

    @Override
    public String name() {
      return product.name();
    }

    @Override
    public int blocks(int batch) {
      return batch == 0 ? 0 : panels;
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(product.weight, product.work, taps);
    }

    @Override
    public List<Kernel> after() {
      return after;
    }

    @Override
    public void run(Frame frame, int panel) {
      int in = product.in;
      int columns = Panels.columns(panel, product.out);
      float[] arena = frame.arena();
      int at = taps.at() + panel * each;
      pack(frame, panel, columns, at);
      int half = at + 9 * in * COLS;
      int step = in * product.out;
      int last = product.sweep.gradient() ? 8 : 0;
      for (int c = 0; c < in; c++) {
        int from = at + c * 9 * columns;
        for (int j = 0; j < 3; j++) {
          int o0 = from + Math.abs(last - j) * columns;
          int o1 = from + Math.abs(last - 3 - j) * columns;
          int o2 = from + Math.abs(last - 6 - j) * columns;
          Winograd.weight(arena, o0, o1, o2, arena, half + j * COLS, 3 * COLS, columns);
        }
        int to = product.weight.at() + panel * COLS * in + c * columns;
        for (int r = 0; r < 6; r++) {
          int h = half + r * 3 * COLS;
          Winograd.weight(
              arena, h, h + COLS, h + 2 * COLS, arena, to + r * 6 * step, step, columns);
        }
      }
    }

    /// The filters of the panel's columns side by side: `[source channel][tap][columns]`.
    private void pack(Frame frame, int panel, int columns, int at) {
      int in = product.in;
      Sweep sweep = product.sweep;
      float[] w = frame.array(sweep.weight());
      int from = sweep.weight().at();
      if (sweep.gradient()) {
        for (int c = 0; c < in; c++) {
          int s = from + (c * product.out + panel * COLS) * 9;
          Panels.filters(w, s, 9, columns, frame.arena(), at + c * 9 * columns, columns);
        }
      } else {
        int s = from + panel * COLS * 9 * in;
        Panels.transposed(w, s, 9 * in, 9 * in, columns, 0, frame.arena(), at);
      }
    }
  }
}
