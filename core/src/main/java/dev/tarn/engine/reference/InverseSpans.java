package dev.tarn.engine.reference;

import dev.tarn.tensor.Spans;

/// A region rule turned around: for each input cell of one axis, which outputs take it, and by
/// which tap of their window; in the order of the taps.
final class InverseSpans {
  private final int[] start;
  private final int[] tap;
  private final int[] output;

  InverseSpans(Spans spans) {
    start = new int[spans.inputs() + 1];
    for (int o = 0; o < spans.outputs(); o++) {
      for (int t = 0; t < spans.taps(o); t++) {
        start[spans.from(o) + t * spans.step() + 1]++;
      }
    }
    for (int i = 0; i < spans.inputs(); i++) {
      start[i + 1] += start[i];
    }
    tap = new int[start[spans.inputs()]];
    output = new int[start[spans.inputs()]];
    int[] next = start.clone();
    // Windows start further on with each output, so for one cell the taps fall as outputs rise.
    for (int o = spans.outputs() - 1; o >= 0; o--) {
      for (int t = 0; t < spans.taps(o); t++) {
        int at = next[spans.from(o) + t * spans.step()]++;
        tap[at] = spans.tapFrom(o) + t;
        output[at] = o;
      }
    }
  }

  /// Place of the first pair of cell `i`; its last comes before `start(i + 1)`.
  int start(int i) {
    return start[i];
  }

  /// The tap of the pair at this place.
  int tap(int at) {
    return tap[at];
  }

  /// The output of the pair at this place.
  int output(int at) {
    return output[at];
  }
}
