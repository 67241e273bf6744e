package dev.tarn.io.store;

import dev.tarn.io.binary.Source;

/// Whether a file that is already there can be relied on: its checksums hold.
@FunctionalInterface
public interface Completeness {
  /// Returns normally if the file is complete.
  ///
  /// @throws dev.tarn.error.TarnException if it is not
  void require(Source file);
}
