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

/// The gradient by a weight that sees few channels and has few filters, as first layers have: lanes
/// run over (column, channel) of one row of taps, which are neighbours in memory wherever the
/// filter stands, so nothing is packed.
final class ConvWeightRows implements Kernel {
  private static final int RUN = ConvProblem.BackwardWeights.RUN;

  private final ConvProblem.BackwardWeights problem;
  private final ConvGeometry g;
  private final Padded padded;

  /// Floats of one sum: `[filter][row of taps][V]`, then the biases.
  private final int each;

  private final int workSize;
  private final Buffer sums;
  private final Buffer work;
  private final List<Kernel> after;

  private ConvWeightRows(ConvProblem.BackwardWeights problem) {
    this.problem = problem;
    this.g = problem.geometry();
    this.padded = new Padded(g);
    this.each = g.outChannels() * g.height().kernel() * V + g.outChannels();
    this.workSize = padded.size() + V + each;
    int blocks = problem.sampleBlocks(Integer.MAX_VALUE);
    this.sums = Buffer.scratch(Space.ARENA, "partial weight gradients", (long) blocks * each);
    this.work = Buffer.scratch(Space.ARENA, "padded samples", (long) blocks * workSize);
    this.after = List.of(new Sum(this));
  }

  /// A kernel for the problem, or null with the reason in `refusals`.
  static @Nullable Kernel of(ConvProblem.BackwardWeights problem, List<String> refusals) {
    ConvGeometry g = problem.geometry();
    int lanes = g.width().kernel() * g.inChannels();
    String why =
        g.groups() > 1
            ? "%d groups, needs 1".formatted(g.groups())
            : g.outChannels() > 8
                ? "%d filters, needs at most 8".formatted(g.outChannels())
                : lanes > V
                    ? "a row of taps has %d numbers, needs at most %d".formatted(lanes, V)
                    : g.width().step() > 1 ? "dilation, needs none" : null;
    if (why != null) {
      refusals.add("rows of taps: " + why);
      return null;
    }
    return new ConvWeightRows(problem);
  }

  @Override
  public String name() {
    return "weight gradient by rows of taps";
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
    int positions = g.outPositions();
    int first = (int) ((long) block * frame.batch() / blocks);
    int past = (int) ((block + 1L) * frame.batch() / blocks);
    float[] arena = frame.arena();
    int to = sums.at() + block * each;
    int at = work.at() + block * workSize;
    int runAt = at + padded.size() + V;
    Arrays.fill(arena, to, to + each, 0f);
    Arrays.fill(arena, runAt, runAt + each, 0f);
    int done = 0;
    for (int n = first; n < past; n++) {
      padded.fill(frame, problem.x(), n, 0, arena, at);
      for (int p = 0; p < positions; ) {
        int ox = p % g.width().outputs();
        int count = Math.min(g.width().outputs() - ox, RUN - done);
        row(frame, n, p, count, at, runAt);
        p += count;
        done += count;
        if (done == RUN || (n == past - 1 && p == positions)) {
          for (int i = 0; i < each; i++) {
            arena[to + i] += arena[runAt + i];
          }
          Arrays.fill(arena, runAt, runAt + each, 0f);
          done = 0;
        }
      }
    }
  }

  /// Adds the products of `count` neighbouring outputs of one row to the run.
  private void row(Frame frame, int sample, int p, int count, int at, int runAt) {
    int filters = g.outChannels();
    int kernelRows = g.height().kernel();
    int oy = p / g.width().outputs();
    int ox = p % g.width().outputs();
    // Where there is but one output the stride may be wider than any row.
    int step = count == 1 ? 0 : g.width().stride() * g.inChannels();
    float[] arena = frame.arena();
    float[] gradY = frame.array(problem.gradY());
    int gradAt = problem.gradY().at() + (sample * g.outPositions() + p) * filters;
    int top = oy == 0 ? 0 : oy * g.height().stride();
    int left = ox == 0 ? 0 : ox * g.width().stride() * g.inChannels();
    for (int ky = 0; ky < kernelRows; ky += 3) {
      int from = at + (top + ky * g.height().step()) * padded.line() + left;
      int line = g.height().step() * padded.line();
      int lastRow = Math.min(2, kernelRows - 1 - ky);
      for (int f = 0; f < filters; f += 4) {
        int to = runAt + (f * kernelRows + ky) * V;
        int lastFilter = Math.min(3, filters - 1 - f);
        taps(
            gradY,
            gradAt + f,
            filters,
            arena,
            from,
            line,
            step,
            count,
            arena,
            to,
            kernelRows,
            lastFilter,
            lastRow);
      }
    }
    int biasAt = runAt + each - filters;
    for (int i = 0; i < count; i++) {
      for (int f = 0; f < filters; f++) {
        arena[biasAt + f] += gradY[gradAt + i * filters + f];
      }
    }
  }

