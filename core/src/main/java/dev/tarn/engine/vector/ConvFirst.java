package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution of few channels, as first layers have, in the order of the reference: lanes run over
/// the filters, rows of the tile over neighbouring results.
///
/// The products of one result are too few to pay for packing them into a matrix; instead each is
/// broadcast from a copy of a few rows of the source ([ConvFirstSource]). Filters are packed
/// product by product ([PackedFilters]), once where they are constant.
final class ConvFirst implements Kernel {
  private static final int MOST_CHANNELS = 4;
  private static final int MOST_BLOCKS = 32;

  /// Floats of filters that may share the first-level cache with the source.
  private static final int NEAR = 192 * COLS;

  private final Sweep sweep;
  private final int rows;
  private final int bands;
  private final ConvFirstSource source;
  private final PackedFilters filters;
  private final Cuts cuts;
  private final int[] tapAt;
  private final int sourceSize;
  private final int workSize;
  private final Buffer work;
  private final Shares shares;

  /// Panels of filters that stay in the first-level cache together.
  private final int together;

  private ConvFirst(Sweep sweep) {
    this.sweep = sweep;
    this.rows = ConvFirstSource.rows(sweep);
    this.bands = Math.ceilDiv(sweep.height().result(), rows);
    this.cuts = Cuts.rows(sweep.width().result());
    int channels = sweep.groups() * sweep.sourceChannels();
    this.source = new ConvFirstSource(sweep, rows, cuts.size()[0], channels, 1);
    this.filters = PackedFilters.inLanes(sweep);
    this.tapAt = source.taps();
    this.sourceSize = Math.toIntExact(source.size());
    this.workSize = sourceSize + ROWS * COLS;
    this.work = Buffer.scratch(Space.ARENA, "bands", (long) MOST_BLOCKS * workSize);
    this.shares = new Shares(sweep.work() / bands + 1, 1 << 18);
    this.together = Math.max(1, NEAR / (sweep.depth() * COLS));
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    String why = refusal(sweep);
    if (why != null) {
      refusals.add("few channels: " + why);
      return null;
    }
    var product = new ConvFirst(sweep);
    return product.filters.before(product);
  }

  /// Why neither this kernel nor [ConvFirstPlanes] solves the sweep, or null.
  static @Nullable String refusal(Sweep sweep) {
    if (sweep.gradient()) {
      return "gradient by data, needs the forward pass";
    }
    if (sweep.sourceChannels() > MOST_CHANNELS) {
      return "%d channels, needs at most %d".formatted(sweep.sourceChannels(), MOST_CHANNELS);
    }
    return ConvFirstSource.isNear(sweep) ? null : "rows too long for the cache";
  }

  @Override
  public String name() {
    return "convolution of few channels, %d×%d tiles".formatted(ROWS, COLS);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, shares.blocks(batch * bands));
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
    int units = frame.batch() * bands;
    int blocks = blocks(frame.batch());
    int workAt = work.at() + block * workSize;
    int past = (int) ((block + 1L) * units / blocks);
    for (int unit = (int) ((long) block * units / blocks); unit < past; unit++) {
      int firstRow = unit % bands * rows;
      int count = Math.min(rows, sweep.height().result() - firstRow);
      band(frame, unit / bands, firstRow, count, workAt);
    }
  }

  private void band(Frame frame, int sample, int firstRow, int count, int workAt) {
    float[] x = frame.array(sweep.source());
    int xAt = sweep.source().at() + sample * sweep.sourceSize();
    int line = sweep.width().result() * sweep.groups() * sweep.resultChannels();
    int to = sweep.result().at() + (sample * sweep.height().result() + firstRow) * line;
    for (int group = 0; group < sweep.groups(); group++) {
      int groupAt = xAt + group * sweep.sourceChannels();
      source.fill(x, groupAt, firstRow, count, frame.arena(), workAt);
      for (int panel = 0; panel < filters.panels(); panel += together) {
        int past = Math.min(filters.panels(), panel + together);
        for (int row = 0; row < count; row++) {
          int rowAt = workAt + row * source.rowStep();
          row(frame, group, panel, past, rowAt, workAt + sourceSize, to + row * line);
        }
      }
    }
    if (sweep.relu()) {
      // While the band is in the second-level cache; in the tiles it would make their code larger
      // than the first compiler takes.
      Pointwise.relu(frame.array(sweep.result()), to, to + count * line);
    }
  }

  /// One row of results, of the filters of some panels.
  private void row(Frame frame, int group, int panel, int past, int rowAt, int spareAt, int to) {
    int channels = sweep.groups() * sweep.resultChannels();
    int toAt = to + group * sweep.resultChannels();
    for (int i = 0; i < cuts.count(); i++) {
      int x = cuts.at()[i];
      for (int p = panel; p < past; p++) {
        int y = toAt + x * channels + filters.first(p);
        tile(frame, group, p, cuts.size()[i], rowAt + x, spareAt, y);
      }
    }
  }

  private void tile(Frame frame, int group, int panel, int size, int xAt, int spareAt, int yAt) {
    int columns = Math.min(COLS, sweep.resultChannels() - filters.first(panel));
    int vectors = filters.width(panel) / V;
    int count = Math.min(size, sweep.width().result());
    int channels = sweep.groups() * sweep.resultChannels();
    int wAt = filters.panelAt(group, panel);
    int start = filters.startAt(group, panel);
    float[] w = filters.array(frame);
    float[] x = frame.arena();
    float[] y = frame.array(sweep.result());
    if (columns == vectors * V && count == size) {
      ConvFirstTile.set(size, vectors, x, xAt, tapAt, w, wAt, start, y, yAt, channels);
    } else {
      ConvFirstTile.set(size, vectors, x, xAt, tapAt, w, wAt, start, x, spareAt, COLS);
      Panels.copy(x, spareAt, COLS, y, yAt, channels, count, columns);
    }
  }
}
