package dev.tarn.train;

import java.util.Optional;

/// Where a training run keeps its states, so that it can go on after a crash.
public interface CheckpointStore {
  /// Keeps a state; when this returns, the state is safe. A state kept earlier is never damaged.
  ///
  /// Called on the training thread, which may be interrupted; an implementation finishes all the
  /// same.
  ///
  /// @throws dev.tarn.error.StoreException if the state could not be kept
  void save(TrainerState state);

  /// The newest state that is complete, if there is one.
  ///
  /// @throws dev.tarn.error.StoreException if the store cannot be read
  Optional<TrainerState> newest();
}
