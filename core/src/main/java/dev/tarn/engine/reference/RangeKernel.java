package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;

/// A kernel whose work is a list of equal units (rows, elements, channels) of which each block
/// takes a range.
///
/// Blocks are wide enough to be worth a thread's while, and never more than [#MOST_BLOCKS].
interface RangeKernel extends Kernel {
  /// Enough for any number of cores we know, with some over to even out.
  int MOST_BLOCKS = 64;

  /// Multiply-adds, or the time of as many, below which a block is not worth handing over.
  long LEAST_WORK = 1 << 15;

  /// Units in all.
  long units(int batch);

  /// Rough cost of one unit, in multiply-adds.
  long work(int batch);

  /// Does units `from` (inclusive) to `to` (exclusive).
  void run(Frame frame, int from, int to);

  @Override
  default int blocks(int batch) {
    long units = units(batch);
    long worthwhile = Math.max(1, units * work(batch) / LEAST_WORK);
    return (int) Math.min(Math.min(units, worthwhile), MOST_BLOCKS);
  }

  @Override
  default void run(Frame frame, int block) {
    long units = units(frame.batch());
    int blocks = blocks(frame.batch());
    run(frame, (int) (units * block / blocks), (int) (units * (block + 1) / blocks));
  }
}
