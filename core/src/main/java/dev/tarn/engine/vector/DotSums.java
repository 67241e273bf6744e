package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.DotTile.SUMS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// The end of [DotTile]'s work: the sums of each product become one number.
///
/// Sums are added as a tree, `s[i] += s[i + d]` for `d = 8, 4, 2, 1`. Where `d` is less than a
/// vector, two vectors of unfinished sums become one, so that no lane is wasted and the numbers
/// come out side by side.
final class DotSums {
  private static final int LEVELS = Integer.numberOfTrailingZeros(SUMS);

  /// For `d = 1, 2, 4, …`: the lanes of two vectors that hold `s[i]`, and those that hold `s[i +
  /// d]`; those from V on are the second vector's.
  private static final int[][] FIRST = new int[LEVELS][V];

  private static final int[][] SECOND = new int[LEVELS][V];

  static {
    for (int level = 0; 1 << level < V; level++) {
      int d = 1 << level;
      for (int lane = 0; lane < V; lane++) {
        FIRST[level][lane] = lane / d * 2 * d + lane % d;
        SECOND[level][lane] = FIRST[level][lane] + d;
      }
    }
  }

  private DotSums() {}

  /// Replaces `products` times [DotTile#SUMS] sums by their totals.
  ///
  /// @param products a multiple of [Lanes#V]
  static void total(float[] s, int at, int products) {
    int level = LEVELS - 1;
    for (; 1 << level >= V; level--) {
      halves(s, at, products, 1 << level);
    }
    for (; level >= 0; level--) {
      merge(s, at, (products / V) << level, FIRST[level], SECOND[level]);
    }
  }

  /// Of every `2d` sums, adds the second `d` to the first.
  private static void halves(float[] s, int at, int products, int d) {
    for (int i = 0; i < products * d; i += V) {
      int from = at + i / d * 2 * d + i % d;
      FloatVector.fromArray(F, s, from)
          .add(FloatVector.fromArray(F, s, from + d))
          .intoArray(s, at + i);
    }
  }

  private static void merge(float[] s, int at, int vectors, int[] first, int[] second) {
    var f = IntVector.fromArray(I, first, 0);
    var g = IntVector.fromArray(I, second, 0);
    for (int i = 0; i < vectors; i++) {
      int from = at + 2 * i * V;
      var a = FloatVector.fromArray(F, s, from).reinterpretAsInts();
      var b = FloatVector.fromArray(F, s, from + V).reinterpretAsInts();
      f.selectFrom(a, b)
          .reinterpretAsFloats()
          .add(g.selectFrom(a, b).reinterpretAsFloats())
          .intoArray(s, at + i * V);
    }
  }

  /// Adds biases to `count` totals and stores them.
  static void store(
      float[] s, int at, int count, float @Nullable [] bias, int biasAt, float[] y, int yAt) {
    for (int i = 0; i < count; i += V) {
      var m = F.indexInRange(i, count);
      var v = FloatVector.fromArray(F, s, at + i, m);
      if (bias != null) {
        v = v.add(FloatVector.fromArray(F, bias, biasAt + i, m));
      }
      v.intoArray(y, yAt + i, m);
    }
  }

  /// The same, but numbers below 0 become 0, as [Pointwise] does it.
  static void storeRelu(
      float[] s, int at, int count, float @Nullable [] bias, int biasAt, float[] y, int yAt) {
    store(s, at, count, bias, biasAt, s, at);
    for (int i = 0; i < count; i += V) {
      var m = F.indexInRange(i, count);
      var v = FloatVector.fromArray(F, s, at + i, m);
      v.blend(0f, v.compare(VectorOperators.LE, 0f)).intoArray(y, yAt + i, m);
    }
  }
}
