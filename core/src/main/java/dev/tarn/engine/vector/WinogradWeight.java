package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.COLS;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import java.util.List;

/// Transforms the weight of a Winograd convolution: `[panel][product][source channel][columns]`, in
/// which order the products read it from end to end.
///
/// Runs once where the weight is constant, else before every run of the convolution.
final class WinogradWeight implements Kernel {
  private final Sweep sweep;
  private final WinogradForm form;
  private final Buffer transformed;
  private final Buffer taps;
  private final int panels;
  private final int each;
  private final List<Kernel> after;

  /// @param taps working memory of [#workSize] floats
  /// @param after what to run next
  WinogradWeight(
      Sweep sweep, WinogradForm form, Buffer transformed, Buffer taps, List<Kernel> after) {
    this.sweep = sweep;
    this.form = form;
    this.transformed = transformed;
    this.taps = taps;
    this.after = List.copyOf(after);
    this.panels = Panels.count(sweep.resultChannels());
    this.each = each(sweep, form);
  }

  Sweep sweep() {
    return sweep;
  }

  WinogradForm form() {
    return form;
  }

  /// Floats of the transformed weight.
  static long size(Sweep sweep, WinogradForm form) {
    return form.products() * Panels.size(sweep.sourceChannels(), sweep.resultChannels());
  }

  /// Floats of the filters of one panel and of one half-transformed filter.
  private static int each(Sweep sweep, WinogradForm form) {
    return form.taps() * (form.taps() * sweep.sourceChannels() + form.points()) * COLS;
  }

  static long workSize(Sweep sweep, WinogradForm form) {
    return (long) Panels.count(sweep.resultChannels()) * each(sweep, form);
  }

  @Override
  public String name() {
    return after.isEmpty() ? "weight of Winograd %s".formatted(form) : after.getFirst().name();
  }

  @Override
  public int blocks(int batch) {
    return panels;
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(transformed, taps);
  }

  @Override
  public List<Kernel> after() {
    return after;
  }

  @Override
  public void run(Frame frame, int panel) {
    int in = sweep.sourceChannels();
    int side = form.taps();
    int points = form.points();
    int width = Panels.width(Panels.columns(panel, sweep.resultChannels()));
    float[] arena = frame.arena();
    int at = taps.at() + panel * each;
    pack(frame, panel, width, at);
    int half = at + side * side * in * COLS;
    // The gradient's filter is mirrored: read from its last tap back.
    int near = sweep.gradient() ? -width : width;
    int first = sweep.gradient() ? (side * side - 1) * width : 0;
    float[] to = frame.array(transformed);
    int toAt = transformed.at() + panel * COLS * form.products() * in;
    int step = in * width;
    for (int c = 0; c < in; c++) {
      int from = at + c * side * side * width + first;
      for (int j = 0; j < side; j++) {
        int column = half + j * COLS;
        form.weight(arena, from + j * near, side * near, arena, column, side * COLS, width);
      }
      for (int r = 0; r < points; r++) {
        int row = half + r * side * COLS;
        form.weight(arena, row, COLS, to, toAt + r * points * step + c * width, step, width);
      }
    }
  }

  /// The filters of the panel's columns side by side: `[source channel][tap][columns]`.
  private void pack(Frame frame, int panel, int width, int at) {
    int in = sweep.sourceChannels();
    int out = sweep.resultChannels();
    int filter = form.taps() * form.taps();
    float[] w = frame.array(sweep.weight());
    int from = sweep.weight().at();
    if (sweep.gradient()) {
      int columns = Panels.columns(panel, out);
      for (int c = 0; c < in; c++) {
        int s = from + (c * out + panel * COLS) * filter;
        Panels.filters(w, s, filter, columns, frame.arena(), at + c * filter * width, width);
      }
    } else {
      int depth = filter * in;
      int to = at - panel * COLS * depth; // where the first of all panels would stand
      Panels.transposed(w, from, depth, depth, out, panel, frame.arena(), to);
    }
  }
}
