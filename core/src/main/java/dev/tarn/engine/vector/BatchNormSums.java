package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Space;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;

/// Two sums for every channel over all positions of a batch, in double, lanes across channels.
///
/// Not in the order of the reference: the batch is cut into at most 16 runs of samples, each summed
/// in row-major order, which depend on the batch alone, and these are added in their order. The
/// sums of a run lie in the nearest cache, so that memory is read once and from one end to the
/// other; several threads share the runs, not the channels, whose cells are too close together.
final class BatchNormSums {
  /// Runs of samples.
  static final int RUNS = 16;

  private final int positions;
  private final int channels;

  /// `[RUNS][2][room]`: doubles.
  private final Buffer scratch;

  BatchNormSums(int positions, int channels) {
    this.positions = positions;
    this.channels = channels;
    this.scratch = Buffer.scratch(Space.ARENA, "sums", (long) RUNS * 2 * room());
  }

  /// Floats that one sum of every channel takes, with room for a last whole vector.
  private int room() {
    return 2 * (channels + HALF);
  }

  Buffer scratch() {
    return scratch;
  }

  /// How many runs a batch is cut into.
  static int runs(int batch) {
    return Math.clamp(batch, 1, RUNS);
  }

  /// The first position of a run; that of the next is one past its last.
  int first(int run, int batch) {
    return (int) ((long) run * batch / runs(batch)) * positions;
  }

  /// Where the first (0) or second (1) sums of a run lie.
  int at(int run, int which) {
    return scratch.at() + (2 * run + which) * room();
  }

  void clear(float[] memory, int run) {
    Arrays.fill(memory, at(run, 0), at(run, 0) + 2 * room(), 0f);
  }

  /// The sums of one vector of channels over all runs.
  DoubleVector total(float[] memory, int batch, int which, int channel) {
    var sum = DoubleVector.zero(D);
    for (int run = 0; run < runs(batch); run++) {
      sum = sum.add(DoubleSums.load(memory, at(run, which) + 2 * channel));
    }
    return sum;
  }

  /// Adds `d = x − middle` to the first sums and `d²` to the second ones, for one position.
  static void addSquares(
      float[] x, int at, float[] middle, int middleAt, float[] memory, int to, int further, int n) {
    int c = 0;
    for (; c + HALF <= n; c += HALF) {
      var d = Pools.doubles(x, at + c).sub(Pools.doubles(middle, middleAt + c));
      int sum = to + 2 * c;
      DoubleSums.store(DoubleSums.load(memory, sum).add(d), memory, sum);
      DoubleSums.store(d.fma(d, DoubleSums.load(memory, further + sum)), memory, further + sum);
    }
    if (c < n) {
      var m = H.indexInRange(c, n);
      var d = Pools.doubles(x, at + c, m).sub(Pools.doubles(middle, middleAt + c, m));
      int sum = to + 2 * c;
      DoubleSums.store(DoubleSums.load(memory, sum).add(d), memory, sum);
      DoubleSums.store(d.fma(d, DoubleSums.load(memory, further + sum)), memory, further + sum);
    }
  }

  /// Adds `grad` to the first sums and `grad · (x − mean)` to the second ones, for one position.
  static void addProducts(
      float[] grad,
      int gradAt,
      float[] x,
      int at,
      float[] mean,
      int meanAt,
      float[] memory,
      int to,
      int further,
      int n) {
    int c = 0;
    for (; c + HALF <= n; c += HALF) {
      var g = Pools.doubles(grad, gradAt + c);
      var d = Pools.doubles(x, at + c).sub(Pools.doubles(mean, meanAt + c));
      int sum = to + 2 * c;
      DoubleSums.store(DoubleSums.load(memory, sum).add(g), memory, sum);
      DoubleSums.store(g.fma(d, DoubleSums.load(memory, further + sum)), memory, further + sum);
    }
    if (c < n) {
      var m = H.indexInRange(c, n);
      var g = Pools.doubles(grad, gradAt + c, m);
      var d = Pools.doubles(x, at + c, m).sub(Pools.doubles(mean, meanAt + c, m));
      int sum = to + 2 * c;
      DoubleSums.store(DoubleSums.load(memory, sum).add(g), memory, sum);
      DoubleSums.store(g.fma(d, DoubleSums.load(memory, further + sum)), memory, further + sum);
    }
  }

  /// How much further on the second sums lie than the first ones.
  int further() {
    return room();
  }
}
