package dev.tarn.engine.vector;

/// How a kernel's units of work become blocks: as many as are worth a hand-over to another thread,
/// and enough that threads of unequal speed finish together.
///
/// @param workOfUnit in floats that are read or multiplied, roughly
/// @param worth work of one block at least
/// @param most blocks
record Shares(long workOfUnit, long worth, int most) {
  static final int MOST_BLOCKS = 64;

  Shares(long workOfUnit, long worth) {
    this(workOfUnit, worth, MOST_BLOCKS);
  }

  /// Blocks for this many units.
  int blocks(int units) {
    long wanted = Math.max(1, Math.multiplyExact(workOfUnit, (long) units) / worth);
    return (int) Math.min(Math.min(wanted, most), units);
  }

  /// The first unit of a block; that of the next block is one past its last.
  int first(int block, int units) {
    return (int) ((long) block * units / blocks(units));
  }
}
