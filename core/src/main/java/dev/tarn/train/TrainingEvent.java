package dev.tarn.train;

import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import java.util.List;

/// Something that happened in a training run.
public sealed interface TrainingEvent {
  /// The first step is about to begin.
  ///
  /// @param epochs epochs of the whole run
  /// @param steps steps of each epoch
  /// @param epoch the epoch it begins in: 0, or a later one if it was resumed
  /// @param step the step of that epoch it begins with
  /// @param history the epochs that were complete before
  record Started(int epochs, int steps, int epoch, int step, List<EpochResult> history)
      implements TrainingEvent {}

  /// One update of the weights is done.
  ///
  /// @param epoch its epoch, from 0
  /// @param step its number in the epoch, from 0
  /// @param steps steps of each epoch
  /// @param rate its learning rate
  /// @param loss mean loss over its examples
  /// @param meanLoss mean loss of the epoch so far
  /// @param meanAccuracy share of examples named right in the epoch so far; NaN without classes
  record StepDone(
      int epoch,
      int step,
      int steps,
      double rate,
      double loss,
      double meanLoss,
      double meanAccuracy)
      implements TrainingEvent {}

  /// An epoch and its validation are done.
  record EpochDone(EpochResult result) implements TrainingEvent {}

  /// A state is safe in the store: training can go on from this epoch and step.
  record CheckpointSaved(int epoch, int step) implements TrainingEvent {}

  /// A state could not be stored; training goes on, since it was told to.
  record CheckpointFailed(StoreException cause) implements TrainingEvent {}

  /// Something that training can live with, but that the user should know.
  record Warned(String message) implements TrainingEvent {}

  /// Training ends with an exception, after which this is the last good state: that before the step
  /// that failed or was cancelled.
  record Broken(TarnException cause, TrainerState state) implements TrainingEvent {}

  /// Training is done, by the number of epochs or because a callback asked to stop.
  record Finished(List<EpochResult> history) implements TrainingEvent {}
}
