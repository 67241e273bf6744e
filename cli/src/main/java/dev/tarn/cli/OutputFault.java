package dev.tarn.cli;

import java.io.IOException;

/// Standard output that could not be written: a full disk, a closed pipe.
final class OutputFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputFault(IOException cause) {
    super(
        "standard output could not be written: %s. What is printed is incomplete."
            .formatted(cause.getMessage()),
        cause);
  }
}
