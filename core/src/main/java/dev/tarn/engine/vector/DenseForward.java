package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;

/// A fully connected layer, with its ReLU if that follows: each output is a row of the weight times
/// a sample, both read as they lie.
///
/// The weight is by far the largest operand. With few samples the time is that of reading it once
/// from memory; with many, [#DEPTH] inputs at a time keep the rows of a tile in the first-level
/// cache while all samples, then in the second-level cache, pass by.
final class DenseForward implements Kernel {
  /// Outputs whose sums are kept at a time: whole tiles and whole vectors of any width.
  private static final int OUTPUTS = 48;

  /// Inputs that are multiplied at a time, a multiple of [DotTile#SUMS].
  private static final int DEPTH = 1024;

  private static final int MOST_BLOCKS = 32;

  /// Weights that are worth handing to another thread: reading 0.5 MB, even from the second-level
  /// cache, takes several times as long as the hand-over.
  private static final int WORTH_A_THREAD = 1 << 17;

  private final DenseProblem.Forward problem;
  private final boolean relu;
  private final int units;
  private final Buffer sums;

  DenseForward(DenseProblem.Forward problem, boolean relu) {
    this.problem = problem;
    this.relu = relu;
    this.units = Math.ceilDiv(problem.out(), OUTPUTS);
    long most = (long) Math.min(units, MOST_BLOCKS) * OUTPUTS * DotTile.SUMS;
    this.sums = Buffer.perSample(Space.ARENA, "sums", most);
  }

  @Override
  public String name() {
    return "dense, %d sums a product%s".formatted(DotTile.SUMS, relu ? ", relu" : "");
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(sums);
  }

  @Override
  public int blocks(int batch) {
    long weights = (long) problem.in() * problem.out();
    long worth = Math.max(weights / WORTH_A_THREAD, weights * batch / ConvGemm.WORTH_A_THREAD) + 1;
    return batch == 0 ? 0 : (int) Math.min(Math.min(units, MOST_BLOCKS), worth);
  }

  @Override
  public void run(Frame frame, int block) {
    int batch = frame.batch();
    int blocks = blocks(batch);
    int at = sums.at() + block * batch * OUTPUTS * DotTile.SUMS;
    int past = (block + 1) * units / blocks;
    for (int unit = block * units / blocks; unit < past; unit++) {
      int output = unit * OUTPUTS;
      int count = Math.min(OUTPUTS, problem.out() - output);
      Arrays.fill(frame.arena(), at, at + batch * OUTPUTS * DotTile.SUMS, 0f);
      // One pass where nothing is read twice.
      boolean once = batch <= DotTile.SAMPLES && Lanes.V == DotTile.SUMS;
      int depth = once ? problem.in() : DEPTH;
      for (int k = 0; k < problem.in(); k += depth) {
        multiply(frame, output, count, k, Math.min(depth, problem.in() - k), at);
      }
      finish(frame, output, count, at);
    }
  }

  /// Adds the products of inputs `k` to `k + length − 1` of all samples.
  private void multiply(Frame frame, int output, int count, int k, int length, int at) {
    int in = problem.in();
    int batch = frame.batch();
    float[] w = frame.array(problem.w());
    float[] x = frame.array(problem.x());
    int step = DotTile.rows(batch);
    for (int r = 0; r < count; r += step) {
      int rows = Math.min(step, count - r);
      int wAt = problem.w().at() + (output + r) * in + k;
      for (int n = 0; n < batch; n += DotTile.SAMPLES) {
        int samples = Math.min(DotTile.SAMPLES, batch - n);
        int xAt = problem.x().at() + n * in + k;
        int to = at + (n * OUTPUTS + r) * DotTile.SUMS;
        int sample = OUTPUTS * DotTile.SUMS;
        DotTile.add(w, wAt, in, rows, x, xAt, samples, length, frame.arena(), to, sample);
      }
    }
  }

  private void finish(Frame frame, int output, int count, int at) {
    Buffer bias = problem.bias();
    float[] from = bias == null ? null : frame.array(bias);
    int biasAt = bias == null ? 0 : bias.at() + output;
    float[] y = frame.array(problem.y());
    int yAt = problem.y().at() + output;
    int products = Math.ceilDiv(count, Lanes.V) * Lanes.V;
    for (int n = 0; n < frame.batch(); n++) {
      int s = at + n * OUTPUTS * DotTile.SUMS;
      DotSums.total(frame.arena(), s, products);
      if (relu) {
        DotSums.storeRelu(frame.arena(), s, count, from, biasAt, y, yAt + n * problem.out());
      } else {
        DotSums.store(frame.arena(), s, count, from, biasAt, y, yAt + n * problem.out());
      }
    }
  }
}
