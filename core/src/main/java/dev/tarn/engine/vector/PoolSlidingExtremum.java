package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// Max and min pooling over large windows, by [PoolSlides], where nobody needs the places. Same
/// bits as [PoolExtremum]: joining two results, the earlier cells first, keeps the first of equals.
///
/// Channels last, a row is pooled like the columns, one vector of channels at a time, but two of
/// them side by side, for memory is read by whole cache lines. Channels first, lanes are
/// neighbouring windows, which are doubled until they overlap: of 31 cells, 2, 4, 8 and 16 are
/// pooled, and the window is two of the last. Cells that are met twice change nothing.
final class PoolSlidingExtremum implements Kernel, PoolSlides.Lines {
  /// Vectors of channels side by side.
  private static final int PARTS = 2;

  private final PoolGeometry g;
  private final String name;
  private final Buffer x;
  private final Buffer y;
  private final float sign;
  private final boolean last;
  private final PoolSlides slides;
  private final PoolRuns runs;

  PoolSlidingExtremum(PoolProblem.Forward problem, float sign) {
    this.g = problem.geometry();
    this.name = "%s %s sliding".formatted(problem.reduction(), g.describe());
    this.x = problem.x();
    this.y = problem.y();
    this.sign = sign;
    this.last = g.layout() == Layout.NHWC;
    Spans width = g.width();
    int line = last ? PARTS * width.outputs() * V : (width.outputs() + V - 1) / V * V;
    int row = last ? 2 * width.inputs() * V : padded(width);
    this.runs = new PoolRuns(width);
    this.slides = new PoolSlides(g, PARTS * V, line, row);
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
    int line = g.width().inputs() * g.channels();
    if (last) {
      int in = x.at() + slides.sample(unit) * g.inSize() + row * line + slides.channel(unit);
      int channels = g.channels() - slides.channel(unit);
      for (int c = 0, out = to; c < Math.min(channels, PARTS * V); c += V) {
        int lanes = Math.min(V, channels - c);
        channels(frame.array(x), in + c, lanes, slides.memory(frame), slides.rowAt(block), out);
        out += g.width().outputs() * V;
      }
    } else {
      int in = x.at() + unit * g.inPositions() + row * g.width().inputs();
      columns(frame.array(x), in, slides.memory(frame), slides.rowAt(block), to);
    }
  }

  /// One vector of channels of a row. The working memory holds the results up to the end of each
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
      scan(xs, at + first * step, count, step, lanes, sign, memory, end, beginning);
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
        case END -> windows(memory, end, end, stride, count, out);
        case BEGINNING -> windows(memory, beginning, beginning, stride, count, out);
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
      float sign,
      float[] memory,
      int ends,
      int beginnings) {
    var m = F.indexInRange(0, lanes);
    var beginning = FloatVector.fromArray(F, xs, at, m).mul(sign);
    var end = FloatVector.fromArray(F, xs, at + (count - 1) * step, m).mul(sign);
    for (int i = 0, j = count - 1; j >= 0; i++, j--) {
      // The first and the last cell are met twice, which changes nothing.
      beginning = join(beginning, FloatVector.fromArray(F, xs, at + i * step, m).mul(sign));
      end = join(FloatVector.fromArray(F, xs, at + j * step, m).mul(sign), end);
      beginning.intoArray(memory, beginnings + i * V);
      end.intoArray(memory, ends + j * V);
    }
  }

  private static void windows(
      float[] memory, int ends, int beginnings, int stride, int count, int to) {
    for (int i = 0; i < count; i++) {
      var end = FloatVector.fromArray(F, memory, ends + i * stride);
      var beginning = FloatVector.fromArray(F, memory, beginnings + i * stride);
      join(end, beginning).intoArray(memory, to + i * V);
    }
  }

  private void columns(float[] xs, int at, float[] memory, int cells, int to) {
    Spans width = g.width();
    int k = width.kernel();
    int size = padded(width);
    Arrays.fill(memory, cells, cells + size, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < width.inputs(); i++) {
      memory[cells + width.before() + i] = xs[at + i] * sign;
    }
    int windows = (width.outputs() - 1) * width.stride() + 1;
    int done = 1;
    for (; 2 * done <= k; done *= 2) {
      join(memory, cells, cells + done, cells, windows + k - 2 * done);
    }
    if (width.stride() == 1) {
      join(memory, cells, cells + k - done, to, windows);
    } else {
      join(memory, cells, cells + k - done, cells, windows);
      for (int ox = 0; ox < width.outputs(); ox++) {
        memory[to + ox] = memory[cells + ox * width.stride()];
      }
    }
  }

  private static FloatVector join(FloatVector first, FloatVector second) {
    return first.blend(second, PoolExtremum.wins(second, first));
  }

  @Override
  public void join(float[] memory, int first, int second, int to, int length) {
    joinAll(memory, first, second, to, length);
  }

  /// Rounds the length up to whole vectors.
  private static void joinAll(float[] memory, int first, int second, int to, int length) {
    for (int i = 0; i < length; i += V) {
      var a = FloatVector.fromArray(F, memory, first + i);
      join(a, FloatVector.fromArray(F, memory, second + i)).intoArray(memory, to + i);
    }
  }

  @Override
  public void put(Frame frame, int unit, int row, int from) {
    int outputs = g.width().outputs();
    float[] memory = slides.memory(frame);
    if (last) {
      int line = outputs * g.channels();
      int out = y.at() + slides.sample(unit) * g.outSize() + row * line + slides.channel(unit);
      int channels = g.channels() - slides.channel(unit);
      for (int c = 0, in = from; c < Math.min(channels, PARTS * V); c += V) {
        int lanes = Math.min(V, channels - c);
        put(memory, in, outputs * V, frame.array(y), out + c, g.channels(), lanes, lanes, sign);
        in += outputs * V;
      }
    } else {
      int out = y.at() + unit * g.outPositions() + row * outputs;
      int rest = outputs - (outputs - 1) / V * V;
      put(memory, from, outputs, frame.array(y), out, V, V, rest, sign);
    }
  }

  /// Writes vectors, `step` apart, of which this many lanes count; of the last `rest`.
  private static void put(
      float[] memory,
      int from,
      int length,
      float[] to,
      int at,
      int step,
      int lanes,
      int rest,
      float sign) {
    var m = F.indexInRange(0, lanes);
    int out = at;
    int i = 0;
    for (; i + V < length; i += V, out += step) {
      FloatVector.fromArray(F, memory, from + i).mul(sign).intoArray(to, out, m);
    }
    FloatVector.fromArray(F, memory, from + i)
        .mul(sign)
        .intoArray(to, out, F.indexInRange(0, rest));
  }
}
