package dev.tarn.io.data;

import dev.tarn.error.ShapeException;
import dev.tarn.train.Dataset;

/// What a network learns from and what it is tested on.
///
/// @param name what to call the data, such as `digits`
/// @param training the examples to learn from
/// @param test the examples kept apart to measure what was learned
public record DataSplits(String name, Dataset training, Dataset test) {
  public DataSplits {
    if (!training.shape().equals(test.shape())) {
      throw new ShapeException(
          "%s: training examples have shape %s, test examples %s; needed the same for both."
              .formatted(name, training.shape(), test.shape()));
    }
  }
}
