package dev.tarn.engine.vector;

import dev.tarn.tensor.Spans;

/// The windows of one axis turned around: which outputs take a cell, in rising order, and by which
/// tap. With it a gradient is gathered cell by cell, and no two blocks write the same place.
final class Cover {
  private final int[] start;
  private final int[] output;
  private final int[] tap;

  Cover(Spans spans) {
    start = new int[spans.inputs() + 1];
    for (int o = 0; o < spans.outputs(); o++) {
      for (int t = 0; t < spans.taps(o); t++) {
        start[spans.from(o) + t * spans.step() + 1]++;
      }
    }
    for (int i = 0; i < spans.inputs(); i++) {
      start[i + 1] += start[i];
    }
    output = new int[start[spans.inputs()]];
    tap = new int[output.length];
    int[] next = start.clone();
    for (int o = 0; o < spans.outputs(); o++) {
      for (int t = 0; t < spans.taps(o); t++) {
        int at = next[spans.from(o) + t * spans.step()]++;
        output[at] = o;
        tap[at] = spans.tapFrom(o) + t;
      }
    }
  }

  /// First pair of a cell; that of the next cell is one past its last.
  int start(int cell) {
    return start[cell];
  }

  int output(int pair) {
    return output[pair];
  }

  int tap(int pair) {
    return tap[pair];
  }
}
