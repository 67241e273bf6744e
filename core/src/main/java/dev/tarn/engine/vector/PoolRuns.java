package dev.tarn.engine.vector;

import dev.tarn.tensor.Spans;
import java.util.ArrayList;
import java.util.List;

/// The windows of one axis by how they lie in blocks as long as a window: runs of neighbours that
/// are made alike, from results up to the end of a block and results from the beginning of one.
final class PoolRuns {
  /// How the windows of a run are made.
  enum Kind {
    /// The result up to the end of a block.
    END,
    /// The result from the beginning of a block.
    BEGINNING,
    /// Both joined.
    BOTH
  }

  /// Windows `first` until `past`, the first of them over the cells `from` to `last`.
  record Run(Kind kind, int first, int past, int from, int last) {}

  private final Run[] runs;

  PoolRuns(Spans spans) {
    List<Run> list = new ArrayList<>();
    for (int o = 0; o < spans.outputs(); ) {
      Kind kind = kind(spans, o);
      int past = o + 1;
      while (past < spans.outputs() && kind(spans, past) == kind && even(spans, past)) {
        past++;
      }
      list.add(new Run(kind, o, past, spans.from(o), last(spans, o)));
      o = past;
    }
    runs = list.toArray(Run[]::new);
  }

  /// How many runs there are.
  int count() {
    return runs.length;
  }

  Run run(int i) {
    return runs[i];
  }

  private static int last(Spans spans, int o) {
    return spans.from(o) + spans.taps(o) - 1;
  }

  /// Whether both ends are a stride behind those of the window before.
  private static boolean even(Spans spans, int o) {
    return spans.from(o) - spans.from(o - 1) == spans.stride()
        && last(spans, o) - last(spans, o - 1) == spans.stride();
  }

  private static Kind kind(Spans spans, int o) {
    int k = spans.kernel();
    int from = spans.from(o);
    if (from / k != last(spans, o) / k) {
      return Kind.BOTH;
    }
    return from % k == 0 ? Kind.BEGINNING : Kind.END;
  }
}
