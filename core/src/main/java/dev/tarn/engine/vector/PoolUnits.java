package dev.tarn.engine.vector;

import dev.tarn.engine.PoolGeometry;

/// How the rows of a channels-last pooling become blocks. Where a sample has few rows, as in global
/// pooling, its channels are cut as well.
///
/// @param rows of one sample
/// @param slices of the channels of a row
/// @param channels of the whole
/// @param shares of the units, which are slices of rows
record PoolUnits(int rows, int slices, int channels, Shares shares) {
  /// Channels of a slice: four cache lines, which a strided sweep still reads at full speed.
  private static final int SLICE = 64;

  /// Rows of a sample from which on channels are not cut.
  private static final int ENOUGH = 4;

  /// Floats that are worth a hand-over: about 3 µs.
  private static final int WORTH = 1 << 15;

  /// Units for rows of outputs.
  static PoolUnits ofOutputs(PoolGeometry g) {
    int rows = g.depth().outputs() * g.height().outputs();
    return of(g, rows, rows < ENOUGH ? (g.channels() + SLICE - 1) / SLICE : 1);
  }

  /// Units for rows of inputs.
  static PoolUnits ofInputs(PoolGeometry g) {
    return of(g, g.depth().inputs() * g.height().inputs(), 1);
  }

  private static PoolUnits of(PoolGeometry g, int rows, int slices) {
    double work = g.visits() * (g.channels() + 16) / rows / slices;
    return new PoolUnits(
        rows, slices, g.channels(), new Shares((long) Math.min(work, 1L << 31) + 1, WORTH));
  }

  int blocks(int batch) {
    return shares.blocks(batch * rows * slices);
  }

  /// The first unit of a block; that of the next block is one past its last.
  int first(int block, int batch) {
    return shares.first(block, batch * rows * slices);
  }

  int sample(int unit) {
    return unit / slices / rows;
  }

  int row(int unit) {
    return unit / slices % rows;
  }

  /// First channel of a unit.
  int from(int unit) {
    return unit % slices * SLICE;
  }

  /// One past the last channel of a unit.
  int to(int unit) {
    return slices == 1 ? channels : Math.min(channels, from(unit) + SLICE);
  }
}
