package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Convolution with one tap and its gradient by data, in the order of the reference: a product of
/// matrices, positions × channels by channels × channels.
///
/// The map is the left-hand matrix as it lies; tiles of it are copied by whole vectors so that
/// their rows get constant distances ([ConvPointwiseTile]), which costs one copy for every `2V`
/// results of a position. A stride leaves positions out.
final class ConvPointwise implements Kernel {
  private static final int MOST_BLOCKS = 32;

  /// Tiles that stay in the second-level cache while all filters pass by.
  private static final int TILES = 8;

  private final Sweep sweep;
  private final PackedFilters filters;
  private final int[] productAt;
  private final int tileSize;
  private final int workSize;
  private final Buffer work;
  private final Shares shares;

  private ConvPointwise(Sweep sweep) {
    this.sweep = sweep;
    this.filters = PackedFilters.inLanes(sweep);
    int depth = sweep.depth();
    this.productAt = new int[depth];
    for (int k = 0; k < depth; k++) {
      productAt[k] = k / V * ROWS * V + k % V;
    }
    this.tileSize = Math.ceilDiv(depth, V) * ROWS * V;
    this.workSize = TILES * tileSize + ROWS * COLS;
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) MOST_BLOCKS * workSize);
    long each = sweep.work() / sweep.positions();
    this.shares = new Shares(each * ROWS * TILES + 1, 1 << 18);
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    int taps = sweep.height().kernel() * sweep.width().kernel();
    String why =
        taps > 1
            ? "%d taps, needs 1".formatted(taps)
            : sweep.height().padded() || sweep.width().padded()
                ? "padding"
                : sweep.height().spread() > 1 || sweep.width().spread() > 1
                    ? "gradient of a stride"
                    : sweep.sourceChannels() < V / 2
                        ? "%d channels, needs %d".formatted(sweep.sourceChannels(), V / 2)
                        : sweep.groups() > 1 && sweep.resultChannels() < V / 2
                            ? "groups of %d results".formatted(sweep.resultChannels())
                            : null;
    if (why != null) {
      refusals.add("pointwise: " + why);
      return null;
    }
    var product = new ConvPointwise(sweep);
    Kernel whole = product.filters.before(product);
    return sweep.mask() == null ? whole : Finish.of(sweep, whole);
  }

  @Override
  public String name() {
    return "pointwise %s, %d×%d tiles"
        .formatted(sweep.gradient() ? "gradient" : "convolution", ROWS, COLS);
  }

  private int units(int batch) {
    return Math.ceilDiv(batch * sweep.positions(), TILES * ROWS);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, shares.blocks(units(batch)));
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(work);
  }

  @Override
  public List<Kernel> once() {
    return filters.once();
  }

  @Override
  public void run(Frame frame, int block) {
    int all = frame.batch() * sweep.positions();
    int units = units(frame.batch());
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * units / blocks);
    for (int unit = (int) ((long) block * units / blocks); unit < past; unit++) {
      int first = unit * TILES * ROWS;
      unit(frame, first, Math.min(all, first + TILES * ROWS), work.at() + block * workSize);
    }
  }

  /// The results at positions `first` to `past`, counted through the samples.
  private void unit(Frame frame, int first, int past, int workAt) {
    int channels = sweep.groups() * sweep.resultChannels();
    for (int group = 0; group < sweep.groups(); group++) {
      for (int p = first; p < past; p++) {
        int tile = (p - first) / ROWS;
        int row = (p - first) % ROWS;
        copy(frame, group, p, workAt + tile * tileSize + row * V);
      }
      for (int panel = 0; panel < filters.panels(); panel++) {
        for (int p = first; p < past; p += ROWS) {
          int tileAt = workAt + (p - first) / ROWS * tileSize;
          int count = Math.min(ROWS, past - p);
          int to =
              sweep.result().at()
                  + p * channels
                  + group * sweep.resultChannels()
                  + filters.first(panel);
          tile(frame, group, panel, tileAt, count, workAt + TILES * tileSize, to);
        }
      }
    }
    if (sweep.relu()) {
      int at = sweep.result().at();
      Pointwise.relu(frame.array(sweep.result()), at + first * channels, at + past * channels);
    }
  }

  /// Copies the channels of one position into a row of a tile.
  private void copy(Frame frame, int group, int position, int to) {
    int sample = position / sweep.positions();
    int rest = position % sweep.positions();
    int y = sweep.height().origin() + rest / sweep.width().result() * sweep.height().step();
    int x = sweep.width().origin() + rest % sweep.width().result() * sweep.width().step();
    int cells = (sample * sweep.height().source() + y) * sweep.width().source() + x;
    int channels = sweep.sourceChannels();
    int from = sweep.source().at() + (cells * sweep.groups() + group) * channels;
    row(frame.array(sweep.source()), from, channels, frame.arena(), to);
  }

  private static void row(float[] src, int at, int count, float[] dst, int to) {
    int k = 0;
    for (; k <= count - V; k += V) {
      FloatVector.fromArray(F, src, at + k).intoArray(dst, to + k * ROWS);
    }
    System.arraycopy(src, at + k, dst, to + k * ROWS, count - k);
  }

  private void tile(
      Frame frame, int group, int panel, int tileAt, int count, int spareAt, int yAt) {
    int columns = Math.min(COLS, sweep.resultChannels() - filters.first(panel));
    int vectors = filters.width(panel) / V;
    int channels = sweep.groups() * sweep.resultChannels();
    int wAt = filters.panelAt(group, panel);
    int start = filters.startAt(group, panel);
    float[] w = filters.array(frame);
    float[] x = frame.arena();
    float[] y = frame.array(sweep.result());
    if (columns == vectors * V && count == ROWS) {
      ConvPointwiseTile.set(vectors, x, tileAt, productAt, w, wAt, start, y, yAt, channels);
    } else {
      ConvPointwiseTile.set(vectors, x, tileAt, productAt, w, wAt, start, x, spareAt, COLS);
      Panels.copy(x, spareAt, COLS, y, yAt, channels, count, columns);
    }
  }
}
