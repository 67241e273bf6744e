package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Spans;
import java.util.Arrays;
import java.util.List;

/// `gradW` and `gradBias` in the runs and blocks that [ConvProblem.BackwardWeights] fixes;
/// [PartialSums] adds up the blocks. Overwrites.
final class ConvBackwardWeights implements Kernel {
  /// Filters of one block: what the blocks of one part share.
  private static final int FILTERS = 16;

  private final ConvProblem.BackwardWeights problem;

  /// `[parts][2][weights + biases]`: the sum of a part, and that of its current run.
  private final Buffer partial;

  private final List<Buffer> scratch;
  private final List<Kernel> after;

  ConvBackwardWeights(ConvProblem.BackwardWeights problem) {
    this.problem = problem;
    long size = (long) problem.geometry().weightSize() + problem.geometry().outChannels();
    int most = problem.sampleBlocks(Integer.MAX_VALUE);
    this.partial = Buffer.scratch(Space.ARENA, "partial gradW", 2L * most * size);
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
    return Math.max(1, problem.sampleBlocks(batch));
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
    int partAt = partial.at() + 2 * part * size();
    clear(frame, partAt, firstFilter, pastFilter);
    for (int q = from * g.outPositions(); q < to * g.outPositions(); ) {
      int past = Math.min(to * g.outPositions(), q + ConvProblem.BackwardWeights.RUN);
      clear(frame, partAt + size(), firstFilter, pastFilter);
      while (q < past) {
        int ox = q % g.width().outputs();
        int end = Math.min(past, q - ox + g.width().outputs());
        row(frame, q / g.width().outputs(), ox, ox + end - q, firstFilter, pastFilter, partAt);
        q = end;
      }
      addRun(frame, partAt, firstFilter, pastFilter);
    }
  }

  /// Elements of one sum: all weights, then all biases.
  private int size() {
    return problem.geometry().weightSize() + problem.geometry().outChannels();
  }

  private void clear(Frame frame, int at, int firstFilter, int pastFilter) {
    ConvGeometry g = problem.geometry();
    float[] sums = frame.array(partial);
    int filter = g.groupIn() * g.taps();
    Arrays.fill(sums, at + firstFilter * filter, at + pastFilter * filter, 0f);
    int biasAt = at + g.weightSize();
    Arrays.fill(sums, biasAt + firstFilter, biasAt + pastFilter, 0f);
  }

  private void addRun(Frame frame, int partAt, int firstFilter, int pastFilter) {
    ConvGeometry g = problem.geometry();
    float[] sums = frame.array(partial);
    int filter = g.groupIn() * g.taps();
    int size = size();
    for (int i = partAt + firstFilter * filter; i < partAt + pastFilter * filter; i++) {
      sums[i] += sums[i + size];
    }
    int biasAt = partAt + g.weightSize();
    for (int i = biasAt + firstFilter; i < biasAt + pastFilter; i++) {
      sums[i] += sums[i + size];
    }
  }

  /// Adds to the run what outputs `ox` to `pastX` of one row give; rows are counted over samples.
  private void row(
      Frame frame, int outRow, int ox, int pastX, int firstFilter, int pastFilter, int partAt) {
    ConvGeometry g = problem.geometry();
    Spans height = g.height();
    int y = outRow % height.outputs();
    int z = outRow / height.outputs() % g.depth().outputs();
    int n = outRow / height.outputs() / g.depth().outputs();
    int gradAt = problem.gradY().at() + outRow * g.width().outputs() * g.outChannels();
    int runAt = partAt + size();
    for (int tz = 0; tz < g.depth().taps(z); tz++) {
      int inPlane = n * g.depth().inputs() + g.depth().from(z) + tz * g.depth().step();
      for (int ty = 0; ty < height.taps(y); ty++) {
        int inRow = inPlane * height.inputs() + height.from(y) + ty * height.step();
        int rowAt = problem.x().at() + inRow * g.width().inputs() * g.inChannels();
        int kz = g.depth().tapFrom(z) + tz;
        int ky = height.tapFrom(y) + ty;
        int tap = (kz * height.kernel() + ky) * g.width().kernel();
        for (int kx = 0; kx < g.width().kernel(); kx++) {
          int first = Math.max(ox, firstOutput(g.width(), kx));
          int past = Math.min(pastX, pastOutput(g.width(), kx));
          if (first < past) {
            tap(frame, kx, first, past, gradAt, rowAt, firstFilter, pastFilter, runAt + tap + kx);
          }
        }
      }
    }
    float[] gradY = frame.array(problem.gradY());
    float[] sums = frame.array(partial);
    for (int i = ox; i < pastX; i++) {
      for (int o = firstFilter; o < pastFilter; o++) {
        sums[runAt + g.weightSize() + o] += gradY[gradAt + i * g.outChannels() + o];
      }
    }
  }

  /// Adds the products of outputs `first` to `past` for one tap, for every pair of filter and
  /// channel.
  private void tap(
      Frame frame,
      int kx,
      int first,
      int past,
      int gradAt,
      int rowAt,
      int firstFilter,
      int pastFilter,
      int sumsAt) {
    ConvGeometry g = problem.geometry();
    Spans width = g.width();
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
    float a = sums[sumAt];
    float b = sums[sumAt + filter];
    float c = sums[sumAt + 2 * filter];
    float d = sums[sumAt + 3 * filter];
    for (int i = 0; i < count; i++) {
      float value = x[xAt + i * cells];
      int at = yAt + i * outChannels;
      a = Math.fma(value, gradY[at], a);
      b = Math.fma(value, gradY[at + 1], b);
      c = Math.fma(value, gradY[at + 2], c);
      d = Math.fma(value, gradY[at + 3], d);
    }
    sums[sumAt] = a;
    sums[sumAt + filter] = b;
    sums[sumAt + 2 * filter] = c;
    sums[sumAt + 3 * filter] = d;
  }

  private void oneFilter(Frame frame, int yAt, int xAt, int cells, int count, int sumAt) {
    float[] x = frame.array(problem.x());
    float[] gradY = frame.array(problem.gradY());
    int outChannels = problem.geometry().outChannels();
    float[] sums = frame.array(partial);
    float sum = sums[sumAt];
    for (int i = 0; i < count; i++) {
      sum = Math.fma(x[xAt + i * cells], gradY[yAt + i * outChannels], sum);
    }
    sums[sumAt] = sum;
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
      int size = 2 * of.size();
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
