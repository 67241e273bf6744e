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
/// Every sample is first laid out in strips: the rows that a row of windows sees, column after
/// column. Wherever the filter stands in a window, its taps are neighbours in memory, with one row
/// of others between its columns, and lanes run over all of them. The sum of one sample runs over
/// its pooled positions in row-major order; samples are added one after the other, and the blocks
/// of [ConvProblem.BackwardWeights] as a tree. With `n` products a sample the result differs from
/// the reference's by rounding alone: at most about `(n + samples) · 2⁻²⁴` of the sum of the
/// products' magnitudes.
final class ConvPoolWeights implements Kernel {
  /// Filters and vectors of one tile: eight independent sums.
  private static final int FILTERS = 4;

  private static final int VECTORS = 2;

  private final ConvProblem.BackwardWeights problem;
  private final PooledMaps maps;
  private final @Nullable Buffer mask;
  private final ConvGeometry g;
  private final Padded padded;

  /// Floats of one column of a strip, and of one strip.
  private final int column;

  private final int strip;

  /// Where the numbers of a strip lie, from its first row in a sample on.
  private final int[] stripFrom;

  /// From the filter on the first cell of a window to those on its four cells.
  private final int[] cellAt;

  /// Lanes, whole tiles, of one filter.
  private final int row;

  /// Floats of one sum: `[filter][row]`, then the biases.
  private final int each;

