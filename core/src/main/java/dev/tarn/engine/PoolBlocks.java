package dev.tarn.engine;

import dev.tarn.tensor.Layout;

/// How the work of a pooling kernel is cut: samples, slices of channels and, where blocks write
/// outputs alone, bands of output rows. Depends on the geometry only, never on threads.
public final class PoolBlocks {
  /// Cells that are worth a block of their own: some 20 µs of plain loops.
  private static final double WORTH = 1 << 15;

  /// Slices of channels begin on a cache line.
  private static final int LINE = 16;

  private final int channels;
  private final int rows;
  private final int slice;
  private final int slices;
  private final int band;
  private final int bands;

  private PoolBlocks(PoolGeometry geometry, int mostBands) {
    channels = geometry.channels();
    rows = Math.multiplyExact(geometry.depth().outputs(), geometry.height().outputs());
    long wanted = Math.max(1, (long) (geometry.visits() * channels / WORTH));
    long wantedBands = Math.min(wanted, mostBands);
    band = (int) ((rows + wantedBands - 1) / wantedBands);
    bands = (rows + band - 1) / band;
    int least = geometry.layout() == Layout.NHWC ? LINE : 1;
    long wantedSlices = Math.max(1, wanted / bands);
    long widest = (channels + wantedSlices - 1) / wantedSlices;
    slice = (int) Math.min(channels, (widest + least - 1) / least * least);
    slices = (channels + slice - 1) / slice;
  }

  /// For kernels whose blocks write outputs of the pooling: bands of rows, then channels.
  public static PoolBlocks ofOutputs(PoolGeometry geometry) {
    return new PoolBlocks(
        geometry, Math.multiplyExact(geometry.depth().outputs(), geometry.height().outputs()));
  }

  /// For kernels whose blocks write inputs of the pooling, where windows may overlap: channels.
  public static PoolBlocks ofInputs(PoolGeometry geometry) {
    return new PoolBlocks(geometry, 1);
  }

  /// Blocks of a batch.
  public int count(int batch) {
    return Math.multiplyExact(batch, Math.multiplyExact(slices, bands));
  }

  public int sample(int block) {
    return block / (slices * bands);
  }

  /// First channel of a block.
  public int fromChannel(int block) {
    return block / bands % slices * slice;
  }

  /// One past the last channel of a block.
  public int toChannel(int block) {
    return Math.min(channels, fromChannel(block) + slice);
  }

  /// First output row `oz·OH + oy` of a block.
  public int fromRow(int block) {
    return block % bands * band;
  }

  /// One past the last output row of a block.
  public int toRow(int block) {
    return Math.min(rows, fromRow(block) + band);
  }
}
