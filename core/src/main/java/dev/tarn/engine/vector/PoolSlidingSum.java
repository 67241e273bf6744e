package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.D;
import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.DivisorTable;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/// Average, sum and L2 pooling over large windows, by [PoolSlides].
///
/// Not in the order of the reference, but only sums of cells of the window, in double: a sum of `n`
/// values of at most `m` is wrong by at most `n · n · m · 2⁻⁵³`, like the reference's, so that the
/// rounded result is the same but for one in some 10⁸.
///
/// Channels last, a row is summed like the columns, one vector of channels at a time, but four of
/// them side by side, for memory is read by whole cache lines. Channels first, lanes are
/// neighbouring windows: runs of 1, 2, 4, … cells, each the sum of two of the runs before, of which
/// a window takes those whose lengths add up to its own.
final class PoolSlidingSum implements Kernel, PoolSlides.Lines {
  /// Vectors of channels side by side.
  private static final int PARTS = 4;

  private final PoolGeometry g;
  private final String name;
  private final boolean squares;
  private final DivisorTable table;
  private final PoolDivisors divisors;
  private final Buffer x;
  private final Buffer y;
  private final boolean last;
  private final PoolSlides slides;
  private final PoolRuns runs;

  PoolSlidingSum(PoolProblem.Forward problem, PoolSum.Term term) {
    this.g = problem.geometry();
    this.name = "%s %s sliding".formatted(problem.reduction(), g.describe());
    this.squares = term == PoolSum.Term.SQUARE;
    this.table = DivisorTable.of(problem.reduction(), g);
    this.divisors = new PoolDivisors(g, table);
    this.x = problem.x();
    this.y = problem.y();
    this.last = g.layout() == Layout.NHWC;
    Spans width = g.width();
    int line = last ? PARTS * width.outputs() * V : (width.outputs() + HALF - 1) / HALF * V;
    int row = last ? 2 * width.inputs() * V : 4 * padded(width);
    this.runs = new PoolRuns(width);
    this.slides = new PoolSlides(g, PARTS * HALF, line, row);
  }

  /// Cells of a row with its padding and room for vectors that begin at its last window.
  private static int padded(Spans width) {
    int windows = (width.outputs() - 1) * width.stride() + width.kernel();
    return Math.max(windows, width.before() + width.inputs()) + 2 * V;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return slides.blocks(batch);
  }

  @Override
  public List<Buffer> scratch() {
    return slides.scratch();
  }

  @Override
  public void run(Frame frame, int block) {
    slides.run(frame, block, this);
  }

  @Override
  public void row(Frame frame, int block, int unit, int row, int to) {
    float[] memory = slides.memory(frame);
    int work = slides.rowAt(block);
    if (last) {
      int line = g.width().inputs() * g.channels();
      int in = x.at() + slides.sample(unit) * g.inSize() + row * line + slides.channel(unit);
      int channels = channelsOf(unit);
      for (int c = 0, out = to; c < channels; c += HALF, out += g.width().outputs() * V) {
        channels(frame.array(x), in + c, Math.min(HALF, channels - c), memory, work, out);
      }
    } else {
      int in = x.at() + unit * g.inPositions() + row * g.width().inputs();
      columns(frame.array(x), in, memory, work, to);
    }
  }

  private int channelsOf(int unit) {
    return Math.min(PARTS * HALF, g.channels() - slides.channel(unit));
  }

  /// One vector of channels of a row. The working memory holds the sums up to the end of each
  /// block, then those from its beginning.
  private void channels(float[] xs, int at, int lanes, float[] memory, int ends, int to) {
    int cells = g.width().inputs();
    int k = g.width().kernel();
    int step = g.channels();
    int beginnings = ends + cells * V;
    for (int first = 0; first < cells; first += k) {
      int count = Math.min(k, cells - first);
      int end = ends + first * V;
      int beginning = beginnings + first * V;
      if (squares) {
        scanSquares(xs, at + first * step, count, step, lanes, memory, end, beginning);
      } else {
        scan(xs, at + first * step, count, step, lanes, memory, end, beginning);
      }
    }
    int stride = g.width().stride() * V;
    for (int i = 0; i < runs.count(); i++) {
      PoolRuns.Run run = runs.run(i);
      int out = to + run.first() * V;
      int count = run.past() - run.first();
      int end = ends + run.from() * V;
      int beginning = beginnings + run.last() * V;
      switch (run.kind()) {
        case BOTH -> windows(memory, end, beginning, stride, count, out);
        case END -> copies(memory, end, stride, count, out);
        case BEGINNING -> copies(memory, beginning, stride, count, out);
      }
    }
  }

  /// One block, from both sides at once: that hides half of the time one step waits for the other.
  private static void scan(
      float[] xs,
      int at,
      int count,
      int step,
      int lanes,
      float[] memory,
      int ends,
      int beginnings) {
    var m = H.indexInRange(0, lanes);
    var beginning = DoubleVector.zero(D);
    var end = beginning;
    for (int i = 0, j = count - 1; j >= 0; i++, j--) {
      beginning = beginning.add(Pools.doubles(xs, at + i * step, m));
      end = end.add(Pools.doubles(xs, at + j * step, m));
      DoubleSums.store(beginning, memory, beginnings + i * V);
      DoubleSums.store(end, memory, ends + j * V);
    }
  }

