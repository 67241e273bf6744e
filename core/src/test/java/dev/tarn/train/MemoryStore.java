package dev.tarn.train;

import java.util.List;
import java.util.Optional;

/// Keeps states in a list.
record MemoryStore(List<TrainerState> states) implements CheckpointStore {
  @Override
  public void save(TrainerState state) {
    states.add(state);
  }

  @Override
  public Optional<TrainerState> newest() {
    return states.isEmpty() ? Optional.empty() : Optional.of(states.getLast());
  }
}
