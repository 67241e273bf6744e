package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.ROWS;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// The gradients of a fully connected layer: lanes run over its inputs, so weight and samples are
/// read as they lie. Each block makes some panels of columns.
///
/// The last columns, if too few for a panel, are copied first to where reading past them does no
/// harm.
final class DenseBackward {
  private static final int MOST_BLOCKS = 32;

  private DenseBackward() {}

  private static int blocks(int panels, long work) {
    return (int) Math.min(Math.min(panels, MOST_BLOCKS), work / ConvGemm.WORTH_A_THREAD + 1);
  }

  /// Room for the last columns of `b`, one row for each product and those of one tile.
  private static long tail(int columns) {
    return columns % COLS == 0 ? 0 : COLS;
  }

  /// `c = a · b` for the columns of one panel: `a` is read with steps `aK` and `aR`, the rows of
  /// `b` and `c` are `columns` apart.
  ///
  /// @param tailAt where the last columns of `b` may be copied in `tail`
  /// @param spareAt where a tile of the result may lie in `tail`
  private static void panel(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int depth,
      float[] c,
      int cAt,
      int rows,
      int columns,
      int panel,
      float[] tail,
      int tailAt,
      int spareAt) {
    int count = Panels.columns(panel, columns);
    int from = bAt + panel * COLS;
    boolean partial = count < COLS;
    if (partial) {
      Panels.rows(b, from, columns, depth, count, tail, tailAt);
    }
    float[] right = partial ? tail : b;
    int rightAt = partial ? tailAt : from;
    int ldb = partial ? Panels.width(count) : columns;
    for (int r = 0; r < rows; r += ROWS) {
      int n = Math.min(ROWS, rows - r);
      int to = cAt + r * columns + panel * COLS;
      int left = aAt + r * aR;
      if (partial) {
        Arrays.fill(tail, spareAt, spareAt + ROWS * COLS, 0f);
        StridedTile.add(a, left, aK, aR, right, rightAt, ldb, depth, tail, spareAt, COLS, n, ldb);
        Panels.copy(tail, spareAt, COLS, c, to, columns, n, count);
      } else {
        for (int i = 0; i < n; i++) {
          Arrays.fill(c, to + i * columns, to + i * columns + COLS, 0f);
        }
        StridedTile.add(a, left, aK, aR, right, rightAt, ldb, depth, c, to, columns, n, COLS);
      }
    }
  }

  /// `gradX = gradY · w`: rows are samples, sums run over the outputs.
  record Data(DenseProblem.BackwardData problem, Buffer tail) implements Kernel {
    Data(DenseProblem.BackwardData problem) {
      this(
          problem,
          Buffer.scratch(
              Space.ARENA, "tail", (problem.out() + ROWS) * DenseBackward.tail(problem.in())));
    }

    @Override
    public String name() {
      return "dense gradient, %d×%d tiles".formatted(ROWS, COLS);
    }

    @Override
    public int blocks(int batch) {
      long work = (long) problem.in() * problem.out() * batch;
      return batch == 0 ? 0 : DenseBackward.blocks(Panels.count(problem.in()), work);
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(tail);
    }

    @Override
    public void run(Frame frame, int block) {
      int blocks = blocks(frame.batch());
      int panels = Panels.count(problem.in());
      for (int p = block * panels / blocks; p < (block + 1) * panels / blocks; p++) {
        panel(
            frame.array(problem.gradY()),
            problem.gradY().at(),
            1,
            problem.out(),
            frame.array(problem.w()),
            problem.w().at(),
            problem.out(),
            frame.array(problem.gradX()),
            problem.gradX().at(),
            frame.batch(),
            problem.in(),
            p,
            frame.arena(),
            tail.at(),
            tail.at() + problem.out() * COLS);
      }
    }
  }

  /// `gradW = gradYᵀ · x`: rows are outputs, sums run over the samples.
  record Weights(DenseProblem.BackwardWeights problem, Buffer tail, Buffer spare)
      implements Kernel {
    Weights(DenseProblem.BackwardWeights problem) {
      this(
          problem,
          Buffer.perSample(Space.ARENA, "tail", DenseBackward.tail(problem.in())),
          Buffer.scratch(Space.ARENA, "last tile", ROWS * DenseBackward.tail(problem.in())));
    }

    @Override
    public String name() {
      return "dense weight gradient, %d×%d tiles".formatted(ROWS, COLS);
    }

    @Override
    public int blocks(int batch) {
      long work = (long) problem.in() * problem.out() * (batch + 4L);
      return DenseBackward.blocks(Panels.count(problem.in()), work);
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(tail, spare);
    }

    @Override
    public void run(Frame frame, int block) {
      int blocks = blocks(frame.batch());
      int panels = Panels.count(problem.in());
      for (int p = block * panels / blocks; p < (block + 1) * panels / blocks; p++) {
        panel(
            frame.array(problem.gradY()),
            problem.gradY().at(),
            problem.out(),
            1,
            frame.array(problem.x()),
            problem.x().at(),
            frame.batch(),
            frame.array(problem.gradW()),
            problem.gradW().at(),
            problem.out(),
            problem.in(),
            p,
            frame.arena(),
            tail.at(),
            spare.at());
      }
      Buffer gradBias = problem.gradBias();
      if (block == 0 && gradBias != null) {
        bias(frame, gradBias);
      }
    }

    private void bias(Frame frame, Buffer gradBias) {
      int out = problem.out();
      float[] gradY = frame.array(problem.gradY());
      for (int o = 0; o < out; o += V) {
        var m = F.indexInRange(o, out);
        var sum = FloatVector.zero(F);
        for (int n = 0; n < frame.batch(); n++) {
          sum = sum.add(FloatVector.fromArray(F, gradY, problem.gradY().at() + n * out + o, m));
        }
        sum.intoArray(frame.array(gradBias), gradBias.at() + o, m);
      }
    }
  }
}
