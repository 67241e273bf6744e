package dev.tarn.cli;

import dev.tarn.error.ShapeException;
import dev.tarn.io.model.ModelInfo.Normalization;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.util.List;

/// Examples with `(x − mean) / deviation` for every channel, as a model's file asks for.
record NormalizedData(Dataset of, Normalization by) implements Dataset {
  @Override
  public int size() {
    return of.size();
  }

  @Override
  public Shape shape() {
    return of.shape();
  }

  @Override
  public List<String> labels() {
    return of.labels();
  }

  @Override
  public int label(int index) {
    return of.label(index);
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    of.read(index, seed, to, at);
    normalize(by, of.shape(), to, at);
  }

  /// Overwrites the values of one example of this shape.
  static void normalize(Normalization by, Shape shape, float[] to, int at) {
    if (by.mean().size() != shape.channels()) {
      throw new ShapeException(
          "normalization: %d means for examples of shape %s; needed one for each channel."
              .formatted(by.mean().size(), shape));
    }
    int positions = shape.positions();
    for (int c = 0; c < shape.channels(); c++) {
      float mean = by.mean().get(c).floatValue();
      float deviation = by.deviation().get(c).floatValue();
      for (int i = at + c * positions; i < at + (c + 1) * positions; i++) {
        to[i] = (to[i] - mean) / deviation;
      }
    }
  }
}
