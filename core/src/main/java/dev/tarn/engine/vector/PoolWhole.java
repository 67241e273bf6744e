package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Average, sum and L2 pooling of whole samples, channels last.
///
/// Not in the order of the reference, but the same whatever the width of a vector: as many
/// positions as make a long row of whole vectors are one, eight rows of values are added by halves
/// in float, and then to the sums in double, squares one by one; at the end the positions of a row
/// are added by halves. A result is wrong by at most `2⁻²² · Σ|x|`, four times what rounding it
/// costs if no cell is negative; the root of squares by no more than rounding. A mean that is not
/// finite is computed again, cell by cell in double, for sums of floats may overflow where their
/// mean does not.
///
/// Memory is read from one end to the other, which is faster than column by column with the sums in
/// registers; they lie in the nearest cache, are read and written once for eight rows, and any
/// number of channels is as good as any other.
final class PoolWhole implements Kernel {
  /// Floats of a row are a multiple of this if channels are few.
  private static final int EIGHT = 8;

  /// From so many channels on, what a row has beyond whole vectors does not count.
  private static final int MANY = 64;

  /// Floats of a row at most if it has several positions, so that loops over a row are long.
  private static final int LONG = 512;

  /// Rows at least where a row is made longer.
  private static final int LEAST_ROWS = 16;

  /// Rows that are added before they are added to the sums.
  private static final int ROWS = 8;

  /// Channels of a slice: few enough for the nearest cache, and several to share out.
  private static final int SLICE = 256;

  /// Cells that are worth a hand-over: about 1 µs.
  private static final int WORTH = 1 << 14;

  private static final int MOST_BLOCKS = 16;

  private final PoolGeometry g;
  private final String name;
  private final boolean squares;
  private final double divisor;
  private final Buffer x;
  private final Buffer y;

  /// Positions of a row.
  private final int parts;

  private final int slices;
  private final int width;
  private final Shares shares;
  private final Buffer scratch;

  PoolWhole(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s along positions".formatted(problem.reduction(), g.describe());
    this.squares = term == PoolSum.Term.SQUARE;
    this.divisor = DivisorTable.of(problem.reduction(), g).at(0, 0, 0);
    this.x = problem.x();
    this.y = problem.y();
    int channels = g.channels();
    this.parts = parts(channels, g.inPositions());
    this.slices = (channels + SLICE - 1) / SLICE;
    this.width = parts * Math.min(SLICE, channels);
    this.shares =
        new Shares((long) g.inPositions() * Math.min(SLICE, channels), WORTH, MOST_BLOCKS);
    this.scratch = Buffer.scratch(Space.ARENA, "sums", (long) MOST_BLOCKS * room());
  }

  private static int parts(int channels, int positions) {
    int parts = channels >= MANY ? 1 : EIGHT / Math.min(EIGHT, Integer.lowestOneBit(channels));
    while (2 * parts * channels <= LONG && 2 * parts * LEAST_ROWS <= positions) {
      parts *= 2;
    }
    return parts;
  }

