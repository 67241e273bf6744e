package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;
import java.util.List;

/// Large windows at a cost that does not depend on their size: rows first, then columns, each by
/// running results of blocks as long as the window (van Herk 1992, "A fast algorithm for local
/// minimum and maximum filters on rectangular and octagonal kernels"; Gil & Werman 1993, "Computing
/// 2-D min, median, and max filters").
///
/// A window that is as long as a block begins in one and ends in the same or the next: its result
/// is that of the end of the first, from the window's beginning on, with that of the beginning of
/// the second. Nothing is ever taken out of a result, so that no sum loses digits, and NaN and ∞
/// stay inside their windows. Windows that are clipped begin or end where a block does, too.
///
/// Rows come in one after the other and are kept, as pooled lines, in a ring as high as the window:
/// when a block of rows is complete, its lines become the results from each of them to the end of
/// the block, and are overwritten just when no window needs them any more.
final class PoolSlides {
  /// What is done with lines, which lie in the working memory.
  interface Lines {
    /// Pools one row of cells of a unit across its columns.
    void row(Frame frame, int block, int unit, int row, int to);

    /// `to = first ∘ second`.
    void join(float[] memory, int first, int second, int to, int length);

    /// Makes a row of outputs of pooled cells.
    void put(Frame frame, int unit, int row, int from);
  }

  /// Taps of a window from which on this is faster than visiting each.
  private static final int LARGE = 25;

  private static final int MOST_BLOCKS = 8;

  /// Floats of working memory that one block has at most.
  private static final int MOST_MEMORY = 1 << 19;

  private final PoolGeometry g;
  private final int lanes;
  private final int line;
  private final int row;
  private final Buffer scratch;

  /// @param lanes channels that are worked on at once, if these are the last axis; else 1
  /// @param line floats of a pooled line
  /// @param row floats that pooling a row needs
  PoolSlides(PoolGeometry geometry, int lanes, int line, int row) {
    this.g = geometry;
    this.lanes = geometry.layout() == Layout.NHWC ? lanes : 1;
    this.line = line;
    this.row = row;
    this.scratch = Buffer.scratch(Space.ARENA, "sliding lines", (long) MOST_BLOCKS * size());
  }

  /// Whether windows are large, close together and regular enough.
  ///
  /// @param floats of the working memory of one output, channels last
  static boolean fits(PoolGeometry g, int floats) {
    boolean last = g.layout() == Layout.NHWC;
    double line = (double) g.width().outputs() * (last ? floats : 2);
    return g.depth().inputs() == 1
        && g.depth().outputs() == 1
        && slides(g.height())
        && slides(g.width())
        && (long) g.height().kernel() * g.width().kernel() >= LARGE
        && (double) g.height().kernel() * g.width().kernel()
            >= 4.0 * g.height().stride() * g.width().stride()
        && (g.height().kernel() + 4.0) * line < MOST_MEMORY
        && 32.0 * (g.width().inputs() + 2.0 * g.width().kernel()) < MOST_MEMORY;
  }

  private static boolean slides(Spans spans) {
    return spans.step() == 1 && spans.stride() > 0 && spans.outputs() > 1;
  }

  /// Floats of one block: the ring, the running line, the result, and what a row needs.
  private int size() {
    return (g.height().kernel() + 2) * line + row;
  }

  List<Buffer> scratch() {
    return List.of(scratch);
  }

  float[] memory(Frame frame) {
    return frame.array(scratch);
  }

  private int at(int block) {
    return scratch.at() + block * size();
  }

  /// Where pooling a row has its memory.
  int rowAt(int block) {
    return at(block) + (g.height().kernel() + 2) * line;
  }

  /// Slices of the channels of a sample.
  private int slices() {
    return (g.channels() + lanes - 1) / lanes;
  }

  int blocks(int batch) {
    return Math.min(MOST_BLOCKS, batch * slices());
  }

  int sample(int unit) {
    return unit / slices();
  }

  /// The first channel of a unit.
  int channel(int unit) {
    return unit % slices() * lanes;
  }

  void run(Frame frame, int block, Lines lines) {
    long units = (long) frame.batch() * slices();
    int blocks = blocks(frame.batch());
    for (long unit = block * units / blocks; unit < (block + 1) * units / blocks; unit++) {
      slide(frame, block, (int) unit, lines);
    }
  }

  private void slide(Frame frame, int block, int unit, Lines lines) {
    Spans height = g.height();
    int k = height.kernel();
    int ring = at(block);
    int running = ring + k * line;
    float[] memory = memory(frame);
    int oy = 0;
    for (int iy = 0; iy < height.inputs() && oy < height.outputs(); iy++) {
      int slot = ring + iy % k * line;
      lines.row(frame, block, unit, iy, slot);
      if (iy % k == 0) {
        System.arraycopy(memory, slot, memory, running, line);
      } else {
        lines.join(memory, running, slot, running, line);
      }
      int start = iy - iy % k;
      for (; ends(oy, iy) && height.from(oy) <= start; oy++) {
        put(frame, unit, oy, ring, start, lines);
      }
      if (iy % k == k - 1 || iy == height.inputs() - 1) {
        for (int i = iy % k - 1; i >= 0; i--) {
          int at = ring + i * line;
          lines.join(memory, at, at + line, at, line);
        }
      }
      for (; ends(oy, iy); oy++) {
        lines.put(frame, unit, oy, ring + height.from(oy) % k * line);
      }
    }
  }

  private boolean ends(int oy, int row) {
    return oy < g.height().outputs() && g.height().from(oy) + g.height().taps(oy) - 1 == row;
  }

  /// An output whose window ends in the block that begins at `start`.
  private void put(Frame frame, int unit, int oy, int ring, int start, Lines lines) {
    int k = g.height().kernel();
    int running = ring + k * line;
    if (g.height().from(oy) == start) {
      lines.put(frame, unit, oy, running);
    } else {
      int result = running + line;
      int first = ring + g.height().from(oy) % k * line;
      lines.join(memory(frame), first, running, result, line);
      lines.put(frame, unit, oy, result);
    }
  }
}
