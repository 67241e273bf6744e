package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Spans;
import java.util.List;

/// `gradW` and `gradBias`: partial sums over up to [#MOST_PARTS] parts of the batch, which
/// [PartialSums] adds up in a fixed tree; overwrites.
///
/// Within a part, the products of each row of outputs are summed by fused multiply-add from left to
/// right, and the rows are added in row-major order, which keeps rounding small where planes are
/// large. A bias sums its part in double.
final class ConvBackwardWeights implements Kernel {
  /// Parts of the batch, at most.
  private static final int MOST_PARTS = 8;

  /// Elements that all partial sums together may take; large weights have fewer parts.
  private static final long MOST_PARTIALS = 1 << 21;

  /// Filters of one block: what the blocks of one part share.
  private static final int FILTERS = 16;

  private final ConvProblem.BackwardWeights problem;
  private final int parts;

  /// `[parts][weights + biases]`.
  private final Buffer partial;

  private final List<Buffer> scratch;
  private final List<Kernel> after;

  ConvBackwardWeights(ConvProblem.BackwardWeights problem) {
    this.problem = problem;
    long size = (long) problem.geometry().weightSize() + problem.geometry().outChannels();
    int most = MOST_PARTS;
    while (most > 1 && most * size > MOST_PARTIALS) {
      most /= 2;
    }
    this.parts = most;
    this.partial = Buffer.scratch(Space.ARENA, "partial gradW", most * size);
    this.scratch = List.of(partial);
    this.after = List.of(new PartialSums(this));
  }

  @Override
  public String name() {
    return "conv " + ConvKernels.window(problem.geometry()) + " backward weights reference";
  }

  @Override
  public int blocks(int batch) {
    return parts(batch) * filterBlocks();
  }

