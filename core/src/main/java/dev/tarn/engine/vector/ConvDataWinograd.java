package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.WinogradTiling.POINTS;
import static dev.tarn.engine.vector.WinogradTiling.PRODUCTS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The gradient by the data of a 5×5 convolution by the adjoint of Winograd's F(2×2, 5×5): `B [(G g
/// Gᵀ) ⊙ (A gradY Aᵀ)] Bᵀ`, whose tiles of 6×6 cells overlap and are added.
///
/// Tiles cover the results of the convolution; where there is little padding these are far fewer
/// than its cells, which the tiles of [ConvWinograd] would cover. A sample's tiles are added in
/// row-major order; the result differs from the reference's by at most 2e-5 of the largest on
/// unit-variance data.
final class ConvDataWinograd implements Kernel {
  private static final int MOST_BLOCKS = 8;

  /// Tiles of one product: four tiles of twelve rows.
  private static final int TILES = 48;

  private static final int SIDE = POINTS - 1;

  private final Sweep sweep;
  private final WinogradTiling tiling;
  private final int[] resultTiles;
  private final int samples;
  private final int workSize;
  private final Buffer weight;
  private final Buffer work;

  private ConvDataWinograd(Sweep sweep, WinogradTiling tiling) {
    this.sweep = sweep;
    this.tiling = tiling;
    this.resultTiles = tiling.resultTiles();
    this.samples = Math.max(1, TILES / tiling.tiles());
    int tiles = samples * tiling.tiles();
    this.workSize =
        samples * Math.max(tiling.cellsSize(), tiling.gradSize())
            + tiling.halfSize()
            + PRODUCTS * WinogradTiling.step(tiles, tiling.in())
            + POINTS * WinogradTiling.step(tiles, tiling.out());
    this.weight =
        Buffer.scratch(
            Space.ARENA,
            sweep.weight() + " transformed",
            (long) PRODUCTS * tiling.outChannels() * tiling.in());
    this.work = Buffer.scratch(Space.ARENA, "tiles", (long) MOST_BLOCKS * workSize);
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep s, List<String> refusals) {
    if (!isFive(s.height()) || !isFive(s.width()) || s.groups() > 1) {
      WinogradTiling.refuse(refusals, "needs 5×5 windows, stride 1, no dilation, 1 group");
      return null;
    }
    WinogradTiling tiling = WinogradTiling.ofGradient(s);
    String why = tiling.refusal();
    long cells = (s.height().result() + 1L) / 2 * ((s.width().result() + 1) / 2);
    if (why == null && 4 * cells < 5L * tiling.tiles()) {
      why = "%d tiles of results, %d of cells: fewer would do".formatted(tiling.tiles(), cells);
    }
    if (why != null) {
      WinogradTiling.refuse(refusals, why);
      return null;
    }
    var product = new ConvDataWinograd(s, tiling);
    return new Weight(product, List.of(product));
  }

  private static boolean isFive(Sweep.Axis a) {
    return a.kernel() == SIDE && a.spread() == 1 && a.step() == 1 && a.dilation() == 1;
  }

