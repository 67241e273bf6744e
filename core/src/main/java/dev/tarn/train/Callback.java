package dev.tarn.train;

import java.util.List;

/// Hears what happens in a training run, on the training thread.
///
/// What a callback throws ends the training.
@FunctionalInterface
public interface Callback {
  /// Hears an event.
  void on(TrainingEvent event);

  /// Whether to stop after the last epoch of this history; asked after every epoch.
  ///
  /// Training that is resumed stops where training that was not interrupted stops, if the answer
  /// depends on the history alone.
  default boolean stop(List<EpochResult> history) {
    return false;
  }
}
