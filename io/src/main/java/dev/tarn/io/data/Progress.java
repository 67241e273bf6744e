package dev.tarn.io.data;

/// Hears how far something slow has come.
@FunctionalInterface
public interface Progress {
  /// Hears nothing.
  Progress NONE = (what, done, total) -> {};

  /// `done` of `total` steps or bytes of `what` are behind us; called on the thread that does the
  /// work.
  void at(String what, long done, long total);
}
