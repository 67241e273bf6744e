package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.PoolGeometry;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;

/// What sums are divided by, and the inverse, for neighbouring outputs of a row. Rows that are
/// clipped alike share their numbers.
final class PoolDivisors {
  private final int pitch;
  private final int[] kindAt;
  private final double[] divisors;
  private final double[] inverses;
  private final double[] exact;

  PoolDivisors(PoolGeometry g, DivisorTable table) {
    int height = g.height().outputs();
    int width = g.width().outputs();
    int rows = g.depth().outputs() * height;
    this.pitch = width + V;
    this.kindAt = new int[rows];
    double[] factors = new double[rows];
    int[] first = new int[rows];
    int kinds = 0;
    for (int row = 0; row < rows; row++) {
      double factor = table.at(row / height, row % height, 0);
      int kind = 0;
      while (kind < kinds && factors[kind] != factor) {
        kind++;
      }
      if (kind == kinds) {
        factors[kinds] = factor;
        first[kinds++] = row;
      }
      kindAt[row] = kind * pitch;
    }
    this.divisors = new double[kinds * pitch];
    this.inverses = new double[kinds * pitch];
    this.exact = new double[rows];
    Arrays.fill(divisors, 1);
    Arrays.fill(inverses, 1);
    double[] exactOf = new double[kinds];
    for (int kind = 0; kind < kinds; kind++) {
      int oz = first[kind] / height;
      int oy = first[kind] % height;
      double divisor = table.at(oz, oy, 0);
      boolean alike = Pools.isPowerOfTwo(divisor);
      for (int ox = 0; ox < width; ox++) {
        double each = table.at(oz, oy, ox);
        alike &= each == divisor;
        divisors[kind * pitch + ox] = each;
        inverses[kind * pitch + ox] = 1 / each;
      }
      exactOf[kind] = alike ? 1 / divisor : 0;
    }
    for (int row = 0; row < rows; row++) {
      exact[row] = exactOf[kindAt[row] / pitch];
    }
  }

  /// The divisors of neighbouring outputs from column `ox` on.
  DoubleVector divisor(int row, int ox) {
    return DoubleVector.fromArray(D, divisors, kindAt[row] + ox);
  }

  /// Their inverses.
  DoubleVector inverse(int row, int ox) {
    return DoubleVector.fromArray(D, inverses, kindAt[row] + ox);
  }

  /// What all sums of a row may be multiplied by, 0 if they have to be divided.
  double exactInverse(int row) {
    return exact[row];
  }

  /// Where the divisors of a row of outputs lie in [#floats].
  int at(int row) {
    return kindAt[row];
  }

  /// How many rows from this one on, before another, have the same divisors.
  int alike(int row, int before) {
    int past = row + 1;
    while (past < before && kindAt[past] == kindAt[row]) {
      past++;
    }
    return past - row;
  }

  /// All divisors, which are floats.
  float[] floats() {
    float[] floats = new float[divisors.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) divisors[i];
    }
    return floats;
  }
}
