package dev.tarn.cli;

/// A line on standard error that fills while work goes on; nothing unless that is a terminal.
final class ProgressBar {
  private static final int WIDTH = 30;
  private static final long EVERY_NANOS = 100_000_000L;

  private final Console console;
  private long last = System.nanoTime() - EVERY_NANOS;

  ProgressBar(Console console) {
    this.console = console;
  }

  /// Draws the bar at `done` of `all`, at most ten times a second.
  void at(String before, long done, long all, String after) {
    long now = System.nanoTime();
    if (!console.hasTerminalForErrors() || (now - last < EVERY_NANOS && done < all)) {
      return;
    }
    last = now;
    int full = all == 0 ? WIDTH : (int) (WIDTH * done / all);
    console.fleeting(
        "%s [%s%s] %s".formatted(before, "=".repeat(full), " ".repeat(WIDTH - full), after));
  }

  /// Wipes it off.
  void clear() {
    console.fleeting("");
  }
}
