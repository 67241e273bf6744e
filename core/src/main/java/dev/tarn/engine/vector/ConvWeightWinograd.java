package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.WinogradTiling.POINTS;
import static dev.tarn.engine.vector.WinogradTiling.PRODUCTS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// The gradient by a 5×5 weight by the adjoint of Winograd's F(2×2, 5×5): `Gᵀ [Σ (Bᵀ d B) ⊙ (A
/// gradY Aᵀ)] G`, 36 products for a tile of 2×2 results instead of 100, each of the 36 sums over
/// tiles a product of matrices, channels × tiles × channels.
///
/// Samples are cut into the blocks of [ConvProblem.BackwardWeights]; a block's tiles are added one
/// after the other, the blocks as a tree, and what is transformed back is the sum of them all. The
/// result differs from the reference's by at most 2e-5 of the largest on unit-variance data.
final class ConvWeightWinograd implements Kernel {
  /// Tiles of one product: the operands of a point then fit in the first-level cache, those of all
  /// points in the second.
  private static final int TILES = 32;

  private final ConvProblem.BackwardWeights problem;
  private final WinogradTiling tiling;
  private final int[] cellTiles;
  private final int[] resultTiles;
  private final int samples;
  private final int each;
  private final int workSize;
  private final int copySize;
  private final Buffer copies;
  private final Buffer partial;
  private final Buffer work;
  private final List<Kernel> after;

