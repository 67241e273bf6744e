package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.Pools.HALF;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// Sums in double that lie in working memory, as pairs of floats which nobody reads as floats.
final class DoubleSums {
  private static final VectorShuffle<Double> BY_ONE = partner(1);
  private static final VectorShuffle<Double> BY_TWO = partner(2 % HALF);
  private static final VectorShuffle<Double> BY_FOUR = partner(4 % HALF);
  private static final VectorMask<Double> ODD = lanesWith(1);
  private static final VectorMask<Double> ODD_PAIRS = lanesWith(2);
  private static final VectorMask<Double> ODD_FOURS = lanesWith(4);

  private DoubleSums() {}

  private static VectorShuffle<Double> partner(int distance) {
    return VectorShuffle.fromOp(D, lane -> lane ^ distance);
  }

  private static VectorMask<Double> lanesWith(int bit) {
    boolean[] set = new boolean[HALF];
    for (int lane = 0; lane < HALF; lane++) {
      set[lane] = (lane & bit) != 0;
    }
    return VectorMask.fromArray(D, set, 0);
  }

  static DoubleVector load(float[] memory, int at) {
    return FloatVector.fromArray(F, memory, at).reinterpretAsDoubles();
  }

  static void store(DoubleVector v, float[] memory, int at) {
    v.reinterpretAsFloats().intoArray(memory, at);
  }

  /// The sum of the lanes, added by halves.
  static double total(DoubleVector sums) {
    var sum = sums;
    if (HALF > 4) {
      sum = sum.add(sum.rearrange(BY_FOUR));
    }
    if (HALF > 2) {
      sum = sum.add(sum.rearrange(BY_TWO));
    }
    return sum.add(sum.rearrange(BY_ONE)).lane(0);
  }

  /// Whether no lane is NaN or infinite.
  static boolean isFinite(DoubleVector v) {
    var zero = v.sub(v);
    return !zero.compare(VectorOperators.NE, zero).anyTrue();
  }

  /// The sums of the lanes of as many vectors as each has lanes, one in each lane of the result:
  /// lane `i` and lane `i + 4` first, then by two, then neighbours.
  ///
  /// Each step adds two vectors to one that holds half as many sums of each, as a matrix is
  /// transposed.
  static DoubleVector totals(float[] memory, int at) {
    return switch (HALF) {
      case 8 ->
          ones(
              twos(fours(memory, at), fours(memory, at + 2 * V)),
              twos(fours(memory, at + V), fours(memory, at + 3 * V)));
      case 4 ->
          ones(
              twos(load(memory, at), load(memory, at + 2 * V)),
              twos(load(memory, at + V), load(memory, at + 3 * V)));
      default -> ones(load(memory, at), load(memory, at + V));
    };
  }

  private static DoubleVector fours(float[] memory, int at) {
    var a = load(memory, at);
    var b = load(memory, at + 4 * V);
    return a.blend(b.rearrange(BY_FOUR), ODD_FOURS).add(a.rearrange(BY_FOUR).blend(b, ODD_FOURS));
  }

  private static DoubleVector twos(DoubleVector a, DoubleVector b) {
    return a.blend(b.rearrange(BY_TWO), ODD_PAIRS).add(a.rearrange(BY_TWO).blend(b, ODD_PAIRS));
  }

  private static DoubleVector ones(DoubleVector a, DoubleVector b) {
    return a.blend(b.rearrange(BY_ONE), ODD).add(a.rearrange(BY_ONE).blend(b, ODD));
  }
}
