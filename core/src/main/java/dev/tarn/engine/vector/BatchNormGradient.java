package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// The gradients of batch norm in training by weight and bias, with the sums of [BatchNormSums],
/// and then by data; overwrites.
final class BatchNormGradient implements Kernel {
  private final NormProblem.BatchBackward p;
  private final BatchNormSums sums;
  private final List<Kernel> after;

  BatchNormGradient(NormProblem.BatchBackward problem) {
    this.p = problem;
    this.sums = new BatchNormSums(p.positions(), p.channels());
    this.after = List.of(new Parameters(p, sums), new Data(p));
  }

  @Override
  public String name() {
    return "batch norm gradient across channels";
  }

  @Override
  public int blocks(int batch) {
    return BatchNormSums.runs(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(sums.scratch());
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  @Override
  public void run(Frame frame, int run) {
    float[] memory = frame.array(sums.scratch());
    sums.clear(memory, run);
    float[] grad = frame.array(p.gradY());
    float[] x = frame.array(p.x());
    float[] mean = frame.array(p.saved());
    int meanAt = p.saved().at();
    int channels = p.channels();
    int past = sums.first(run + 1, frame.batch());
    int to = sums.at(run, 0);
    for (int row = sums.first(run, frame.batch()); row < past; row++) {
      int gradAt = p.gradY().at() + row * channels;
      int at = p.x().at() + row * channels;
      BatchNormSums.addProducts(
          grad, gradAt, x, at, mean, meanAt, memory, to, sums.further(), channels);
    }
  }

  /// `gradBias = Σ gradY` and `gradWeight = Σ gradY·x̂`.
  private record Parameters(NormProblem.BatchBackward p, BatchNormSums sums) implements Kernel {
    @Override
    public String name() {
      return "batch norm gradient across channels, parameters";
    }

    @Override
    public int blocks(int batch) {
      return 1;
    }

    @Override
    public void run(Frame frame, int block) {
      float[] memory = frame.array(sums.scratch());
      float[] saved = frame.array(p.saved());
      boolean empty = frame.batch() == 0;
      for (int c = 0; c < p.channels(); c += HALF) {
        var m = H.indexInRange(c, p.channels());
        var sum = sums.total(memory, frame.batch(), 0, c);
        Pools.floats(sum).intoArray(frame.array(p.gradBias()), p.gradBias().at() + c, m);
        var products = sums.total(memory, frame.batch(), 1, c);
        var deviations = Pools.doubles(saved, p.saved().at() + p.channels() + c, m);
        // What the batch is empty of has no deviation either: 0 rather than 0 · saved rubbish.
        var slope = empty ? products : products.mul(deviations);
        Pools.floats(slope).intoArray(frame.array(p.gradWeight()), p.gradWeight().at() + c, m);
      }
    }
  }

  /// `gradX = weight · saved · (gradY − (gradBias + x̂ · gradWeight) / count)`, with the bits of
  /// the reference. Each block makes the numbers of the channels for itself.
  private static final class Data implements Kernel {
    private static final int MOST_BLOCKS = 16;

    private final NormProblem.BatchBackward p;
    private final Shares shares;

    /// `[MOST_BLOCKS][3][room]`: scale, mean gradient and slope, in double.
    private final Buffer scratch;

    Data(NormProblem.BatchBackward problem) {
      this.p = problem;
      this.shares = new Shares(3L * p.channels() + HALF, 1 << 15, MOST_BLOCKS);
      this.scratch = Buffer.scratch(Space.ARENA, "slopes", MOST_BLOCKS * 3L * room());
    }

    private int room() {
      return 2 * (p.channels() + HALF);
    }

    @Override
    public String name() {
      return "batch norm gradient across channels, data";
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(scratch);
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(batch * p.positions());
    }

    @Override
    public void run(Frame frame, int block) {
      float[] memory = frame.array(scratch);
      int slopes = scratch.at() + block * 3 * room();
      slopes(frame, memory, slopes);
      int rows = frame.batch() * p.positions();
      int past = shares.first(block + 1, rows);
      int n = p.channels();
      float[] x = frame.array(p.x());
      float[] saved = frame.array(p.saved());
      float[] grad = frame.array(p.gradY());
      float[] to = frame.array(p.gradX());
      for (int row = shares.first(block, rows); row < past; row++) {
        int at = p.x().at() + row * n;
        int gradAt = p.gradY().at() + row * n;
        int toAt = p.gradX().at() + row * n;
        row(x, at, grad, gradAt, saved, p.saved().at(), memory, slopes, room(), to, toAt, n);
      }
    }

    private static void row(
        float[] x,
        int at,
        float[] grad,
        int gradAt,
        float[] saved,
        int savedAt,
        float[] memory,
        int slopes,
        int room,
        float[] to,
        int toAt,
        int channels) {
      int c = 0;
      for (; c + HALF <= channels; c += HALF) {
        var away = Pools.doubles(x, at + c).sub(Pools.doubles(saved, savedAt + c));
        var normal = away.mul(Pools.doubles(saved, savedAt + channels + c));
        var result = cells(normal, Pools.doubles(grad, gradAt + c), memory, slopes + 2 * c, room);
        result.intoArray(to, toAt + c);
      }
      if (c < channels) {
        var m = H.indexInRange(c, channels);
        var away = Pools.doubles(x, at + c, m).sub(Pools.doubles(saved, savedAt + c, m));
        var normal = away.mul(Pools.doubles(saved, savedAt + channels + c, m));
        var g = Pools.doubles(grad, gradAt + c, m);
        cells(normal, g, memory, slopes + 2 * c, room).intoArray(to, toAt + c, m);
      }
    }

    private static FloatVector cells(
        DoubleVector normal, DoubleVector grad, float[] memory, int slopes, int room) {
      var rest = grad.sub(DoubleSums.load(memory, slopes + room));
      rest = rest.sub(normal.mul(DoubleSums.load(memory, slopes + 2 * room)));
      return Pools.floats(DoubleSums.load(memory, slopes).mul(rest));
    }

    private void slopes(Frame frame, float[] memory, int at) {
      double count = (double) frame.batch() * p.positions();
      float[] saved = frame.array(p.saved());
      for (int c = 0; c < p.channels(); c += HALF) {
        var m = H.indexInRange(c, p.channels());
        int to = at + 2 * c;
        var weight = Pools.doubles(frame.array(p.weight()), p.weight().at() + c, m);
        var deviations = Pools.doubles(saved, p.saved().at() + p.channels() + c, m);
        DoubleSums.store(weight.mul(deviations), memory, to);
        var bias = Pools.doubles(frame.array(p.gradBias()), p.gradBias().at() + c, m);
        DoubleSums.store(bias.div(count), memory, to + room());
        var slope = Pools.doubles(frame.array(p.gradWeight()), p.gradWeight().at() + c, m);
        DoubleSums.store(slope.div(count), memory, to + 2 * room());
      }
    }
  }
}