  /// Adds `count` positions of four filters and three rows of taps to their sums; those beyond the
  /// last are computed again and stored before it.
  private static void taps(
      float[] g,
      int gAt,
      int filters,
      float[] x,
      int xAt,
      int line,
      int step,
      int count,
      float[] c,
      int cAt,
      int kernelRows,
      int lastFilter,
      int lastRow) {
    int g0 = gAt;
    int g1 = gAt + Math.min(1, lastFilter);
    int g2 = gAt + Math.min(2, lastFilter);
    int g3 = gAt + Math.min(3, lastFilter);
    int x0 = xAt;
    int x1 = xAt + Math.min(1, lastRow) * line;
    int x2 = xAt + Math.min(2, lastRow) * line;
    int c0 = cAt;
    int c1 = cAt + Math.min(1, lastFilter) * kernelRows * V;
    int c2 = cAt + Math.min(2, lastFilter) * kernelRows * V;
    int c3 = cAt + Math.min(3, lastFilter) * kernelRows * V;
    int r1 = Math.min(1, lastRow) * V;
    int r2 = Math.min(2, lastRow) * V;
    var s00 = FloatVector.fromArray(F, c, c0);
    var s01 = FloatVector.fromArray(F, c, c0 + r1);
    var s02 = FloatVector.fromArray(F, c, c0 + r2);
    var s10 = FloatVector.fromArray(F, c, c1);
    var s11 = FloatVector.fromArray(F, c, c1 + r1);
    var s12 = FloatVector.fromArray(F, c, c1 + r2);
    var s20 = FloatVector.fromArray(F, c, c2);
    var s21 = FloatVector.fromArray(F, c, c2 + r1);
    var s22 = FloatVector.fromArray(F, c, c2 + r2);
    var s30 = FloatVector.fromArray(F, c, c3);
    var s31 = FloatVector.fromArray(F, c, c3 + r1);
    var s32 = FloatVector.fromArray(F, c, c3 + r2);
    for (int i = 0; i < count; i++) {
      var v0 = FloatVector.fromArray(F, x, x0 + i * step);
      var v1 = FloatVector.fromArray(F, x, x1 + i * step);
      var v2 = FloatVector.fromArray(F, x, x2 + i * step);
      var b0 = FloatVector.broadcast(F, g[g0 + i * filters]);
      s00 = b0.fma(v0, s00);
      s01 = b0.fma(v1, s01);
      s02 = b0.fma(v2, s02);
      var b1 = FloatVector.broadcast(F, g[g1 + i * filters]);
      s10 = b1.fma(v0, s10);
      s11 = b1.fma(v1, s11);
      s12 = b1.fma(v2, s12);
      var b2 = FloatVector.broadcast(F, g[g2 + i * filters]);
      s20 = b2.fma(v0, s20);
      s21 = b2.fma(v1, s21);
      s22 = b2.fma(v2, s22);
      var b3 = FloatVector.broadcast(F, g[g3 + i * filters]);
      s30 = b3.fma(v0, s30);
      s31 = b3.fma(v1, s31);
      s32 = b3.fma(v2, s32);
    }
    s32.intoArray(c, c3 + r2);
    s31.intoArray(c, c3 + r1);
    s30.intoArray(c, c3);
    s22.intoArray(c, c2 + r2);
    s21.intoArray(c, c2 + r1);
    s20.intoArray(c, c2);
    s12.intoArray(c, c1 + r2);
    s11.intoArray(c, c1 + r1);
    s10.intoArray(c, c1);
    s02.intoArray(c, c0 + r2);
    s01.intoArray(c, c0 + r1);
    s00.intoArray(c, c0);
  }

  /// Adds the blocks as a tree and writes the gradients.
  private record Sum(ConvWeightRows of) implements Kernel {
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
          for (int j = 0; j < of.each; j++) {
            p[at + i * of.each + j] += p[at + (i + s) * of.each + j];
          }
        }
      }
      ConvGeometry g = of.g;
      Buffer gradW = of.problem.gradW();
      float[] w = frame.array(gradW);
      int taps = g.taps();
      int width = g.width().kernel();
      for (int i = 0; i < g.weightSize(); i++) {
        int tap = i % taps;
        int c = i / taps % g.inChannels();
        int row = i / taps / g.inChannels() * g.height().kernel() + tap / width;
        w[gradW.at() + i] = p[at + row * V + tap % width * g.inChannels() + c];
      }
      Buffer gradBias = of.problem.gradBias();
      if (gradBias != null) {
        int from = at + of.each - g.outChannels();
        System.arraycopy(p, from, frame.array(gradBias), gradBias.at(), g.outChannels());
      }
    }
  }
}