  @Override
  public List<Buffer> scratch() {
    return scratch;
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  /// Parts of this batch: never an empty one, but for an empty batch.
  int parts(int batch) {
    return Math.max(1, Math.min(parts, batch));
  }

  private int filterBlocks() {
    return (problem.geometry().outChannels() + FILTERS - 1) / FILTERS;
  }

  @Override
  public void run(Frame frame, int block) {
    ConvGeometry g = problem.geometry();
    int part = block / filterBlocks();
    int firstFilter = block % filterBlocks() * FILTERS;
    int pastFilter = Math.min(firstFilter + FILTERS, g.outChannels());
    int batch = frame.batch();
    int from = (int) ((long) batch * part / parts(batch));
    int to = (int) ((long) batch * (part + 1) / parts(batch));
    int filter = g.groupIn() * g.taps();
    int partAt = partial.at() + part * (g.weightSize() + g.outChannels());
    float[] sums = frame.array(partial);
    for (int i = firstFilter * filter; i < pastFilter * filter; i++) {
      sums[partAt + i] = 0f;
    }
    int biasAt = partAt + g.weightSize();
    for (int o = firstFilter; o < pastFilter; o++) {
      sums[biasAt + o] = problem.gradBias() == null ? 0f : bias(frame, from, to, o);
    }
    for (int n = from; n < to; n++) {
      for (int z = 0; z < g.depth().outputs(); z++) {
        for (int y = 0; y < g.height().outputs(); y++) {
          row(frame, n, z, y, firstFilter, pastFilter, partAt);
        }
      }
    }
  }

  /// Sum of filter `o`'s gradients over samples `from … to`.
  private float bias(Frame frame, int from, int to, int o) {
    ConvGeometry g = problem.geometry();
    float[] gradY = frame.array(problem.gradY());
    int channels = g.outChannels();
    double sum = 0;
    for (int p = from * g.outPositions(); p < to * g.outPositions(); p++) {
      sum += gradY[problem.gradY().at() + p * channels + o];
    }
    return (float) sum;
  }

  /// Adds to the partial sums what the outputs of one row give.
  private void row(Frame frame, int n, int z, int y, int firstFilter, int pastFilter, int partAt) {
    ConvGeometry g = problem.geometry();
    Spans height = g.height();
    int outRow = (n * g.depth().outputs() + z) * height.outputs() + y;
    int gradAt = problem.gradY().at() + outRow * g.width().outputs() * g.outChannels();
    for (int tz = 0; tz < g.depth().taps(z); tz++) {
      int inPlane = n * g.depth().inputs() + g.depth().from(z) + tz * g.depth().step();
      for (int ty = 0; ty < height.taps(y); ty++) {
        int inRow = inPlane * height.inputs() + height.from(y) + ty * height.step();
        int rowAt = problem.x().at() + inRow * g.width().inputs() * g.inChannels();
        int kz = g.depth().tapFrom(z) + tz;
        int ky = height.tapFrom(y) + ty;
        int tap = (kz * height.kernel() + ky) * g.width().kernel();
        for (int kx = 0; kx < g.width().kernel(); kx++) {
          tap(frame, kx, gradAt, rowAt, firstFilter, pastFilter, partAt + tap + kx);
        }
      }
    }
  }

  /// Adds one row's products for one tap of the window, for every pair of filter and channel.
  private void tap(
      Frame frame, int kx, int gradAt, int rowAt, int firstFilter, int pastFilter, int sumsAt) {
    ConvGeometry g = problem.geometry();
    Spans width = g.width();
    int first = firstOutput(width, kx);
    int past = pastOutput(width, kx);
    if (first >= past) {
      return;
    }
    int cell = width.from(first) + (kx - width.tapFrom(first)) * width.step();
    // Where there is but one output the stride may be wider than the array.
    int cells = past - first > 1 ? width.stride() * g.inChannels() : 0;
    int xAt = rowAt + cell * g.inChannels();
    int yAt = gradAt + first * g.outChannels();
    int taps = g.taps();
    for (int o = firstFilter; o < pastFilter; ) {
      int group = o / g.groupOut();
      // Four filters share a value of x if they are of one group.
      boolean four = o + 4 <= Math.min(pastFilter, (group + 1) * g.groupOut());
      for (int c = 0; c < g.groupIn(); c++) {
        int sumAt = sumsAt + (o * g.groupIn() + c) * taps;
        int channelAt = xAt + group * g.groupIn() + c;
        if (four) {
          fourFilters(frame, yAt + o, channelAt, cells, past - first, sumAt);
        } else {
          oneFilter(frame, yAt + o, channelAt, cells, past - first, sumAt);
        }
      }
      o += four ? 4 : 1;
    }
  }

  private void fourFilters(Frame frame, int yAt, int xAt, int cells, int count, int sumAt) {
    ConvGeometry g = problem.geometry();
    float[] x = frame.array(problem.x());
    float[] gradY = frame.array(problem.gradY());
    float[] sums = frame.array(partial);
    int outChannels = g.outChannels();
    int filter = g.groupIn() * g.taps();
    float a = 0f;
    float b = 0f;
    float c = 0f;
    float d = 0f;
    for (int i = 0; i < count; i++) {
      float value = x[xAt + i * cells];
      int at = yAt + i * outChannels;
      a = Math.fma(value, gradY[at], a);
      b = Math.fma(value, gradY[at + 1], b);
      c = Math.fma(value, gradY[at + 2], c);
      d = Math.fma(value, gradY[at + 3], d);
    }
    sums[sumAt] += a;
    sums[sumAt + filter] += b;
    sums[sumAt + 2 * filter] += c;
    sums[sumAt + 3 * filter] += d;
  }

  private void oneFilter(Frame frame, int yAt, int xAt, int cells, int count, int sumAt) {
    float[] x = frame.array(problem.x());
    float[] gradY = frame.array(problem.gradY());
    int outChannels = problem.geometry().outChannels();
    float sum = 0f;
    for (int i = 0; i < count; i++) {
      sum = Math.fma(x[xAt + i * cells], gradY[yAt + i * outChannels], sum);
    }
    frame.array(partial)[sumAt] += sum;
  }

  /// The first output whose tap `k` lies in the input.
  private static int firstOutput(Spans spans, int k) {
    int o = 0;
    while (o < spans.outputs() && !holds(spans, o, k) && !beyond(spans, o, k)) {
      o++;
    }
    return o;
  }

  /// One past the last output whose tap `k` lies in the input: they are all in a row.
  private static int pastOutput(Spans spans, int k) {
    int o = spans.outputs();
    while (o > 0 && !holds(spans, o - 1, k)) {
      o--;
    }
    return o;
  }

  private static boolean holds(Spans spans, int o, int k) {
    return k >= spans.tapFrom(o) && k < spans.tapFrom(o) + spans.taps(o);
  }

  /// Whether tap `k` of output `o`, and so of all later ones, lies past the input.
  private static boolean beyond(Spans spans, int o, int k) {
    return spans.taps(o) > 0 && k >= spans.tapFrom(o) + spans.taps(o);
  }

  /// Adds the parts up in a fixed tree: neighbours, then neighbouring pairs, and so on.
  private record PartialSums(ConvBackwardWeights of) implements RangeKernel {
    @Override
    public String name() {
      return of.name() + ", sum of parts";
    }

    @Override
    public long units(int batch) {
      ConvGeometry g = of.problem.geometry();
      return (long) g.weightSize() + g.outChannels();
    }

    @Override
    public long work(int batch) {
      return of.parts(batch);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      int size = (int) units(0);
      int parts = of.parts(frame.batch());
      float[] sums = frame.array(of.partial);
      int at = of.partial.at();
      for (int apart = 1; apart < parts; apart *= 2) {
        for (int part = 0; part + apart < parts; part += 2 * apart) {
          int into = at + part * size;
          int other = into + apart * size;
          for (int i = from; i < to; i++) {
            sums[into + i] += sums[other + i];
          }
        }
      }
      int weights = of.problem.geometry().weightSize();
      Buffer gradW = of.problem.gradW();
      int pastWeight = Math.min(to, weights);
      if (from < pastWeight) {
        System.arraycopy(sums, at + from, frame.array(gradW), gradW.at() + from, pastWeight - from);
      }
      Buffer gradBias = of.problem.gradBias();
      if (gradBias != null) {
        float[] biases = frame.array(gradBias);
        for (int i = Math.max(from, weights); i < to; i++) {
          biases[gradBias.at() + i - weights] = sums[at + i];
        }
      }
    }
  }
}
