package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.ROWS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;

/// A fully connected layer with lanes over the samples of the batch: the weight, by far the largest
/// operand, is then read once and as it lies, while the samples are transposed first.
///
/// A single sample leaves most lanes idle, and arithmetic then takes longer than reading the
/// weight.
final class DenseForward implements Kernel {
  private static final int MOST_BLOCKS = 32;

  private final DenseProblem.Forward problem;
  private final Buffer panels;
  private final Buffer lastPanel;
  private final Buffer tiles;

  private DenseForward(DenseProblem.Forward problem) {
    this.problem = problem;
    this.panels = Buffer.perSample(Space.ARENA, "samples transposed", problem.in());
    this.lastPanel =
        Buffer.scratch(Space.ARENA, "last samples transposed", (long) problem.in() * COLS);
    this.tiles = Buffer.scratch(Space.ARENA, "tiles", (long) MOST_BLOCKS * ROWS * COLS);
  }

  /// Transposes the samples, then runs the product.
  static Kernel of(DenseProblem.Forward problem) {
    var product = new DenseForward(problem);
    return new Transpose(product, List.of(product));
  }

  @Override
  public String name() {
    return "dense, %d×%d tiles".formatted(ROWS, COLS);
  }

  private int rowTiles() {
    return (problem.out() + ROWS - 1) / ROWS;
  }

  @Override
  public int blocks(int batch) {
    long worth = (long) problem.in() * problem.out() * batch / ConvGemm.WORTH_A_THREAD + 1;
    return batch == 0 ? 0 : (int) Math.min(Math.min(rowTiles(), MOST_BLOCKS), worth);
  }

  private int panelAt(int panel, int columns) {
    return columns == COLS ? panels.at() + panel * COLS * problem.in() : lastPanel.at();
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * rowTiles() / blocks);
    for (int tile = (int) ((long) block * rowTiles() / blocks); tile < past; tile++) {
      int row = tile * ROWS;
      int rows = Math.min(ROWS, problem.out() - row);
      for (int p = 0; p < Panels.count(frame.batch()); p++) {
        tile(frame, block, row, rows, p);
      }
    }
  }

  private void tile(Frame frame, int block, int row, int rows, int panel) {
    int in = problem.in();
    int columns = Panels.columns(panel, frame.batch());
    int at = tiles.at() + block * ROWS * COLS;
    float[] arena = frame.arena();
    Buffer bias = problem.bias();
    for (int r = 0; r < rows; r++) {
      float from = bias == null ? 0f : frame.array(bias)[bias.at() + row + r];
      Arrays.fill(arena, at + r * COLS, at + r * COLS + columns, from);
    }
    float[] w = frame.array(problem.w());
    int a = problem.w().at() + row * in;
    int b = panelAt(panel, columns);
    int width = Panels.width(columns);
    StridedTile.add(w, a, 1, in, arena, b, width, in, arena, at, COLS, rows, width);
    float[] y = frame.array(problem.y());
    int to = problem.y().at() + panel * COLS * problem.out() + row;
    for (int n = 0; n < columns; n++) {
      for (int r = 0; r < rows; r++) {
        y[to + n * problem.out() + r] = arena[at + r * COLS + n];
      }
    }
  }

  /// The first stage: samples become columns.
  private record Transpose(DenseForward product, List<Kernel> after) implements Kernel {
    @Override
    public String name() {
      return product.name();
    }

    @Override
    public int blocks(int batch) {
      return Panels.count(batch);
    }

    @Override
    public void run(Frame frame, int block) {
      int in = product.problem.in();
      Buffer x = product.problem.x();
      int columns = Panels.columns(block, frame.batch());
      int from = x.at() + block * COLS * in;
      int to = product.panelAt(block, columns);
      Panels.transposed(frame.array(x), from, in, in, columns, 0, frame.arena(), to);
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(product.panels, product.lastPanel, product.tiles);
    }
  }
}
