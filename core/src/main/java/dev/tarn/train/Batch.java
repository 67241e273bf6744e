package dev.tarn.train;

import dev.tarn.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Some examples side by side: what one training step or one evaluation step sees.
///
/// [Batches] fills a batch again once it is given the next one, so keep nothing of it beyond that.
///
/// @param step the number of this batch in its epoch, from 0
/// @param inputs the examples, `N, C, spatial…`
/// @param classes the class number of each example
/// @param values the target values of the examples, `N, …`, where the data set has them
/// @param examples where each example lies in its data set
@SuppressWarnings("ArrayRecordComponent") // never compared: the loader fills these arrays anew
public record Batch(
    int step, Tensor inputs, int[] classes, @Nullable Tensor values, int[] examples) {
  /// What the network should answer.
  public Targets targets() {
    return values == null ? Targets.classes(classes) : Targets.values(values);
  }

  /// The number of examples.
  public int size() {
    return classes.length;
  }
}
