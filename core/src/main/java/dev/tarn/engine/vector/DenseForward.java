package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.List;

/// A fully connected layer, with its ReLU if that follows: each output is a row of the weight times
/// a sample, both read as they lie.
///
/// The weight is by far the largest operand. With few samples the time is that of reading it once;
/// with many, [#DEPTH] inputs at a time keep the samples of a tile in the first-level cache while
/// the rows of a unit, in the second-level cache, pass by. Samples go in groups: as many as a tile
/// has, so that the sums stay in the first-level cache, or, where a unit's rows do not fit in the
/// second-level cache, [#MANY], so that they are read less often.
final class DenseForward implements Kernel {
  /// Most outputs of a unit: whole tiles and whole vectors of any width.
  private static final int OUTPUTS = 48;

  /// Inputs that are multiplied at a time, a multiple of [DotTile#SUMS].
  private static final int DEPTH = 1024;

  /// Most samples of a group where the rows of a unit take more than a megabyte.
  private static final int MANY = 32;

  /// Weights that are worth handing to another thread: reading 0.5 MB, even from the second-level
  /// cache, takes several times as long as the hand-over.
  private static final int WORTH_A_THREAD = 1 << 17;

  private final DenseProblem.Forward problem;
  private final boolean relu;

  /// Outputs and samples of a unit.
  private final int outputs;

  private final int samples;
  private final int mostBlocks;
  private final Buffer sums;

  DenseForward(DenseProblem.Forward problem, boolean relu) {
    this.problem = problem;
    this.relu = relu;
    this.outputs = Math.min(OUTPUTS, Math.ceilDiv(problem.out(), DotTile.SUMS) * DotTile.SUMS);
    boolean large = problem.in() > (1 << 18) / OUTPUTS;
    this.samples = large ? MANY : DotTile.SAMPLES;
    this.mostBlocks = large ? 32 : 16;
    this.sums = Buffer.scratch(Space.ARENA, "sums", (long) mostBlocks * sumsOfUnit());
  }

  private int sumsOfUnit() {
    return outputs * samples * DotTile.SUMS;
  }

  @Override
  public String name() {
    return "dense, %d sums a product%s".formatted(DotTile.SUMS, relu ? ", relu" : "");
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(sums);
  }

  private int groups(int batch) {
    return Math.ceilDiv(batch, samples);
  }

  private int units(int batch) {
    return Math.ceilDiv(problem.out(), outputs) * groups(batch);
  }

  @Override
  public int blocks(int batch) {
    long weights = (long) problem.in() * problem.out();
    long worth = Math.max(weights / WORTH_A_THREAD, weights * batch / ConvGemm.WORTH_A_THREAD) + 1;
    return (int) Math.min(Math.min(units(batch), mostBlocks), worth);
  }

  @Override
  public void run(Frame frame, int block) {
    int batch = frame.batch();
    int units = units(batch);
    int blocks = blocks(batch);
    int past = (int) ((block + 1L) * units / blocks);
    for (int unit = (int) ((long) block * units / blocks); unit < past; unit++) {
      int output = unit / groups(batch) * outputs;
      int sample = unit % groups(batch) * samples;
      int at = sums.at() + block * sumsOfUnit();
      int count = Math.min(outputs, problem.out() - output);
      unit(frame, output, count, sample, Math.min(samples, batch - sample), at);
    }
  }

  private void unit(Frame frame, int output, int rows, int sample, int columns, int at) {
    int in = problem.in();
    // One pass where nothing is read twice.
    boolean once = columns <= DotTile.SAMPLES && Lanes.V == DotTile.SUMS;
    int depth = once ? in : DEPTH;
    for (int k = 0; k < in; k += depth) {
      int wAt = problem.w().at() + output * in + k;
      int xAt = problem.x().at() + sample * in + k;
      multiply(frame, wAt, rows, xAt, columns, Math.min(depth, in - k), k == 0, at);
    }
    finish(frame, output, rows, sample, columns, at);
  }

  /// Products of each sample for which there are sums: whole vectors.
  private static int products(int rows) {
    return Math.ceilDiv(rows, Lanes.V) * Lanes.V;
  }

  /// Adds `length` products to each sum, or begins with them.
  private void multiply(
      Frame frame, int wAt, int rows, int xAt, int columns, int length, boolean first, int at) {
    int in = problem.in();
    float[] w = frame.array(problem.w());
    float[] x = frame.array(problem.x());
    int step = DotTile.rows(columns);
    int line = products(rows) * DotTile.SUMS;
    for (int r = 0; r < rows; r += step) {
      int m = Math.min(step, rows - r);
      for (int c = 0; c < columns; c += DotTile.SAMPLES) {
        int n = Math.min(DotTile.SAMPLES, columns - c);
        int to = at + c * line + r * DotTile.SUMS;
        DotTile.add(
            w, wAt + r * in, in, m, x, xAt + c * in, n, length, first, frame.arena(), to, line);
      }
    }
  }

  private void finish(Frame frame, int output, int rows, int sample, int columns, int at) {
    Buffer bias = problem.bias();
    float[] from = bias == null ? null : frame.array(bias);
    int biasAt = bias == null ? 0 : bias.at() + output;
    float[] y = frame.array(problem.y());
    int products = products(rows);
    DotSums.total(frame.arena(), at, columns * products);
    for (int n = 0; n < columns; n++) {
      int s = at + n * products;
      int yAt = problem.y().at() + (sample + n) * problem.out() + output;
      if (relu) {
        DotSums.storeRelu(frame.arena(), s, rows, from, biasAt, y, yAt);
      } else {
        DotSums.store(frame.arena(), s, rows, from, biasAt, y, yAt);
      }
    }
  }
}
