package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Space;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Convolution of few channels whose source and result lie channels first: no change of layout on
/// either side. In the order of the reference, as [ConvFirst], but with filters in the rows of the
/// tile and neighbouring results in the lanes, so that vectors are stored where planes want them.
final class ConvFirstPlanes implements Kernel {
  private static final int MOST_BLOCKS = 32;

  private final Sweep sweep;
  private final Buffer x;
  private final Buffer y;
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

  private ConvFirstPlanes(Sweep sweep, Buffer x, Buffer y) {
    this.sweep = sweep;
    this.x = x;
    this.y = y;
    this.rows = ConvFirstSource.rows(sweep);
    this.bands = Math.ceilDiv(sweep.height().result(), rows);
    this.cuts = Cuts.lanes(sweep.width().result());
    int plane = sweep.height().source() * sweep.width().source();
    this.source = new ConvFirstSource(sweep, rows, cuts.size()[0], 1, plane);
    this.filters = PackedFilters.inRows(sweep);
    this.tapAt = source.taps();
    this.sourceSize = Math.toIntExact(source.size());
    this.workSize = sourceSize + ROWS * COLS;
    this.work = Buffer.scratch(Space.ARENA, "bands", (long) MOST_BLOCKS * workSize);
    this.shares = new Shares(sweep.work() / bands + 1, 1 << 18);
  }

  /// A kernel for a chain of layout, convolution and layout, or null, with the reason in `refusals`
  /// where it is one.
  static @Nullable Kernel of(Chain chain, List<String> refusals) {
    if (chain.links().size() == 3
        && chain.first() instanceof MoveProblem.ToChannelsLast in
        && chain.links().get(1) instanceof ConvProblem.Forward conv
        && chain.last() instanceof MoveProblem.ToChannelsFirst out
        && in.y() == conv.x()
        && conv.y() == out.x()
        && VectorEngine.isPlane(conv.geometry(), refusals)) {
      Sweep sweep = Sweep.of(conv);
      String why = ConvFirst.refusal(sweep);
      if (why == null) {
        var product = new ConvFirstPlanes(sweep, in.x(), out.y());
        return product.filters.before(product);
      }
      refusals.add("few planes: " + why);
    }
    return null;
  }

  @Override
  public String name() {
    return "convolution of few planes, %d×%d tiles".formatted(ROWS, COLS);
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
    int plane = sweep.height().source() * sweep.width().source();
    int xAt = x.at() + sample * sweep.sourceSize();
    int to = y.at() + sample * sweep.resultSize() + firstRow * sweep.width().result();
    for (int group = 0; group < sweep.groups(); group++) {
      int groupAt = xAt + group * sweep.sourceChannels() * plane;
      source.fill(frame.array(x), groupAt, firstRow, count, frame.arena(), workAt);
      int groupTo = to + group * sweep.resultChannels() * sweep.positions();
      for (int row = 0; row < count; row++) {
        int rowAt = workAt + row * source.rowStep();
        row(frame, group, rowAt, workAt + sourceSize, groupTo + row * sweep.width().result());
      }
    }
  }

  /// One row of all planes of a group: its source stays in the first-level cache.
  private void row(Frame frame, int group, int rowAt, int spareAt, int to) {
    for (int p = 0; p < filters.panels(); p++) {
      for (int i = 0; i < cuts.count(); i++) {
        int at = cuts.at()[i];
        int yAt = to + filters.first(p) * sweep.positions() + at;
        tile(frame, group, p, cuts.size()[i] / V, rowAt + at, spareAt, yAt);
      }
    }
  }

  private void tile(Frame frame, int group, int panel, int vectors, int xAt, int spareAt, int yAt) {
    int size = filters.width(panel);
    int count = Math.min(size, sweep.resultChannels());
    int columns = Math.min(vectors * V, sweep.width().result());
    int plane = sweep.positions();
    int wAt = filters.panelAt(group, panel);
    int start = filters.startAt(group, panel);
    float[] w = filters.array(frame);
    float[] from = frame.arena();
    float[] to = frame.array(y);
    if (columns == vectors * V && count == size) {
      ConvFirstPlaneTile.set(size, vectors, w, wAt, start, from, xAt, tapAt, to, yAt, plane);
    } else {
      ConvFirstPlaneTile.set(size, vectors, w, wAt, start, from, xAt, tapAt, from, spareAt, COLS);
      Panels.copy(from, spareAt, COLS, to, yAt, plane, count, columns);
    }
  }
}
