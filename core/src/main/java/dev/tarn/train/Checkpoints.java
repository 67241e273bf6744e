package dev.tarn.train;

/// When training keeps its state, and where.
///
/// A state is kept after every epoch and when training is cancelled. A state with NaN or infinite
/// numbers is never kept.
///
/// @param store where
/// @param everySteps updates between further states inside an epoch, or 0 for none
/// @param onFailure what to do when the store fails
public record Checkpoints(CheckpointStore store, int everySteps, OnFailure onFailure) {
  /// What to do when a state cannot be stored.
  public enum OnFailure {
    /// Training ends with the store's exception.
    STOP,
    /// Training goes on and says so in an event.
    CONTINUE
  }

  public Checkpoints {
    Checks.notNegative("checkpoints", "everySteps", everySteps, Integer.MAX_VALUE);
  }

  /// A state after every epoch; training stops if that fails.
  public static Checkpoints to(CheckpointStore store) {
    return new Checkpoints(store, 0, OnFailure.STOP);
  }

  /// The same with further states inside an epoch, after so many updates each.
  public Checkpoints everySteps(int updates) {
    return new Checkpoints(store, updates, onFailure);
  }

  public Checkpoints onFailure(OnFailure policy) {
    return new Checkpoints(store, everySteps, policy);
  }
}
