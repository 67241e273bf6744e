package dev.tarn.tensor;

import dev.tarn.error.LimitException;
import dev.tarn.error.ShapeException;

/// A region rule resolved on one axis: which input cells each output takes, clipped to the input.
///
/// Output `o` takes the cells `from(o) + t·step()` for `t < taps(o)`; they are the taps `tapFrom(o)
/// + t` of the window. Computed once, before any kernel runs, so that padding never appears in an
///   inner loop.
public final class Spans {
  /// The most outputs of one axis, so that no description of a layer can fill the memory.
  public static final int MOST_OUTPUTS = 1 << 24;

  private final int inputs;
  private final int kernel;
  private final int stride;
  private final int step;
  private final int before;
  private final int[] from;
  private final int[] taps;
  private final int[] tapFrom;
  private final int[] padded;

  private Spans(int inputs, int kernel, int stride, int step, int before, int outputs) {
    this.inputs = inputs;
    this.kernel = kernel;
    this.stride = stride;
    this.step = step;
    this.before = before;
    this.from = new int[outputs];
    this.taps = new int[outputs];
    this.tapFrom = new int[outputs];
    this.padded = new int[outputs];
  }

  /// A sliding window; `before` and `after` cells of padding.
  static Spans sliding(int inputs, int k, int s, int d, long before, long after, long outputs) {
    requirePossible(outputs);
    if (before > Shape.MOST_ELEMENTS) {
      throw new LimitException(
          "%d cells of padding before one axis; at most %d are possible. Use less padding."
              .formatted(before, Shape.MOST_ELEMENTS));
    }
    var spans = new Spans(inputs, k, s, d, (int) before, (int) outputs);
    for (int o = 0; o < outputs; o++) {
      long start = (long) o * s - before;
      long firstTap = start >= 0 ? 0 : (-start + d - 1) / d;
      long pastTap = start >= inputs ? 0 : Math.min(k, (inputs - 1 - start) / d + 1);
      long pastPadded = Math.clamp(Math.floorDiv(inputs + after - 1 - start, d) + 1, 0, k);
      spans.tapFrom[o] = (int) Math.min(firstTap, k);
      spans.taps[o] = (int) Math.max(0, pastTap - firstTap);
      spans.from[o] = spans.taps[o] == 0 ? 0 : (int) (start + firstTap * d);
      spans.padded[o] = (int) pastPadded;
    }
    return spans;
  }

  private static void requirePossible(long outputs) {
    if (outputs > MOST_OUTPUTS) {
      throw new LimitException(
          "%d outputs on one axis; at most %d are possible. Use a larger stride, less padding, or fewer adaptive outputs."
              .formatted(outputs, MOST_OUTPUTS));
    }
  }

  /// Regions `⌊i·n/o⌋ … ⌈(i+1)·n/o⌉` that cover the axis with `outputs` outputs.
  static Spans adaptive(int inputs, int outputs) {
    requirePossible(outputs);
    int widest = 0;
    int[] from = new int[outputs];
    int[] to = new int[outputs];
    for (int o = 0; o < outputs; o++) {
      from[o] = (int) ((long) o * inputs / outputs);
      to[o] = (int) (((o + 1L) * inputs + outputs - 1) / outputs);
      widest = Math.max(widest, to[o] - from[o]);
    }
    int stride = outputs == 1 || inputs % outputs != 0 ? 0 : inputs / outputs;
    var spans = new Spans(inputs, widest, outputs == 1 ? inputs : stride, 1, 0, outputs);
    for (int o = 0; o < outputs; o++) {
      spans.from[o] = from[o];
      spans.taps[o] = to[o] - from[o];
      spans.padded[o] = to[o] - from[o];
    }
    return spans;
  }

  /// An axis that is not there: one cell in, one cell out.
  public static Spans single() {
    return adaptive(1, 1);
  }

  /// The same for the first `count` outputs only: a transposed convolution whose output padding
  /// reaches its stride has fewer inputs than the convolution it undoes would have outputs.
  public Spans first(int count) {
    if (count == from.length) {
      return this;
    }
    var some = new Spans(inputs, kernel, stride, step, before, count);
    System.arraycopy(from, 0, some.from, 0, count);
    System.arraycopy(taps, 0, some.taps, 0, count);
    System.arraycopy(tapFrom, 0, some.tapFrom, 0, count);
    System.arraycopy(padded, 0, some.padded, 0, count);
    return some;
  }

  /// Cells of the input axis.
  public int inputs() {
    return inputs;
  }

  /// Cells of the output axis.
  public int outputs() {
    return from.length;
  }

  /// Taps of the widest window, before clipping.
  public int kernel() {
    return kernel;
  }

  /// Distance between the starts of two neighbouring windows; 0 if it is not the same everywhere.
  public int stride() {
    return stride;
  }

  /// Distance between two taps: the dilation.
  public int step() {
    return step;
  }

  /// Cells of padding before the input.
  public int before() {
    return before;
  }

  /// First input cell that output `o` takes.
  public int from(int o) {
    return from[o];
  }

  /// How many input cells output `o` takes.
  public int taps(int o) {
    return taps[o];
  }

  /// The cell that tap 0 of output `o` falls on; below 0 in the padding.
  public int start(int o) {
    return from[o] - tapFrom[o] * step;
  }

  /// The cell that the last tap of output `o` falls on, which may lie beyond the input.
  public long end(int o) {
    return stride == 0 ? from[o] + taps[o] - 1 : start(o) + (kernel - 1L) * step;
  }

  /// Taps of all outputs together.
  public long allTaps() {
    long sum = 0;
    for (int each : taps) {
      sum += each;
    }
    return sum;
  }

  /// Taps of output `o`'s window wherever they lie: [#kernel], but for adaptive regions of
  /// different sizes.
  public int window(int o) {
    return stride == 0 ? taps[o] : kernel;
  }

  /// Number, inside the window, of the first tap that lies in the input.
  public int tapFrom(int o) {
    return tapFrom[o];
  }

  /// How many taps lie in the input or its padding.
  public int padded(int o) {
    return padded[o];
  }

  /// Whether every window lies wholly inside the input.
  public boolean unclipped() {
    for (int o = 0; o < from.length; o++) {
      if (taps[o] != kernel) {
        return false;
      }
    }
    return true;
  }

  /// Refuses windows without a single cell of the input, which no reduction has an answer for.
  public Spans requireCells(int axis) {
    for (int o = 0; o < from.length; o++) {
      if (taps[o] == 0) {
        throw new ShapeException(
            "window %d on spatial axis %d (size %d, kernel %d, stride %d, dilation %d, padding %d before) takes no cell of the input, only padding. Use less padding, less dilation, or FLOOR rounding."
                .formatted(o, axis, inputs, kernel, stride, step, before));
      }
    }
    return this;
  }
}
