package dev.tarn.train;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;

/// Examples that lie in one tensor.
final class InMemoryDataset implements Dataset {
  private final Tensor tensor;
  private final Shape shape;
  private final int[] numbers;
  private final List<String> labels;

  InMemoryDataset(Tensor examples, int[] classes, List<String> labels) {
    if (examples.shape().rank() < 2) {
      throw new ShapeException(
          "data set: examples have shape %s; needed [N, C, spatial…] or [N, features]."
              .formatted(examples.shape()));
    }
    if (examples.shape().size(0) != classes.length) {
      throw new ShapeException(
          "data set: %d examples but %d class numbers; needed one for each example."
              .formatted(examples.shape().size(0), classes.length));
    }
    this.tensor = examples.to(Layout.NCHW);
    this.shape = tensor.shape().sample();
    this.numbers = classes.clone();
    this.labels = List.copyOf(labels);
    for (int i = 0; i < numbers.length; i++) {
      if (!labels.isEmpty() && (numbers[i] < 0 || numbers[i] >= labels.size())) {
        throw new ParameterException(
            "data set: example %d has class number %d; needed 0 to %d for %d classes."
                .formatted(i, numbers[i], labels.size() - 1, labels.size()));
      }
    }
  }

  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public int label(int index) {
    return numbers[index];
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    int sample = shape.arraySize();
    System.arraycopy(tensor.array(), index * sample, to, at, sample);
  }
}