  private final int stripsAt;
  private final int gradAt;
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
    int channels = g.inChannels();
    this.column = (g.height().kernel() + 1) * channels;
    this.strip = padded.line() / channels * column;
    this.stripFrom = new int[strip];
    for (int i = 0; i < strip; i++) {
      stripFrom[i] = i % column / channels * padded.line() + i / column * channels + i % channels;
    }
    this.cellAt = new int[] {0, column, channels, column + channels};
    int lanes = VECTORS * V;
    this.row = (g.width().kernel() * column + lanes - 1) / lanes * lanes;
    this.each = maps.channels() * (row + 1);
    // What is copied, strips, room for vectors that reach over their end, masked gradients, one
    // sample's sum.
    this.stripsAt = padded.size();
    this.gradAt = stripsAt + maps.rows() * strip + row;
    this.workSize = gradAt + maps.rows() * maps.columns() * maps.channels() + each;
    int blocks = problem.sampleBlocks(Integer.MAX_VALUE);
    this.sums = Buffer.scratch(Space.ARENA, "partial weight gradients", (long) blocks * each);
    this.work = Buffer.scratch(Space.ARENA, "padded samples", (long) blocks * workSize);
    this.after = List.of(new Sum(this));
  }

  @Override
  public String name() {
    return "weight gradient through%s max 2×2/2, by strips"
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
    int sampleAt = at + workSize - each;
    Arrays.fill(arena, to, to + each, 0f);
    for (int n = (int) ((long) block * frame.batch() / blocks); n < past; n++) {
      padded.fill(frame, problem.x(), n, 0, arena, at);
      for (int oy = 0; oy < maps.rows(); oy++) {
        int from = at + 2 * oy * padded.line();
        SelectedCells.gather(arena, from, stripFrom, 0, strip, arena, at + stripsAt + oy * strip);
      }
      gradients(frame, n, arena, at + gradAt);
      sample(frame, n, at + stripsAt, at + gradAt, sampleAt);
      add(arena, sampleAt, to, each);
    }
  }

  /// The gradients of one sample, those that ReLU stops being 0.
  private void gradients(Frame frame, int sample, float[] arena, int to) {
    int size = maps.rows() * maps.columns() * maps.channels();
    int at = maps.y().at() + sample * size;
    System.arraycopy(frame.array(maps.y()), at, arena, to, size);
    if (mask != null) {
      Pointwise.reluGradient(frame.array(mask), mask.at() + sample * size, size, arena, to);
    }
  }

  private static void add(float[] arena, int from, int to, int size) {
    for (int i = 0; i < size; i++) {
      arena[to + i] += arena[from + i];
    }
  }

  /// Writes the sum of one sample, four filters at a time; beyond the last, it is computed again.
  private void sample(Frame frame, int sample, int at, int gradAt, int to) {
    int channels = maps.channels();
    Buffer argmax = maps.argmax();
    int places =
        argmax == null ? 0 : argmax.at() + sample * maps.rows() * maps.columns() * channels;
    for (int f = 0; f < channels; f += FILTERS) {
      for (int i = 0; i < row; i += VECTORS * V) {
        taps(
            frame.arena(),
            at + i,
            strip,
            2 * column,
            cellAt,
            gradAt + f,
            frame.bytes(),
            places + f,
            maps.rows(),
            maps.columns(),
            channels,
            channels - 1 - f,
            to + f * row + i,
            row,
            to + each - channels + f);
      }
    }
  }

  private static void taps(
      float[] x,
      int xAt,
      int down,
      int right,
      int[] cellAt,
      int gradAt,
      byte[] places,
      int placesAt,
      int pooledRows,
      int pooledColumns,
      int filters,
      int last,
      int to,
      int row,
      int biasTo) {
    int f1 = Math.min(1, last);
    int f2 = Math.min(2, last);
    int f3 = Math.min(3, last);
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var t0 = s0;
    var t1 = s0;
    var u0 = s0;
    var u1 = s0;
    var v0 = s0;
    var v1 = s0;
    float biasS = 0f;
    float biasT = 0f;
    float biasU = 0f;
    float biasV = 0f;
    int p = 0;
    for (int oy = 0; oy < pooledRows; oy++) {
      int first = xAt + oy * down;
      for (int ox = 0; ox < pooledColumns; ox++) {
        int at = first + cellAt[places[placesAt + p]];
        float grad = x[gradAt + p];
        biasS += grad;
        var g = FloatVector.broadcast(F, grad);
        s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
        s1 = g.fma(FloatVector.fromArray(F, x, at + V), s1);
        at = first + cellAt[places[placesAt + p + f1]];
        grad = x[gradAt + p + f1];
        biasT += grad;
        g = FloatVector.broadcast(F, grad);
        t0 = g.fma(FloatVector.fromArray(F, x, at), t0);
        t1 = g.fma(FloatVector.fromArray(F, x, at + V), t1);
        at = first + cellAt[places[placesAt + p + f2]];
        grad = x[gradAt + p + f2];
        biasU += grad;
        g = FloatVector.broadcast(F, grad);
        u0 = g.fma(FloatVector.fromArray(F, x, at), u0);
        u1 = g.fma(FloatVector.fromArray(F, x, at + V), u1);
        at = first + cellAt[places[placesAt + p + f3]];
        grad = x[gradAt + p + f3];
        biasV += grad;
        g = FloatVector.broadcast(F, grad);
        v0 = g.fma(FloatVector.fromArray(F, x, at), v0);
        v1 = g.fma(FloatVector.fromArray(F, x, at + V), v1);
        p += filters;
        first += right;
      }
    }
    s0.intoArray(x, to);
    s1.intoArray(x, to + V);
    t0.intoArray(x, to + f1 * row);
    t1.intoArray(x, to + f1 * row + V);
    u0.intoArray(x, to + f2 * row);
    u1.intoArray(x, to + f2 * row + V);
    v0.intoArray(x, to + f3 * row);
    v1.intoArray(x, to + f3 * row + V);
    x[biasTo] = biasS;
    x[biasTo + f1] = biasT;
    x[biasTo + f2] = biasU;
    x[biasTo + f3] = biasV;
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
            int from = at + o * of.row + ky * channels + c;
            for (int kx = 0; kx < g.width().kernel(); kx++) {
              w[to++] = p[from + kx * of.column];
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