  /// Floats of the sums of one block, with room for a last whole vector.
  private int room() {
    return 2 * (width + EIGHT);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * slices);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(scratch);
  }

  @Override
  public void run(Frame frame, int block) {
    int units = frame.batch() * slices;
    int past = shares.first(block + 1, units);
    int at = scratch.at() + block * room();
    for (int unit = shares.first(block, units); unit < past; unit++) {
      int from = unit % slices * SLICE;
      sums(frame, unit / slices, from, Math.min(SLICE, g.channels() - from), at);
      put(frame, unit / slices, from, Math.min(SLICE, g.channels() - from), at);
    }
  }

  private void sums(Frame frame, int sample, int from, int channels, int at) {
    float[] xs = frame.array(x);
    float[] memory = frame.array(scratch);
    int step = parts * g.channels();
    int length = parts * channels;
    int in = x.at() + sample * g.inSize() + from;
    int rows = g.inPositions() / parts;
    Arrays.fill(memory, at, at + room(), 0f); // a sum that begins with 0 has no −0
    int row = 0;
    for (; !squares && row + ROWS <= rows; row += ROWS) {
      eightRows(xs, in + row * step, step, length, memory, at);
    }
    for (; row < rows; row++) {
      add(xs, in + row * step, length, squares, memory, at);
    }
    int left = g.inPositions() - rows * parts;
    add(xs, in + rows * step, left * channels, squares, memory, at);
    for (int half = parts / 2; half > 0; half /= 2) {
      join(memory, at, at + 2 * half * channels, half * channels);
    }
  }

  private static void eightRows(float[] xs, int at, int step, int length, float[] memory, int to) {
    int i = 0;
    for (; i + V <= length; i += V) {
      var sum = eight(xs, at + i, step);
      add(Pools.half(sum, 0), memory, to + 2 * i);
      add(Pools.half(sum, 1), memory, to + 2 * i + V);
    }
    for (; i < length; i += HALF) {
      var m = H.indexInRange(i, length);
      int in = at + i;
      var a = two(xs, in, step, m).add(two(xs, in + 2 * step, step, m));
      var b = two(xs, in + 4 * step, step, m).add(two(xs, in + 6 * step, step, m));
      add(Pools.doubles(a.add(b)), memory, to + 2 * i);
    }
  }

  private static FloatVector eight(float[] xs, int at, int step) {
    var a = two(xs, at, step).add(two(xs, at + 2 * step, step));
    var b = two(xs, at + 4 * step, step).add(two(xs, at + 6 * step, step));
    return a.add(b);
  }

  private static FloatVector two(float[] xs, int at, int step) {
    return FloatVector.fromArray(F, xs, at).add(FloatVector.fromArray(F, xs, at + step));
  }

  private static FloatVector two(float[] xs, int at, int step, VectorMask<Float> m) {
    return FloatVector.fromArray(H, xs, at, m).add(FloatVector.fromArray(H, xs, at + step, m));
  }

  private static void add(DoubleVector more, float[] memory, int at) {
    DoubleSums.store(DoubleSums.load(memory, at).add(more), memory, at);
  }

  /// Adds one row, or part of one.
  private static void add(float[] xs, int at, int length, boolean squares, float[] memory, int to) {
    int i = 0;
    for (; i + HALF <= length; i += HALF) {
      var a = Pools.doubles(xs, at + i);
      add(squares ? a.mul(a) : a, memory, to + 2 * i);
    }
    if (i < length) {
      var a = Pools.doubles(xs, at + i, H.indexInRange(i, length));
      add(squares ? a.mul(a) : a, memory, to + 2 * i);
    }
  }

  /// Adds sums further on to those in front. Of the last vector more is written, where nobody reads
  /// any more.
  private static void join(float[] memory, int at, int further, int length) {
    for (int i = 0; i < 2 * length; i += 2 * HALF) {
      add(DoubleSums.load(memory, further + i), memory, at + i);
    }
  }

  private void put(Frame frame, int sample, int from, int channels, int at) {
    float[] memory = frame.array(scratch);
    float[] ys = frame.array(y);
    int out = y.at() + sample * g.channels() + from;
    for (int c = 0; c < channels; c += HALF) {
      var sum = DoubleSums.load(memory, at + 2 * c);
      var result = squares ? sum.sqrt() : sum.div(divisor);
      Pools.floats(result).intoArray(ys, out + c, H.indexInRange(c, channels));
      if (!squares && !DoubleSums.isFinite(sum)) {
        int in = x.at() + sample * g.inSize() + from + c;
        again(frame.array(x), in, ys, out + c, Math.min(HALF, channels - c));
      }
    }
  }

  private void again(float[] xs, int at, float[] ys, int yAt, int lanes) {
    for (int c = 0; c < lanes; c++) {
      if (Float.isFinite(ys[yAt + c])) {
        continue;
      }
      double sum = 0;
      for (int i = 0; i < g.inPositions(); i++) {
        sum += xs[at + i * g.channels() + c];
      }
      ys[yAt + c] = (float) (sum / divisor);
    }
  }
}