  private static void scanSquares(
      float[] xs,
      int at,
      int count,
      int step,
      int lanes,
      float[] memory,
      int ends,
      int beginnings) {
    var m = H.indexInRange(0, lanes);
    var beginning = DoubleVector.zero(D);
    var end = beginning;
    for (int i = 0, j = count - 1; j >= 0; i++, j--) {
      var a = Pools.doubles(xs, at + i * step, m);
      beginning = a.fma(a, beginning);
      var b = Pools.doubles(xs, at + j * step, m);
      end = b.fma(b, end);
      DoubleSums.store(beginning, memory, beginnings + i * V);
      DoubleSums.store(end, memory, ends + j * V);
    }
  }

  private static void windows(
      float[] memory, int ends, int beginnings, int stride, int count, int to) {
    for (int i = 0; i < count; i++) {
      var sum =
          DoubleSums.load(memory, ends + i * stride)
              .add(DoubleSums.load(memory, beginnings + i * stride));
      DoubleSums.store(sum, memory, to + i * V);
    }
  }

  private static void copies(float[] memory, int from, int stride, int count, int to) {
    for (int i = 0; i < count; i++) {
      FloatVector.fromArray(F, memory, from + i * stride).intoArray(memory, to + i * V);
    }
  }

  private void columns(float[] xs, int at, float[] memory, int runs, int to) {
    Spans width = g.width();
    int k = width.kernel();
    int size = padded(width);
    int sums = runs + 2 * size;
    spread(xs, at, width, squares, memory, runs, size);
    int windows = (width.outputs() - 1) * width.stride() + 1;
    int done = 0;
    for (int length = 1; length <= k; length *= 2) {
      if ((k & length) != 0) {
        if (done == 0) {
          System.arraycopy(memory, runs, memory, sums, 2 * windows);
        } else {
          joinAll(memory, sums, runs + 2 * done, sums, 2 * windows);
        }
        done += length;
      }
      if (2 * length <= k) {
        joinAll(memory, runs, runs + 2 * length, runs, 2 * (windows + k - 2 * length));
      }
    }
    for (int ox = 0; ox < width.outputs(); ox++) {
      int from = sums + 2 * ox * width.stride();
      memory[to + 2 * ox] = memory[from];
      memory[to + 2 * ox + 1] = memory[from + 1];
    }
  }

  /// A row of cells, or of their squares, as doubles with zeros around them.
  private static void spread(
      float[] xs, int at, Spans width, boolean squares, float[] memory, int to, int size) {
    Arrays.fill(memory, to, to + 2 * size, 0f);
    int cells = width.inputs();
    int out = to + 2 * width.before();
    for (int i = 0; i < cells; i += HALF) {
      var a = Pools.doubles(xs, at + i, H.indexInRange(i, cells));
      DoubleSums.store(squares ? a.mul(a) : a, memory, out + 2 * i);
    }
  }

  @Override
  public void join(float[] memory, int first, int second, int to, int length) {
    joinAll(memory, first, second, to, length);
  }

  /// Rounds the length up to whole vectors.
  private static void joinAll(float[] memory, int first, int second, int to, int length) {
    for (int i = 0; i < length; i += V) {
      DoubleSums.store(
          DoubleSums.load(memory, first + i).add(DoubleSums.load(memory, second + i)),
          memory,
          to + i);
    }
  }

  @Override
  public void put(Frame frame, int unit, int row, int from) {
    Spans width = g.width();
    float[] memory = slides.memory(frame);
    float[] to = frame.array(y);
    if (last) {
      int line = width.outputs() * g.channels();
      int out = y.at() + slides.sample(unit) * g.outSize() + row * line + slides.channel(unit);
      int channels = channelsOf(unit);
      for (int c = 0, in = from; c < channels; c += HALF, in += width.outputs() * V) {
        put(memory, in, to, out + c, row, Math.min(HALF, channels - c));
      }
    } else {
      int out = y.at() + unit * g.outPositions() + row * width.outputs();
      for (int ox = 0; ox < width.outputs(); ox += HALF) {
        int lanes = Math.min(HALF, width.outputs() - ox);
        if (squares) {
          root(memory, from + 2 * ox, to, out + ox, lanes);
        } else {
          var mean =
              Pools.mean(
                  DoubleSums.load(memory, from + 2 * ox),
                  divisors.divisor(row, ox),
                  divisors.inverse(row, ox));
          mean.intoArray(to, out + ox, H.indexInRange(0, lanes));
        }
      }
    }
  }

  /// Writes one vector of channels of a row of outputs.
  private void put(float[] memory, int from, float[] to, int at, int row, int lanes) {
    int out = at;
    for (int ox = 0; ox < g.width().outputs(); ox++, out += g.channels()) {
      if (squares) {
        root(memory, from + ox * V, to, out, lanes);
      } else {
        double divisor = table.at(0, row, ox);
        mean(memory, from + ox * V, divisor, 1 / divisor, to, out, lanes);
      }
    }
  }

  private static void root(float[] memory, int from, float[] to, int at, int lanes) {
    Pools.floats(DoubleSums.load(memory, from).sqrt()).intoArray(to, at, H.indexInRange(0, lanes));
  }

  private static void mean(
      float[] memory, int from, double divisor, double inverse, float[] to, int at, int lanes) {
    Pools.mean(DoubleSums.load(memory, from), divisor, inverse)
        .intoArray(to, at, H.indexInRange(0, lanes));
  }
}
