package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.Space;
import java.util.Arrays;

/// How a forward pooling of planes, channels first, is cut: into bands of output rows whose lines
/// stay in the nearest cache, and these into few blocks, each with working memory of its own.
final class PoolPlanes {
  /// Floats of the lines of a band, if a window needs no more: half of a cache of 48 KiB.
  private static final int NEAR = 6 * 1024;

  /// Cells that are worth a hand-over: about 3 µs.
  private static final int WORTH = 1 << 15;

  /// Working memory is kept for so many blocks.
  private static final int MOST_BLOCKS = 16;

  private final PoolGeometry g;
  final PoolRows rows;
  final PoolLines lines;
  private final int outputRows;
  private final boolean flat;
  private final int band;
  private final int bands;
  private final int[] firstLine;
  private final int[] lineCount;
  private final int[] offsets;
  private final int slot;
  private final int rowStep;
  private final double work;
  private final Buffer scratch;
  private final float padding;

  /// @param padding what padding holds
  PoolPlanes(PoolGeometry geometry, float padding) {
    this.g = geometry;
    this.padding = padding;
    this.rows = PoolRows.ofOutputs(g);
    this.outputRows = g.depth().outputs() * g.height().outputs();
    this.flat = g.depth().inputs() == 1 && g.depth().outputs() == 1;
    int fit = (int) Math.max(1, NEAR / PoolLines.size(g.width()));
    int most = 1;
    // Windows over three axes take rows that lie apart, so there a band is one row of outputs.
    while (flat && most < outputRows && lines((outputRows - most) / 2, most + 1) <= fit) {
      most++;
    }
    this.band = most;
    this.bands = (outputRows + band - 1) / band;
    this.firstLine = new int[bands];
    this.lineCount = new int[bands];
    int longest = 0;
    for (int b = 0; b < bands; b++) {
      int from = b * band;
      firstLine[b] = flat ? firstRow(from, band) : rows.start(from);
      lineCount[b] = lines(from, band);
      longest = Math.max(longest, lineCount[b]);
    }
    this.lines = new PoolLines(g.width(), longest);
    this.slot = lines.size();
    boolean even = flat && g.height().unclipped() && g.height().stride() > 0;
    this.offsets = new int[flat ? g.height().kernel() * g.width().kernel() : 0];
    for (int t = 0; t < offsets.length; t++) {
      int ky = t / g.width().kernel() * g.height().step();
      offsets[t] = ky * lines.pitch() + lines.tapAt(t % g.width().kernel());
    }
    this.rowStep = even && outputRows > 1 ? g.height().stride() * lines.pitch() : 0;
    this.work = g.visits() / bands;
    this.scratch = Buffer.scratch(Space.ARENA, "lines", (long) MOST_BLOCKS * slot);
  }

  private int firstRow(int from, int count) {
    int first = Integer.MAX_VALUE;
    for (int p = rows.start(from); p < rows.start(Math.min(outputRows, from + count)); p++) {
      first = Math.min(first, rows.row(p));
    }
    return first;
  }

  /// Lines that these rows of outputs need. Dilated windows at a border may begin before or end
  /// behind those of their neighbours.
  private int lines(int from, int count) {
    int pairs = rows.start(Math.min(outputRows, from + count));
    if (!flat) {
      return pairs - rows.start(from);
    }
    int last = 0;
    for (int p = rows.start(from); p < pairs; p++) {
      last = Math.max(last, rows.row(p));
    }
    return last + 1 - firstRow(from, count);
  }

  Buffer scratch() {
    return scratch;
  }

  int blocks(int batch) {
    double units = (double) batch * g.channels() * bands;
    return (int) Math.min(Math.min(MOST_BLOCKS, units), Math.max(1, units * work / WORTH));
  }

  /// The first unit of a block; that of the next block is one past its last.
  int first(int block, int batch) {
    return (int) ((long) block * batch * g.channels() * bands / blocks(batch));
  }

  /// Which plane of the batch a unit belongs to.
  int plane(int unit) {
    return unit / bands;
  }

  int fromRow(int unit) {
    return unit % bands * band;
  }

  int toRow(int unit) {
    return Math.min(outputRows, fromRow(unit) + band);
  }

  /// Where a block's lines lie.
  int at(int block) {
    return scratch.at() + block * slot;
  }

  /// Fills a block's lines with padding, before anything else.
  void clear(float[] memory, int block) {
    if (!lines.padded()) {
      return;
    }
    Arrays.fill(memory, at(block), at(block) + slot, padding);
  }

  /// Makes the lines of a unit.
  void fill(Frame frame, Buffer x, int unit, int at, float sign) {
    float[] xs = frame.array(x);
    float[] to = frame.array(scratch);
    int in = x.at() + plane(unit) * g.inPositions();
    int cells = g.width().inputs();
    int first = firstLine(unit);
    if (flat) {
      lines.comb(xs, in + first * cells, lineCount[unit % bands], to, at, sign);
    } else {
      for (int pair = first; pair < rows.start(toRow(unit)); pair++) {
        int line = at + (pair - first) * lines.pitch();
        lines.comb(xs, in + rows.row(pair) * cells, 1, to, line, sign);
      }
    }
  }

  /// How far the lines of neighbouring rows of outputs are apart, 0 if that is not the same
  /// everywhere.
  int rowStep() {
    return rowStep;
  }

  /// What identifies the first line of a unit, for [#line].
  int firstLine(int unit) {
    return firstLine[unit % bands];
  }

  /// Where the line of a pair of rows lies.
  int line(int at, int first, int pair) {
    return at + (flat ? rows.row(pair) - first : pair - first) * lines.pitch();
  }

  /// Whether the windows of a row of outputs are not clipped at its ends, so that [#offsets] are
  /// right.
  boolean whole(int row) {
    return flat && rows.start(row + 1) - rows.start(row) == g.height().kernel();
  }

  /// From the line of a window's first row, where the cells under its taps lie, in their order.
  int[] offsets() {
    return offsets;
  }
}
