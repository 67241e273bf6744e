package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
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

/// The gradient of a convolution by its weight as a product of matrices: (tap, input channel) ×
/// positions by positions × output channels, in the runs and blocks that
/// [ConvProblem.BackwardWeights] fixes.
///
/// `gradY` is the right-hand matrix as it lies. The left-hand one is read from `x`, channels last,
/// or where there is padding from a copy with zeros around of the rows under one run, which stay in
/// the second-level cache: under one row of taps, all of (column, channel) are neighbours in
/// memory, so a tile is packed by vector copies.
final class ConvWeightGemm implements Kernel {
  private static final int RUN = ConvProblem.BackwardWeights.RUN;

  private final ConvProblem.BackwardWeights problem;
  private final ConvGeometry g;
  private final int[] rowAt;
  private final int[] positionAt;
  private final int positions;
  private final Padded copies;
  private final boolean padded;
  private final int bandSize;
  private final int slots;
  private final int parts;
  private final int maximumBlocks;
  private final int columns;
  private final Buffer partial;
  private final Buffer work;
  private final int workSize;
  private final List<Kernel> after;

  ConvWeightGemm(ConvProblem.BackwardWeights problem) {
    this.problem = problem;
    this.g = problem.geometry();
    this.columns = g.groupOut();
    this.positions = g.outPositions();
    var height = g.height();
    var width = g.width();
    this.copies = new Padded(g);
    this.padded = copies.needed();
    int stride = padded ? g.groupIn() : g.inChannels();
    int line = padded ? copies.line() : width.inputs() * stride;
    // A run touches so many samples, and so many rows of one.
    this.slots = padded ? (RUN + positions - 2) / positions + 1 : 0;
    int runRows = Math.min(height.outputs(), (RUN + width.outputs() - 2) / width.outputs() + 1);
    this.bandSize = padded ? copies.rows(runRows) * line : 0;
    this.positionAt = new int[positions];
    for (int p = 0; p < positions; p++) {
      positionAt[p] =
          p / width.outputs() * height.stride() * line
              + p % width.outputs() * width.stride() * stride;
    }
    this.rowAt = new int[g.groupIn() * g.taps()];
    for (int r = 0; r < rowAt.length; r++) {
      int tap = r / g.groupIn();
      rowAt[r] =
          tap / width.kernel() * height.step() * line
              + tap % width.kernel() * width.step() * stride
              + r % g.groupIn();
    }
    int tiles = (rowAt.length + ROWS - 1) / ROWS;
    this.maximumBlocks = problem.sampleBlocks(Integer.MAX_VALUE);
    this.parts = Math.min(tiles, 16 / maximumBlocks);
    this.partial =
        Buffer.scratch(
            Space.ARENA,
            "partial weight gradients",
            (long) maximumBlocks * (g.weightSize() + g.outChannels()));
    this.after = List.of(new WeightGradientSum(problem, partial));
    int panels = Math.toIntExact(Panels.size(RUN, columns));
    this.workSize = slots * bandSize + RUN * ROWS + panels + ROWS * COLS;
    this.work =
        Buffer.scratch(Space.ARENA, "runs", (long) maximumBlocks * parts * g.groups() * workSize);
  }

  @Override
  public String name() {
    return "weight gradient by matrix product, %d×%d tiles".formatted(ROWS, COLS);
  }

