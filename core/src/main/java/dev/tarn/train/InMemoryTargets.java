package dev.tarn.train;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/// Examples and target values that lie in two tensors.
final class InMemoryTargets implements Dataset {
  private final Tensor examples;
  private final Tensor targets;

  InMemoryTargets(Tensor examples, Tensor targets) {
    if (examples.shape().rank() < 2
        || targets.shape().rank() < 2
        || examples.shape().size(0) != targets.shape().size(0)) {
      throw new ShapeException(
          "data set: examples %s and targets %s; needed [N, …] for both, with the same N."
              .formatted(examples.shape(), targets.shape()));
    }
    this.examples = examples.to(Layout.NCHW);
    this.targets = targets.to(Layout.NCHW);
  }

  @Override
  public int size() {
    return examples.shape().size(0);
  }

  @Override
  public Shape shape() {
    return examples.shape().sample();
  }

  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public int label(int index) {
    return -1;
  }

  @Override
  public Optional<Shape> target() {
    return Optional.of(targets.shape().sample());
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    int sample = shape().arraySize();
    System.arraycopy(examples.array(), index * sample, to, at, sample);
  }

  @Override
  public void readTarget(int index, long seed, float[] to, int at) {
    int sample = targets.shape().sample().arraySize();
    System.arraycopy(targets.array(), index * sample, to, at, sample);
  }
}
