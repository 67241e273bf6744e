package dev.tarn.cli;

import dev.tarn.error.ParameterException;
import org.jspecify.annotations.Nullable;

/// The option `--threads`.
final class Threads {
  private static final int MOST = 1024;

  private Threads() {}

  /// Refuses numbers that are not possible.
  static void require(@Nullable Integer wanted) {
    if (wanted != null && (wanted < 1 || wanted > MOST)) {
      throw new ParameterException(
          "--threads %d; needed 1 to %d. Leave it out for one per processor."
              .formatted(wanted, MOST));
    }
  }

  static int orAll(@Nullable Integer wanted) {
    return wanted == null ? Runtime.getRuntime().availableProcessors() : wanted;
  }
}
