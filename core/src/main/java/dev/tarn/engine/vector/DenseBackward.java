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
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// The gradients of a fully connected layer: lanes run over its inputs, so weight and samples are
/// read as they lie. Each block makes some panels of columns.
///
/// A weight, or its gradient, is far larger than what it meets, so the order of the loops is that
/// of its lines in memory: of a few rows ([#FEW] when reading, those of a tile when writing) a
/// stretch of [#STRETCH] panels, which the processor sees coming, and not one panel of all rows, in
/// which every line lies in another page.
///
/// The last columns, if too few for a panel, are copied first to where reading past them does no
/// harm.
final class DenseBackward {
  private static final int MOST_BLOCKS = 32;

  /// Panels whose results are made together: 4 KiB of a row.
  private static final int STRETCH = Math.max(1, 1024 / COLS);

  /// Rows of the weight that are read together when samples are few, and then the time is that of
  /// memory.
  private static final int FEW = 16;

  /// The same when samples are many, and it is that of arithmetic.
  private static final int MANY = 128;

  private DenseBackward() {}

  private static int blocks(int panels, long work) {
    return (int) Math.min(Math.min(panels, MOST_BLOCKS), work / ConvGemm.WORTH_A_THREAD + 1);
  }

  /// Room for the last columns of `b`, one row for each product and those of one tile.
  private static long tail(int columns) {
    return columns % COLS == 0 ? 0 : COLS;
  }

  /// `c += a · b`, or `c = a · b` if these are the first products, for one panel and the rows of
  /// one tile: `a` is read with steps `aK` and `aR`, the rows of `b` and `c` are `columns` apart.
  ///
  /// @param tailAt where the last columns of `b` may be copied in `tail`
  /// @param spareAt where a tile of the result may lie in `tail`
  private static void tile(
      float[] a,
      int aAt,
      int aK,
      int aR,
      float[] b,
      int bAt,
      int depth,
      boolean first,
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
    int to = cAt + panel * COLS;
    if (count == COLS && first) {
      StridedTile.set(a, aAt, aK, aR, b, from, columns, depth, c, to, columns, rows, COLS);
    } else if (count == COLS) {
      StridedTile.add(a, aAt, aK, aR, b, from, columns, depth, c, to, columns, rows, COLS);
    } else {
      int width = Panels.width(count);
      Panels.rows(b, from, columns, depth, count, tail, tailAt);
      if (first) {
        StridedTile.set(
            a, aAt, aK, aR, tail, tailAt, width, depth, tail, spareAt, COLS, rows, width);
      } else {
        Panels.copy(c, to, columns, tail, spareAt, COLS, rows, count);
        StridedTile.add(
            a, aAt, aK, aR, tail, tailAt, width, depth, tail, spareAt, COLS, rows, width);
      }
      Panels.copy(tail, spareAt, COLS, c, to, columns, rows, count);
    }
  }

  /// `gradX = gradY · w`: rows are samples, sums run over the outputs.
  record Data(DenseProblem.BackwardData problem, Buffer tail) implements Kernel {
    Data(DenseProblem.BackwardData problem) {
      this(
          problem,
          Buffer.scratch(Space.ARENA, "tail", (MANY + ROWS) * DenseBackward.tail(problem.in())));
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
      int past = (block + 1) * panels / blocks;
      for (int p = block * panels / blocks; p < past; p += STRETCH) {
        stretch(frame, p, Math.min(past, p + STRETCH));
      }
    }

    private void stretch(Frame frame, int first, int past) {
      int in = problem.in();
      int gradXAt = problem.gradX().at();
      float[] gradX = frame.array(problem.gradX());
      int depth = frame.batch() <= FEW ? FEW : MANY;
      for (int o = 0; o < problem.out(); o += depth) {
        for (int p = first; p < past; p++) {
          for (int n = 0; n < frame.batch(); n += ROWS) {
            tile(
                frame.array(problem.gradY()),
                problem.gradY().at() + n * problem.out() + o,
                1,
                problem.out(),
                frame.array(problem.w()),
                problem.w().at() + o * in,
                Math.min(depth, problem.out() - o),
                o == 0,
                gradX,
                gradXAt + n * in,
                Math.min(ROWS, frame.batch() - n),
                in,
                p,
                frame.arena(),
                tail.at(),
                tail.at() + MANY * COLS);
          }
        }
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
      int past = (block + 1) * panels / blocks;
      for (int p = block * panels / blocks; p < past; p += STRETCH) {
        stretch(frame, p, Math.min(past, p + STRETCH));
      }
      Buffer gradBias = problem.gradBias();
      if (block == 0 && gradBias != null) {
        bias(frame, gradBias);
      }
    }

    private void stretch(Frame frame, int first, int past) {
      int in = problem.in();
      float[] gradW = frame.array(problem.gradW());
      for (int o = 0; o < problem.out(); o += ROWS) {
        int rows = Math.min(ROWS, problem.out() - o);
        int to = problem.gradW().at() + o * in;
        for (int p = first; p < past; p++) {
          tile(
              frame.array(problem.gradY()),
              problem.gradY().at() + o,
              problem.out(),
              1,
              frame.array(problem.x()),
              problem.x().at(),
              frame.batch(),
              true,
              gradW,
              to,
              rows,
              in,
              p,
              frame.arena(),
              tail.at(),
              spare.at());
        }
      }
    }

    private void bias(Frame frame, Buffer gradBias) {
      int out = problem.out();
      for (int o = 0; o < out; o += V) {
        int at = problem.gradY().at() + o;
        float[] gradY = frame.array(problem.gradY());
        int to = gradBias.at() + o;
        column(gradY, at, out, frame.batch(), frame.array(gradBias), to, Math.min(V, out - o));
      }
    }

    /// Sums of one vector's columns: small, and called often, so that it is compiled soon.
    private static void column(
        float[] x, int at, int ld, int rows, float[] sums, int to, int count) {
      var m = F.indexInRange(0, count);
      var sum = FloatVector.zero(F);
      for (int n = 0; n < rows; n++) {
        sum = sum.add(FloatVector.fromArray(F, x, at + n * ld, m));
      }
      sum.intoArray(sums, to, m);
    }
  }
}
