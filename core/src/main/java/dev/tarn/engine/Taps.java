package dev.tarn.engine;

/// Reads and writes the places of extrema: the number of a tap inside its window, kept in as few
/// bytes as suffice.
public final class Taps {
  /// Windows up to this many taps get a table.
  private static final int TABLE = 1 << 16;

  private final PoolGeometry geometry;
  private final int bytes;
  private final int[] offsets;

  public Taps(PoolGeometry geometry) {
    this.geometry = geometry;
    this.bytes = geometry.argmaxBytes();
    this.offsets = new int[geometry.window() <= TABLE ? (int) geometry.window() : 0];
    for (int tap = 0; tap < offsets.length; tap++) {
      offsets[tap] = compute(tap);
    }
  }

  /// Bytes per place.
  public int bytes() {
    return bytes;
  }

  /// Writes the `element`-th place after byte `at`.
  public void put(byte[] to, int at, int element, int tap) {
    int first = at + element * bytes;
    for (int i = 0; i < bytes; i++) {
      to[first + i] = (byte) (tap >> (8 * i));
    }
  }

  /// Reads the `element`-th place after byte `at`.
  public int get(byte[] from, int at, int element) {
    int first = at + element * bytes;
    if (bytes == 1) {
      return from[first] & 0xff;
    }
    int tap = 0;
    for (int i = 0; i < bytes; i++) {
      tap |= (from[first + i] & 0xff) << (8 * i);
    }
    return tap;
  }

  /// The position in the input plane of tap 0 of an output's window; outside the plane if that tap
  /// lies in padding.
  public int origin(int oz, int oy, int ox) {
    int z = geometry.depth().start(oz);
    int y = geometry.height().start(oy);
    return (z * geometry.height().inputs() + y) * geometry.width().inputs()
        + geometry.width().start(ox);
  }

  /// What a tap adds to [#origin].
  public int offset(int tap) {
    return tap < offsets.length ? offsets[tap] : compute(tap);
  }

  private int compute(int tap) {
    var height = geometry.height();
    var width = geometry.width();
    int kx = tap % width.kernel();
    int ky = tap / width.kernel() % height.kernel();
    int kz = tap / width.kernel() / height.kernel();
    return (kz * geometry.depth().step() * height.inputs() + ky * height.step()) * width.inputs()
        + kx * width.step();
  }
}