  @Override
  public int blocks(int batch) {
    return problem.sampleBlocks(batch) * parts * g.groups();
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(partial, work);
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  @Override
  public void run(Frame frame, int block) {
    int part = block % parts;
    int group = block / parts % g.groups();
    int samples = block / parts / g.groups();
    int blocks = problem.sampleBlocks(frame.batch());
    long first = (long) samples * frame.batch() / blocks;
    long past = (samples + 1L) * frame.batch() / blocks;
    int tiles = (rowAt.length + ROWS - 1) / ROWS;
    int firstRow = part * tiles / parts * ROWS;
    int pastRow = Math.min(rowAt.length, (part + 1) * tiles / parts * ROWS);
    float[] arena = frame.arena();
    int to =
        partial.at()
            + samples * (g.weightSize() + g.outChannels())
            + group * rowAt.length * columns;
    Arrays.fill(arena, to + firstRow * columns, to + pastRow * columns, 0f);
    int biasTo = partial.at() + samples * (g.weightSize() + g.outChannels()) + g.weightSize();
    boolean bias = part == 0 && problem.gradBias() != null;
    if (bias) {
      Arrays.fill(arena, biasTo + group * columns, biasTo + (group + 1) * columns, 0f);
    }
    int at = work.at() + block * workSize;
    for (long q = first * positions; q < past * positions; q += RUN) {
      int length = (int) Math.min(RUN, past * positions - q);
      if (padded) {
        pad(frame, group, q, length, at);
      }
      run(frame, group, q, length, firstRow, pastRow, to, at);
      if (bias) {
        addBias(frame, group, q, length, biasTo + group * columns);
      }
    }
  }

  /// Adds one run to rows `firstRow` to `pastRow` of the partial sums at `to`.
  private void run(
      Frame frame, int group, long q, int length, int firstRow, int pastRow, int to, int at) {
    float[] arena = frame.arena();
    int tileAt = at + slots * bandSize;
    int temporaryAt = tileAt + RUN * ROWS;
    int panelsAt = temporaryAt + ROWS * COLS;
    float[] gradY = frame.array(problem.gradY());
    int from = problem.gradY().at() + (int) q * g.outChannels() + group * columns;
    for (int p = 0; p < Panels.count(columns); p++) {
      Panels.rows(
          gradY,
          from + p * COLS,
          g.outChannels(),
          length,
          Panels.columns(p, columns),
          arena,
          panelsAt + p * COLS * length);
    }
    for (int r = firstRow; r < pastRow; r += ROWS) {
      int rows = Math.min(ROWS, pastRow - r);
      pack(frame, group, q, length, r, rows, at, tileAt);
      for (int p = 0; p < Panels.count(columns); p++) {
        int n = Panels.columns(p, columns);
        int b = panelsAt + p * COLS * length;
        Arrays.fill(arena, temporaryAt, temporaryAt + ROWS * COLS, 0f);
        PanelTile.add(
            arena, tileAt, arena, b, length, arena, temporaryAt, COLS, rows, Panels.width(n));
        for (int i = 0; i < rows; i++) {
          add(arena, temporaryAt + i * COLS, arena, to + (r + i) * columns + p * COLS, n);
        }
      }
    }
  }

  /// Packs a tile of `x`; a run may reach over several samples.
  private void pack(
      Frame frame, int group, long q, int length, int r, int rows, int at, int tileAt) {
    long n = q / positions;
    int p = (int) (q % positions);
    for (int done = 0; done < length; n++, p = 0) {
      int count = Math.min(length - done, positions - p);
      int to = tileAt + done * ROWS;
      if (padded) {
        int from = at + (int) (n % slots) * bandSize - bandAt(p);
        Panels.tile(
            frame.arena(), from, positionAt, p, p + count, rowAt, r, rows, frame.arena(), to);
      } else {
        int from = problem.x().at() + (int) n * sourceSize() + group * g.groupIn();
        float[] x = frame.array(problem.x());
        Panels.tile(x, from, positionAt, p, p + count, rowAt, r, rows, frame.arena(), to);
      }
      done += count;
    }
  }

  /// Copies the rows under a run, those of each sample to its slot.
  private void pad(Frame frame, int group, long q, int length, int at) {
    long n = q / positions;
    int p = (int) (q % positions);
    int width = g.width().outputs();
    for (int done = 0; done < length; n++, p = 0) {
      int count = Math.min(length - done, positions - p);
      int results = (p + count - 1) / width - p / width + 1;
      int slot = at + (int) (n % slots) * bandSize;
      int first = copies.first(p / width);
      int rows = copies.rows(results);
      copies.fill(frame, problem.x(), (int) n, group, first, rows, frame.arena(), slot);
      done += count;
    }
  }

  /// Where, in a whole copy of a sample, the rows begin that a run from position `p` on needs.
  private int bandAt(int p) {
    return copies.first(p / g.width().outputs()) * copies.line();
  }

  private int sourceSize() {
    return g.height().inputs() * g.width().inputs() * g.inChannels();
  }

  private void addBias(Frame frame, int group, long q, int length, int to) {
    float[] gradY = frame.array(problem.gradY());
    float[] arena = frame.arena();
    int from = problem.gradY().at() + (int) q * g.outChannels() + group * columns;
    for (int c = 0; c < columns; c += V) {
      var m = F.indexInRange(c, columns);
      var sum = FloatVector.zero(F);
      for (int i = 0; i < length; i++) {
        sum = sum.add(FloatVector.fromArray(F, gradY, from + i * g.outChannels() + c, m));
      }
      sum.add(FloatVector.fromArray(F, arena, to + c, m)).intoArray(arena, to + c, m);
    }
  }

  /// `dst += src`, `n` numbers.
  private static void add(float[] src, int srcAt, float[] dst, int dstAt, int n) {
    for (int i = 0; i < n; i += V) {
      var m = F.indexInRange(i, n);
      FloatVector.fromArray(F, dst, dstAt + i, m)
          .add(FloatVector.fromArray(F, src, srcAt + i, m))
          .intoArray(dst, dstAt + i, m);
    }
  }
}
