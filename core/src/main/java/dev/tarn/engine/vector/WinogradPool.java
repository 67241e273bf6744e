package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// Max pooling 2×2/2 of a tile of results that has just been transformed and is in the first-level
/// cache, lanes over channels: the map before pooling is never written.
///
/// The cells of a window stand at `a[at + y·line + x·cell + c]` for `n` channels, padded to whole
/// vectors. The first of equals wins, and the first NaN.
final class WinogradPool {
  private WinogradPool() {}

  /// The largest of each channel, to `b[to + c]`.
  static void largest(float[] a, int at, int line, int cell, float[] b, int to, int n) {
    int whole = n / V * V;
    for (int c = 0; c < whole; c += V) {
      largest(a, at + c, line, cell).intoArray(b, to + c);
    }
    if (whole < n) {
      var m = F.indexInRange(whole, n);
      largest(a, at + whole, line, cell).intoArray(b, to + whole, m);
    }
  }

  private static FloatVector largest(float[] a, int at, int line, int cell) {
    var best = FloatVector.fromArray(F, a, at);
    var value = FloatVector.fromArray(F, a, at + cell);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, a, at + line);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, a, at + line + cell);
    return best.blend(value, PoolExtremum.wins(value, best));
  }

  /// Which of the four it is, to `places[to + c]`.
  static void places(float[] a, int at, int line, int cell, byte[] places, int to, int n) {
    int whole = n / V * V;
    for (int c = 0; c < whole; c += V) {
      Pools.store(place(a, at + c, line, cell), places, to + c);
    }
    if (whole < n) {
      Pools.store(place(a, at + whole, line, cell), places, to + whole, n - whole);
    }
  }

  private static IntVector place(float[] a, int at, int line, int cell) {
    var best = FloatVector.fromArray(F, a, at);
    var value = FloatVector.fromArray(F, a, at + cell);
    var wins = PoolExtremum.wins(value, best);
    best = best.blend(value, wins);
    var place = IntVector.zero(I).blend(1, wins.cast(I));
    value = FloatVector.fromArray(F, a, at + line);
    wins = PoolExtremum.wins(value, best);
    best = best.blend(value, wins);
    place = place.blend(2, wins.cast(I));
    value = FloatVector.fromArray(F, a, at + line + cell);
    return place.blend(3, PoolExtremum.wins(value, best).cast(I));
  }
}
