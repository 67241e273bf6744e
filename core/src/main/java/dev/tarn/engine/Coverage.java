package dev.tarn.engine;

import dev.tarn.tensor.Spans;

/// [Spans] seen from the other side, on one axis: which outputs take a given input cell.
public final class Coverage {
  private final Spans spans;
  private final int[] first;
  private final int[] past;
  private final int[] count;

  public Coverage(Spans spans) {
    this.spans = spans;
    int cells = spans.inputs();
    first = new int[cells];
    past = new int[cells];
    count = new int[cells];
    int from = 0;
    int to = 0;
    // Windows begin and end in the order of their outputs, so both ends only move forward.
    for (int i = 0; i < cells; i++) {
      while (to < spans.outputs() && spans.start(to) <= i) {
        to++;
      }
      while (from < to && spans.end(from) < i) {
        from++;
      }
      first[i] = from;
      past[i] = to;
      for (int o = from; o < to; o++) {
        count[i] += takes(o, i) ? 1 : 0;
      }
    }
  }

  /// The first output whose window reaches over cell `i`.
  public int first(int i) {
    return first[i];
  }

  /// One past the last output whose window reaches over cell `i`.
  public int past(int i) {
    return past[i];
  }

  /// How many outputs take cell `i`.
  public int count(int i) {
    return count[i];
  }

  /// Whether output `o`, from [#first] until [#past], takes cell `i`; a dilated window may leave it
  /// out.
  public boolean takes(int o, int i) {
    return (i - spans.start(o)) % spans.step() == 0;
  }
}
