package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The gradient by a weight that sees few channels, from the gradient behind 2×2 max pooling (and,
/// before that, ReLU): three cells of four have none, so only the selected ones are visited, and
/// the gradient by the large maps is never written.
///
/// Lanes run over one row of taps, (column, channel), which are neighbours in memory wherever the
/// window stands. The sum of one sample runs over its pooled positions in row-major order; samples
/// are added one after the other, and the blocks of [ConvProblem.BackwardWeights] as a tree. With
/// `n` products a sample the result differs from the reference's by rounding alone: at most about
/// `(n + samples) · 2⁻²⁴` of the sum of the products' magnitudes.
final class ConvPoolWeights implements Kernel {
  /// Rows of taps and filters of one tile: ten independent sums.
  private static final int ROWS = 5;

  private static final int FILTERS = 2;

  private final ConvProblem.BackwardWeights problem;
  private final PooledMaps maps;
  private final @Nullable Buffer mask;
  private final ConvGeometry g;
  private final Padded padded;

  /// Lanes, whole vectors, of one row of taps.
  private final int row;

  /// Floats of one sum: `[filter][row of taps][row]`, then the biases.
  private final int each;

  private final int workSize;
  private final Buffer sums;
  private final Buffer work;
  private final List<Kernel> after;

  /// @param mask pooled values: where one is 0 or less the gradient is stopped; null for none
  ConvPoolWeights(ConvProblem.BackwardWeights problem, PooledMaps maps, @Nullable Buffer mask) {
    this.problem = problem;
    this.maps = maps;
    this.mask = mask;
    this.g = problem.geometry();
    this.padded = new Padded(g);
    this.row = (g.width().kernel() * g.inChannels() + V - 1) / V * V;
    this.each = maps.channels() * g.height().kernel() * row + maps.channels();
    // What is copied, room for vectors that reach over its end, masked gradients, one sample's sum.
    this.workSize = padded.size() + row + maps.rows() * maps.columns() * maps.channels() + each;
    int blocks = problem.sampleBlocks(Integer.MAX_VALUE);
    this.sums = Buffer.scratch(Space.ARENA, "partial weight gradients", (long) blocks * each);
    this.work = Buffer.scratch(Space.ARENA, "padded samples", (long) blocks * workSize);
    this.after = List.of(new Sum(this));
  }

  @Override
  public String name() {
    return "weight gradient through%s max 2×2/2, by rows of taps"
        .formatted(mask == null ? "" : " relu and");
  }

  @Override
  public int blocks(int batch) {
    return problem.sampleBlocks(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(sums, work);
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * frame.batch() / blocks);
    float[] arena = frame.arena();
    int to = sums.at() + block * each;
    int at = work.at() + block * workSize;
    int gradAt = at + padded.size() + row;
    int sampleAt = at + workSize - each;
    Arrays.fill(arena, to, to + each, 0f);
    for (int n = (int) ((long) block * frame.batch() / blocks); n < past; n++) {
      padded.fill(frame, problem.x(), n, 0, arena, at);
      gradients(frame, n, arena, gradAt);
      sample(frame, n, at, gradAt, sampleAt);
      add(arena, sampleAt, to, each);
    }
  }

  /// The gradients of one sample, those that ReLU stops being 0.
  private void gradients(Frame frame, int sample, float[] arena, int to) {
    int size = maps.rows() * maps.columns() * maps.channels();
    int at = maps.y().at() + sample * size;
    System.arraycopy(frame.array(maps.y()), at, arena, to, size);
    if (mask != null) {
      stop(frame.array(mask), mask.at() + sample * size, arena, to, size);
    }
  }

  private static void stop(float[] y, int at, float[] grad, int gradAt, int size) {
    for (int i = 0; i < size; i++) {
      grad[gradAt + i] = y[at + i] <= 0 ? 0f : grad[gradAt + i];
    }
  }

  private static void add(float[] arena, int from, int to, int size) {
    for (int i = 0; i < size; i++) {
      arena[to + i] += arena[from + i];
    }
  }

  /// Writes the sum of one sample, two filters and five rows of taps at a time; those beyond the
  /// last are computed again.
  private void sample(Frame frame, int sample, int at, int gradAt, int to) {
    int channels = maps.channels();
    int kernelRows = g.height().kernel();
    Buffer argmax = maps.argmax();
    int places =
        argmax == null ? 0 : argmax.at() + sample * maps.rows() * maps.columns() * channels;
    for (int f = 0; f < channels; f += FILTERS) {
      int second = Math.min(1, channels - 1 - f);
      for (int ky = 0; ky < kernelRows; ky += ROWS) {
        for (int i = 0; i < row; i += V) {
          rows(
              frame.arena(),
              at + ky * padded.line() + i,
              padded.line(),
              g.inChannels(),
              Math.min(ROWS, kernelRows - ky) - 1,
              gradAt + f,
              frame.bytes(),
              places + f,
              maps.rows(),
              maps.columns(),
              channels,
              second,
              to + (f * kernelRows + ky) * row + i,
              row,
              second * kernelRows * row,
              to + each - channels + f);
        }
      }
    }
  }

  private static void rows(
      float[] x,
      int xAt,
      int line,
      int cell,
      int lastRow,
      int gradAt,
      byte[] places,
      int placesAt,
      int pooledRows,
      int pooledColumns,
      int filters,
      int second,
      int to,
      int row,
      int secondTo,
      int biasTo) {
    int x1 = Math.min(1, lastRow);
    int x2 = Math.min(2, lastRow);
    int x3 = Math.min(3, lastRow);
    int x4 = Math.min(4, lastRow);
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var t0 = s0;
    var t1 = s0;
    var t2 = s0;
    var t3 = s0;
    var t4 = s0;
    float biasS = 0f;
    float biasT = 0f;
    for (int oy = 0; oy < pooledRows; oy++) {
      for (int ox = 0; ox < pooledColumns; ox++) {
        int p = (oy * pooledColumns + ox) * filters;
        int first = xAt + 2 * (oy * line + ox * cell);
        int place = places[placesAt + p];
        int at = first + (place >> 1) * line + (place & 1) * cell;
        float gradS = x[gradAt + p];
        biasS += gradS;
        var g = FloatVector.broadcast(F, gradS);
        s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
        s1 = g.fma(FloatVector.fromArray(F, x, at + x1 * line), s1);
        s2 = g.fma(FloatVector.fromArray(F, x, at + x2 * line), s2);
        s3 = g.fma(FloatVector.fromArray(F, x, at + x3 * line), s3);
        s4 = g.fma(FloatVector.fromArray(F, x, at + x4 * line), s4);
        place = places[placesAt + p + second];
        at = first + (place >> 1) * line + (place & 1) * cell;
        float gradT = x[gradAt + p + second];
        biasT += gradT;
        g = FloatVector.broadcast(F, gradT);
        t0 = g.fma(FloatVector.fromArray(F, x, at), t0);
        t1 = g.fma(FloatVector.fromArray(F, x, at + x1 * line), t1);
        t2 = g.fma(FloatVector.fromArray(F, x, at + x2 * line), t2);
        t3 = g.fma(FloatVector.fromArray(F, x, at + x3 * line), t3);
        t4 = g.fma(FloatVector.fromArray(F, x, at + x4 * line), t4);
      }
    }
    s0.intoArray(x, to);
    s1.intoArray(x, to + x1 * row);
    s2.intoArray(x, to + x2 * row);
    s3.intoArray(x, to + x3 * row);
    s4.intoArray(x, to + x4 * row);
    t0.intoArray(x, to + secondTo);
    t1.intoArray(x, to + secondTo + x1 * row);
    t2.intoArray(x, to + secondTo + x2 * row);
    t3.intoArray(x, to + secondTo + x3 * row);
    t4.intoArray(x, to + secondTo + x4 * row);
    x[biasTo] = biasS;
    x[biasTo + second] = biasT;
  }

  /// Adds the blocks as a tree and writes the gradients in the order of the weight.
  private record Sum(ConvPoolWeights of) implements Kernel {
    @Override
    public String name() {
      return of.name() + ", sum";
    }

    @Override
    public int blocks(int batch) {
      return 1;
    }

    @Override
    public void run(Frame frame, int block) {
      int blocks = of.blocks(frame.batch());
      float[] p = frame.arena();
      int at = of.sums.at();
      if (blocks == 0) {
        Arrays.fill(p, at, at + of.each, 0f);
      }
      for (int s = 1; s < blocks; s *= 2) {
        for (int i = 0; i + s < blocks; i += 2 * s) {
          add(p, at + (i + s) * of.each, at + i * of.each, of.each);
        }
      }
      ConvGeometry g = of.g;
      int channels = g.inChannels();
      Buffer gradW = of.problem.gradW();
      float[] w = frame.array(gradW);
      int to = gradW.at();
      for (int o = 0; o < g.outChannels(); o++) {
        for (int c = 0; c < channels; c++) {
          for (int ky = 0; ky < g.height().kernel(); ky++) {
            int from = at + (o * g.height().kernel() + ky) * of.row + c;
            for (int kx = 0; kx < g.width().kernel(); kx++) {
              w[to++] = p[from + kx * channels];
            }
          }
        }
      }
      Buffer gradBias = of.problem.gradBias();
      if (gradBias != null) {
        int from = at + of.each - g.outChannels();
        System.arraycopy(p, from, frame.array(gradBias), gradBias.at(), g.outChannels());
      }
    }
  }
}
