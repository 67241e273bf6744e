package dev.tarn.train;

import java.util.List;

/// Everything a training run needs to go on, bit for bit, as if it had not been interrupted. Plain
/// data, so that any store can keep it.
///
/// Whoever gets a state owns its arrays: the trainer copies what it hands out and what it takes.
///
/// @param seed the run's seed: with the numbers below it fixes shuffling, augmentation and dropout
/// @param examples the number of training examples
/// @param stepSize examples of one update: the batch times the accumulated batches
/// @param epoch the epoch under way, from 0
/// @param step the next step of that epoch, from 0
/// @param updates updates done since the start
/// @param parameters [dev.tarn.model.Parameters#array]: weights, biases and running statistics
/// @param optimizer [Optimizer#name]
/// @param slots what the optimizer remembers, each as long as `parameters`
/// @param schedule what the schedule remembers
/// @param sums the epoch's results so far
/// @param history the epochs that are complete
/// @param bestEpoch the epoch whose weights are kept as the best, or -1
/// @param bestParameters those weights, or empty
@SuppressWarnings("ArrayRecordComponent") // never compared; too large to be boxed or copied twice
public record TrainerState(
    long seed,
    int examples,
    int stepSize,
    int epoch,
    int step,
    long updates,
    float[] parameters,
    String optimizer,
    List<float[]> slots,
    Schedule.State schedule,
    Sums sums,
    List<EpochResult> history,
    int bestEpoch,
    float[] bestParameters) {
  public TrainerState {
    slots = List.copyOf(slots);
    history = List.copyOf(history);
  }

  /// An epoch's results before its end.
  ///
  /// @param loss sum of losses
  /// @param weight what the sum is divided by
  /// @param correct training examples named right
  /// @param seen training examples
  /// @param rate the learning rate of the last step
  public record Sums(double loss, double weight, long correct, long seen, double rate) {
    /// Before the first step.
    public static final Sums START = new Sums(0, 0, 0, 0, 0);
  }
}
