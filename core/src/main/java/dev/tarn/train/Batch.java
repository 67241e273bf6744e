package dev.tarn.train;

import dev.tarn.tensor.Tensor;

/// Some examples side by side: what one training step or one evaluation step sees.
///
/// [Batches] fills a batch again once it is given the next one, so keep nothing of it beyond that.
///
/// @param step the number of this batch in its epoch, from 0
/// @param inputs the examples, `N, C, spatial…`
/// @param classes the class number of each example
/// @param examples where each example lies in its data set
@SuppressWarnings("ArrayRecordComponent") // never compared: the loader fills these arrays anew
public record Batch(int step, Tensor inputs, int[] classes, int[] examples) {
  /// The number of examples.
  public int size() {
    return classes.length;
  }
}