  private ConvWeightWinograd(ConvProblem.BackwardWeights problem, WinogradTiling tiling) {
    this.problem = problem;
    this.tiling = tiling;
    this.cellTiles = tiling.cellTiles();
    this.resultTiles = tiling.resultTiles();
    this.samples = Math.max(1, TILES / tiling.tiles());
    this.each = PRODUCTS * tiling.inChannels() * tiling.out() + tiling.out();
    int tiles = samples * tiling.tiles();
    this.workSize =
        POINTS
            * (WinogradTiling.step(tiles, tiling.in()) + WinogradTiling.step(tiles, tiling.out()));
    this.copySize = tiling.cellsSize() + tiling.gradSize();
    this.copies = Buffer.perSample(Space.ARENA, "copies", copySize);
    int blocks = problem.sampleBlocks(Integer.MAX_VALUE);
    this.partial = Buffer.scratch(Space.ARENA, "partial weight gradients", (long) blocks * each);
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) blocks * workSize);
    this.after = List.of(new Sum(this));
  }

  /// A kernel for the problem, or null with the reason in `refusals`.
  static @Nullable Kernel of(ConvProblem.BackwardWeights problem, List<String> refusals) {
    ConvGeometry g = problem.geometry();
    if (!isFive(g.height()) || !isFive(g.width()) || g.groups() > 1) {
      WinogradTiling.refuse(refusals, "needs 5×5 windows, stride 1, no dilation, 1 group");
      return null;
    }
    if (problem.sampleBlocks(Integer.MAX_VALUE) == 1) {
      WinogradTiling.refuse(refusals, "a weight too large to be summed in blocks of samples");
      return null;
    }
    var tiling =
        new WinogradTiling(
            g.inChannels(),
            g.outChannels(),
            g.height().inputs(),
            g.width().inputs(),
            g.height().before(),
            g.width().before(),
            g.height().outputs(),
            g.width().outputs());
    String why = tiling.refusal();
    if (why != null) {
      WinogradTiling.refuse(refusals, why);
      return null;
    }
    return new ConvWeightWinograd(problem, tiling);
  }

  private static boolean isFive(Spans s) {
    return s.kernel() == 5 && s.stride() == 1 && s.step() == 1;
  }

  @Override
  public String name() {
    return "weight gradient by Winograd F(2×2, 5×5)";
  }

  @Override
  public int blocks(int batch) {
    return problem.sampleBlocks(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(copies, partial, work);
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
    int to = partial.at() + block * each;
    Arrays.fill(arena, to, to + each, 0f);
    int first = (int) ((long) block * frame.batch() / blocks);
    for (int n = first; n < past; n++) {
      copy(frame, n, to + each - tiling.out());
    }
    // A row of points after the other, so that all that belongs to one stays in the caches.
    for (int i = 0; i < POINTS; i++) {
      for (int n = first; n < past; n += samples) {
        int count = Math.min(samples, past - n);
        multiply(arena, n, count, i, work.at() + block * workSize, to);
      }
    }
  }

  private void copy(Frame frame, int n, int biasTo) {
    float[] arena = frame.arena();
    int at = copies.at() + n * copySize;
    int x = problem.x().at() + n * tiling.inRows() * tiling.inColumns() * tiling.inChannels();
    tiling.copyCells(frame.array(problem.x()), x, arena, at);
    int y =
        problem.gradY().at() + n * tiling.outRows() * tiling.outColumns() * tiling.outChannels();
    tiling.copyResults(frame.array(problem.gradY()), y, arena, at + tiling.cellsSize());
    addBias(arena, at + tiling.cellsSize(), tiling.gradSize(), tiling.out(), biasTo);
  }

  /// Adds what some samples give for row `i` of the points.
  private void multiply(float[] arena, int first, int count, int i, int cellsAt, int to) {
    int tiles = count * tiling.tiles();
    int cellStep = WinogradTiling.step(tiles, tiling.in());
    int resultStep = WinogradTiling.step(tiles, tiling.out());
    int resultsAt = cellsAt + POINTS * cellStep;
    for (int n = 0; n < count; n++) {
      int copy = copies.at() + (first + n) * copySize;
      int c = cellsAt + n * tiling.tiles() * tiling.in();
      tiling.transformCells(arena, copy, cellTiles, i, c, cellStep);
      int r = resultsAt + n * tiling.tiles() * tiling.out();
      tiling.transformResults(arena, copy + tiling.cellsSize(), resultTiles, i, r, resultStep);
    }
    for (int j = 0; j < POINTS; j++) {
      WinogradTiling.multiply(
          arena,
          cellsAt + j * cellStep,
          tiling.in(),
          1,
          resultsAt + j * resultStep,
          tiling.out(),
          tiles,
          to + (i * POINTS + j) * tiling.inChannels() * tiling.out(),
          tiling.inChannels(),
          tiling.out());
    }
  }

  private static void addBias(float[] a, int at, int size, int width, int to) {
    for (int c = 0; c < width; c += V) {
      var sum = FloatVector.zero(F);
      for (int i = c; i < size; i += width) {
        sum = sum.add(FloatVector.fromArray(F, a, at + i));
      }
      sum.add(FloatVector.fromArray(F, a, to + c)).intoArray(a, to + c);
    }
  }

  /// Adds the blocks as a tree, transforms back, and writes in the order of the weight. A unit of
  /// work is an input channel.
  private record Sum(ConvWeightWinograd of) implements Kernel {
    @Override
    public String name() {
      return of.name() + ", sum";
    }

    @Override
    public int blocks(int batch) {
      return Math.min(8, of.tiling.inChannels());
    }

    @Override
    public void run(Frame frame, int block) {
      int channels = of.tiling.inChannels();
      int blocks = blocks(frame.batch());
      float[] arena = frame.arena();
      int out = of.tiling.out();
      for (int c = block * channels / blocks; c < (block + 1) * channels / blocks; c++) {
        for (int point = 0; point < PRODUCTS; point++) {
          tree(frame, of.partial.at() + (point * channels + c) * out, out);
        }
        back(frame, c, channels * out);
      }
      Buffer gradBias = of.problem.gradBias();
      if (block == 0 && gradBias != null) {
        int at = of.partial.at() + of.each - out;
        tree(frame, at, out);
        System.arraycopy(arena, at, frame.array(gradBias), gradBias.at(), of.tiling.outChannels());
      }
    }

    /// Adds `n` numbers of all blocks into those of the first.
    private void tree(Frame frame, int at, int n) {
      int blocks = of.blocks(frame.batch());
      float[] arena = frame.arena();
      if (blocks == 0) {
        Arrays.fill(arena, at, at + n, 0f);
      }
      for (int s = 1; s < blocks; s *= 2) {
        for (int i = 0; i + s < blocks; i += 2 * s) {
          WinogradAdjoint.add(arena, at + (i + s) * of.each, arena, at + i * of.each, n);
        }
      }
    }

    /// From the 36 points of input channel `c`, `step` apart, to its 25 taps: in place, columns
    /// first.
    private void back(Frame frame, int c, int step) {
      float[] arena = frame.arena();
      int out = of.tiling.out();
      int at = of.partial.at() + c * out;
      for (int j = 0; j < POINTS; j++) {
        int column = at + j * step;
        WinogradAdjoint.gradTaps(arena, column, POINTS * step, arena, column, POINTS * step, out);
      }
      for (int i = 0; i < POINTS - 1; i++) {
        int row = at + i * POINTS * step;
        WinogradAdjoint.gradTaps(arena, row, step, arena, row, step, out);
      }
      Buffer gradW = of.problem.gradW();
      float[] w = frame.array(gradW);
      int side = POINTS - 1;
      int taps = side * side;
      int filter = of.tiling.inChannels() * taps;
      for (int o = 0; o < of.tiling.outChannels(); o++) {
        int to = gradW.at() + o * filter + c * taps;
        for (int tap = 0; tap < taps; tap++) {
          w[to + tap] = arena[at + (tap / side * POINTS + tap % side) * step + o];
        }
      }
    }
  }
}