  @Override
  public String name() {
    return "gradient over tiles of results by Winograd F(2×2, 5×5)";
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, batch);
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * frame.batch() / blocks);
    int n = (int) ((long) block * frame.batch() / blocks);
    while (n < past) {
      int count = Math.min(samples, past - n);
      run(frame, n, count, work.at() + block * workSize);
      n += count;
    }
  }

  private void run(Frame frame, int first, int count, int at) {
    float[] arena = frame.arena();
    int in = tiling.in();
    int halfAt = at + samples * Math.max(tiling.cellsSize(), tiling.gradSize());
    int tiles = count * tiling.tiles();
    int cellsAt = halfAt + tiling.halfSize();
    int cellStep = WinogradTiling.step(tiles, in);
    int resultsAt = cellsAt + PRODUCTS * cellStep;
    Buffer gradY = sweep.source();
    for (int i = 0; i < count; i++) {
      int y = gradY.at() + (first + i) * sweep.sourceSize();
      tiling.copyResults(frame.array(gradY), y, arena, at + i * tiling.gradSize());
    }
    Arrays.fill(arena, cellsAt, resultsAt, 0f);
    for (int i = 0; i < POINTS; i++) {
      multiply(arena, i, tiles, at, cellsAt + i * POINTS * cellStep, resultsAt);
    }
    Buffer gradX = sweep.result();
    for (int i = 0; i < count; i++) {
      Arrays.fill(arena, at, at + tiling.cellsSize(), 0f);
      for (int tile = 0; tile < tiling.tiles(); tile++) {
        int from = cellsAt + (i * tiling.tiles() + tile) * in;
        tiling.addCells(arena, from, cellStep, halfAt, at, tile);
      }
      int x = gradX.at() + (first + i) * sweep.resultSize();
      tiling.copyBack(arena, at, frame.array(gradX), x);
    }
  }

  /// Row `i` of the points of all tiles, from the copies of the gradients.
  private void multiply(float[] arena, int i, int tiles, int copyAt, int cellsAt, int resultsAt) {
    int in = tiling.in();
    int step = WinogradTiling.step(tiles, tiling.out());
    for (int n = 0; n < tiles / tiling.tiles(); n++) {
      int to = resultsAt + n * tiling.tiles() * tiling.out();
      int copy = copyAt + n * tiling.gradSize();
      tiling.transformResults(arena, copy, resultTiles, i, to, step);
    }
    for (int j = 0; j < POINTS; j++) {
      WinogradTiling.multiply(
          arena,
          resultsAt + j * step,
          1,
          tiling.out(),
          weight.at() + (i * POINTS + j) * tiling.outChannels() * in,
          in,
          tiling.outChannels(),
          cellsAt + j * WinogradTiling.step(tiles, in),
          tiles,
          in);
    }
  }

  /// The first stage: the weight transformed, `[point][output channel][input channels]`. A unit of
  /// work is an output channel.
  private record Weight(ConvDataWinograd product, List<Kernel> after) implements Kernel {
    @Override
    public String name() {
      return product.name();
    }

    @Override
    public int blocks(int batch) {
      return batch == 0 ? 0 : MOST_BLOCKS;
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(product.weight, product.work);
    }

    @Override
    public void run(Frame frame, int block) {
      WinogradTiling tiling = product.tiling;
      int out = tiling.outChannels();
      int n = tiling.in();
      float[] arena = frame.arena();
      int tapsAt = product.work.at() + block * product.workSize;
      int halfAt = tapsAt + SIDE * SIDE * n;
      int step = out * n;
      Arrays.fill(arena, tapsAt, halfAt, 0f);
      for (int o = block * out / MOST_BLOCKS; o < (block + 1) * out / MOST_BLOCKS; o++) {
        pack(frame, o, tapsAt, n);
        for (int j = 0; j < SIDE; j++) {
          int column = tapsAt + j * n;
          WinogradAdjoint.taps(arena, column, SIDE * n, arena, halfAt + j * n, SIDE * n, n);
        }
        int to = product.weight.at() + o * n;
        for (int i = 0; i < POINTS; i++) {
          int row = halfAt + i * SIDE * n;
          WinogradAdjoint.taps(arena, row, n, arena, to + i * POINTS * step, step, n);
        }
      }
    }

    /// The filter of one output channel: `[tap][input channel]`.
    private void pack(Frame frame, int o, int to, int n) {
      int channels = product.tiling.inChannels();
      float[] w = frame.array(product.sweep.weight());
      int from = product.sweep.weight().at() + o * channels * SIDE * SIDE;
      float[] arena = frame.arena();
      for (int c = 0; c < channels; c++) {
        for (int tap = 0; tap < SIDE * SIDE; tap++) {
          arena[to + tap * n + c] = w[from + c * SIDE * SIDE + tap];
        }
      }
    }
  }
}
