package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// Softmax across channels and its gradient, one position after the other.
///
/// Not in the order of the reference: channel `c` belongs to partial sum `c mod 8`, whatever the
/// width of a vector, and the eight are added by halves, in double, so that the rounded result is
/// the same but for one in some 10⁸. Exponentials are kept, as doubles, until their sum is known.
final class SoftmaxRows {
  private static final int SUMS = 8;
  private static final int WORTH = 1 << 15;
  private static final int MOST_BLOCKS = 16;

  private SoftmaxRows() {}

  /// The eight partial sums, added.
  private static double total(float[] memory, int at) {
    double sum = 0;
    var v = DoubleSums.load(memory, at);
    switch (HALF) {
      case 8 -> sum = DoubleSums.total(v);
      case 4 -> sum = DoubleSums.total(v.add(DoubleSums.load(memory, at + 8)));
      default -> {
        var even = v.add(DoubleSums.load(memory, at + 8));
        var odd = DoubleSums.load(memory, at + 4).add(DoubleSums.load(memory, at + 12));
        sum = DoubleSums.total(even.add(odd));
      }
    }
    return sum;
  }

  private static void add(DoubleVector more, float[] memory, int at) {
    DoubleSums.store(DoubleSums.load(memory, at).add(more), memory, at);
  }

  /// `y = softmax(x)`, less the largest value before exponentials; overwrites `y`, which may be
  /// `x`.
  static final class Forward implements Kernel {
    private final PointwiseProblem.Softmax p;
    private final Shares shares;
    private final Buffer scratch;

    Forward(PointwiseProblem.Softmax problem) {
      this.p = problem;
      this.shares = new Shares(16L * (p.channels() + SUMS), WORTH, MOST_BLOCKS);
      this.scratch = Buffer.scratch(Space.ARENA, "exponentials", (long) MOST_BLOCKS * room());
    }

    private int room() {
      return 2 * (p.channels() + 2 * SUMS);
    }

    @Override
    public String name() {
      return "softmax";
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(batch * p.positions());
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(scratch);
    }

    @Override
    public void run(Frame frame, int block) {
      int rows = frame.batch() * p.positions();
      int past = shares.first(block + 1, rows);
      int channels = p.channels();
      float[] x = frame.array(p.x());
      float[] y = frame.array(p.y());
      float[] memory = frame.array(scratch);
      int sums = scratch.at() + block * room();
      for (int row = shares.first(block, rows); row < past; row++) {
        float largest = largest(x, p.x().at() + row * channels, channels);
        Arrays.fill(memory, sums, sums + 2 * SUMS, 0f);
        exponentials(x, p.x().at() + row * channels, channels, largest, memory, sums);
        double sum = total(memory, sums);
        divide(memory, sums + 2 * SUMS, sum, y, p.y().at() + row * channels, channels);
      }
    }

    /// The largest value; NaN if there is one.
    private static float largest(float[] x, int at, int channels) {
      var largest = FloatVector.broadcast(F, x[at]);
      int c = 0;
      for (; c + V <= channels; c += V) {
        largest = largest.max(FloatVector.fromArray(F, x, at + c));
      }
      float most = largest.reduceLanes(VectorOperators.MAX);
      for (; c < channels; c++) {
        most = Math.max(most, x[at + c]);
      }
      return most;
    }

    private static void exponentials(
        float[] x, int at, int channels, float largest, float[] memory, int sums) {
      for (int c = 0; c < channels; c += HALF) {
        var m = H.indexInRange(c, channels);
        var away = Pools.doubles(x, at + c, m).sub(largest);
        var e = ExponentialLanes.exp(away).blend(0, m.not().cast(D));
        DoubleSums.store(e, memory, sums + 2 * (SUMS + c));
        add(e, memory, sums + 2 * (c % SUMS));
      }
    }

    private static void divide(
        float[] memory, int from, double sum, float[] y, int at, int channels) {
      for (int c = 0; c < channels; c += HALF) {
        var e = DoubleSums.load(memory, from + 2 * c);
        Pools.floats(e.div(sum)).intoArray(y, at + c, H.indexInRange(c, channels));
      }
    }
  }

  /// `gradX = y · (gradY − Σ gradY·y)`; overwrites `gradX`, which may be `gradY`.
  static final class Backward implements Kernel {
    private final PointwiseProblem.SoftmaxBackward p;
    private final Shares shares;
    private final Buffer scratch;

    Backward(PointwiseProblem.SoftmaxBackward problem) {
      this.p = problem;
      this.shares = new Shares(4L * (p.channels() + SUMS), WORTH, MOST_BLOCKS);
      this.scratch = Buffer.scratch(Space.ARENA, "sums", MOST_BLOCKS * 2L * SUMS);
    }

    @Override
    public String name() {
      return "softmax gradient";
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(batch * p.positions());
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(scratch);
    }

    @Override
    public void run(Frame frame, int block) {
      int rows = frame.batch() * p.positions();
      int past = shares.first(block + 1, rows);
      int channels = p.channels();
      float[] y = frame.array(p.y());
      float[] grad = frame.array(p.gradY());
      float[] memory = frame.array(scratch);
      int sums = scratch.at() + block * 2 * SUMS;
      for (int row = shares.first(block, rows); row < past; row++) {
        int at = p.y().at() + row * channels;
        int gradAt = p.gradY().at() + row * channels;
        Arrays.fill(memory, sums, sums + 2 * SUMS, 0f);
        products(y, at, grad, gradAt, channels, memory, sums);
        float[] to = frame.array(p.gradX());
        int toAt = p.gradX().at() + row * channels;
        put(y, at, grad, gradAt, total(memory, sums), to, toAt, channels);
      }
    }

    private static void products(
        float[] y, int at, float[] grad, int gradAt, int channels, float[] memory, int sums) {
      for (int c = 0; c < channels; c += HALF) {
        var m = H.indexInRange(c, channels);
        var product = Pools.doubles(grad, gradAt + c, m).mul(Pools.doubles(y, at + c, m));
        add(product, memory, sums + 2 * (c % SUMS));
      }
    }

    private static void put(
        float[] y,
        int at,
        float[] grad,
        int gradAt,
        double sum,
        float[] to,
        int toAt,
        int channels) {
      for (int c = 0; c < channels; c += HALF) {
        var m = H.indexInRange(c, channels);
        var rest = Pools.doubles(grad, gradAt + c, m).sub(sum);
        var result = Pools.doubles(y, at + c, m).mul(rest);
        Pools.floats(result).intoArray(to, toAt + c, m);
      }
    }
  }
}
