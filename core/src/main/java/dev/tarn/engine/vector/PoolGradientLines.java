package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Spans;
import java.util.Arrays;

/// How the gradient of a pooling of planes, channels first, is cut and made: bands of rows of
/// cells, sorted by phase as in [PoolLines], so that one tap of neighbouring outputs adds to
/// neighbouring cells; then the phases are interleaved into the rows. What lands on padding is
/// dropped, and no two blocks write the same row.
///
/// Of two outputs that meet in a cell the later one, in row-major order, reaches it by the earlier
/// tap. So taps are taken from the last to the first, each for all outputs of the band at once.
final class PoolGradientLines {
  /// What one tap gives.
  interface Tap {
    /// Makes ready for a band.
    ///
    /// @param plane of the batch
    /// @param row first row of cells
    /// @param rows how many
    default void begin(Frame frame, int block, int plane, int row, int rows) {}

    /// Adds to lines what one tap of neighbouring rows of outputs gives.
    ///
    /// @param out the first of these outputs, of the whole batch
    /// @param rows of outputs, one behind the other
    /// @param tap its number
    /// @param at the cell under the first output
    /// @param step between the lines of these rows
    void add(Frame frame, int block, int out, int rows, int tap, int at, int step);
  }

  /// Cells that are worth a hand-over: about 3 µs.
  private static final int WORTH = 1 << 14;

  /// Working memory is kept for so many blocks.
  private static final int MOST_BLOCKS = 16;

  /// Floats of the lines of a band, if one row needs no more: a quarter of a cache of 48 KiB.
  private static final int NEAR = 3 * 1024;

  private final PoolGeometry g;
  private final PoolLines lines;
  private final int band;
  private final int bands;
  private final Buffer scratch;

  PoolGradientLines(PoolGeometry geometry) {
    this.g = geometry;
    int fit = (int) Math.max(1, NEAR / PoolLines.size(g.width()));
    this.band = Math.min(fit, g.height().inputs());
    this.bands = (g.height().inputs() + band - 1) / band;
    this.lines = new PoolLines(g.width(), band);
    this.scratch = memory("gradient lines");
  }

  /// Lines for every block.
  Buffer memory(String name) {
    return Buffer.scratch(Space.ARENA, name, (long) MOST_BLOCKS * lines.size());
  }

  Buffer scratch() {
    return scratch;
  }

  PoolLines lines() {
    return lines;
  }

  private long units(int batch) {
    return (long) batch * g.channels() * g.depth().inputs() * bands;
  }

  int blocks(int batch) {
    double cells = Math.max(g.inPositions(), g.visits());
    double worth = (double) batch * g.channels() * cells / WORTH;
    return (int) Math.min(Math.min(MOST_BLOCKS, units(batch)), (long) Math.max(1, worth));
  }

  /// Runs a block.
  void run(Frame frame, int block, Buffer gradX, Tap tap) {
    long units = units(frame.batch());
    int blocks = blocks(frame.batch());
    float[] memory = frame.array(scratch);
    int at = scratch.at() + block * lines.size();
    for (long unit = block * units / blocks; unit < (block + 1) * units / blocks; unit++) {
      int row = (int) (unit % bands) * band;
      int rows = Math.min(band, g.height().inputs() - row);
      int iz = (int) (unit / bands % g.depth().inputs());
      int plane = (int) (unit / bands / g.depth().inputs());
      Arrays.fill(memory, at, at + lines.size(), 0f);
      tap.begin(frame, block, plane, iz * g.height().inputs() + row, rows);
      gather(frame, block, plane, iz, row, rows, at, tap);
      int cell = (iz * g.height().inputs() + row) * g.width().inputs();
      int to = gradX.at() + plane * g.inPositions() + cell;
      lines.zip(memory, at, rows, frame.array(gradX), to);
    }
  }

  private void gather(
      Frame frame, int block, int plane, int iz, int row, int rows, int at, Tap tap) {
    Spans depth = g.depth();
    Spans height = g.height();
    int out = plane * g.outPositions();
    for (int kz = depth.kernel() - 1; kz >= 0; kz--) {
      int oz = first(depth, kz, iz);
      if (past(depth, kz, iz + 1) <= oz) {
        continue;
      }
      for (int ky = height.kernel() - 1; ky >= 0; ky--) {
        int oy = first(height, ky, row);
        int count = past(height, ky, row + rows) - oy;
        if (count > 0) {
          int line = oy * stride(height) - height.before() + ky * height.step() - row;
          int from = out + (oz * height.outputs() + oy) * g.width().outputs();
          int lineAt = at + line * lines.pitch();
          int step = stride(height) * lines.pitch();
          int number = (kz * height.kernel() + ky) * g.width().kernel();
          for (int kx = g.width().kernel() - 1; kx >= 0; kx--) {
            tap.add(frame, block, from, count, number + kx, lineAt + lines.tapAt(kx), step);
          }
        }
      }
    }
  }

  private static int stride(Spans spans) {
    return spans.outputs() == 1 ? 1 : spans.stride();
  }

  /// The first output of which this tap lies at `cell` or behind it.
  private static int first(Spans spans, int tap, int cell) {
    int over = cell + spans.before() - tap * spans.step();
    return Math.max(0, Math.ceilDiv(over, stride(spans)));
  }

  /// One past the last output of which this tap lies before `cell`.
  private static int past(Spans spans, int tap, int cell) {
    int over = cell + spans.before() - tap * spans.step();
    return Math.min(spans.outputs(), Math.ceilDiv(over, stride(spans)));
  }
}
