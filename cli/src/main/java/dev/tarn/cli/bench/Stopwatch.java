package dev.tarn.cli.bench;

import java.util.ArrayList;
import java.util.List;

/// Times a run: warms up until the JIT has settled, then takes the median.
final class Stopwatch {
  private static final long WARM_UP_NANOS = 2_000_000_000L;
  private static final long BUDGET_NANOS = 6_000_000_000L;
  private static final int LEAST_WARM_UPS = 3;
  private static final int LEAST_RUNS = 3;
  private static final int MOST_RUNS = 200;

  private Stopwatch() {}

  /// The median in nanoseconds.
  static long median(Runnable run) {
    long start = System.nanoTime();
    for (int i = 0; i < LEAST_WARM_UPS || System.nanoTime() - start < WARM_UP_NANOS; i++) {
      run.run();
    }
    List<Long> times = new ArrayList<>();
    start = System.nanoTime();
    while (times.size() < MOST_RUNS
        && (times.size() < LEAST_RUNS || System.nanoTime() - start < BUDGET_NANOS)) {
      long before = System.nanoTime();
      run.run();
      times.add(System.nanoTime() - before);
    }
    times.sort(null);
    return times.get(times.size() / 2);
  }
}
