package dev.tarn.train;

import dev.tarn.tensor.Shape;
import java.util.List;
import java.util.Optional;

/// Some examples of another data set, in another order.
final class ReorderedDataset implements Dataset {
  private final Dataset of;
  private final int[] order;

  ReorderedDataset(Dataset of, int[] order) {
    this.of = of;
    this.order = order;
  }

  @Override
  public int size() {
    return order.length;
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
    return of.label(order[index]);
  }

  @Override
  public Optional<Shape> target() {
    return of.target();
  }

  @Override
  public void readTarget(int index, long seed, float[] to, int at) {
    of.readTarget(order[index], seed, to, at);
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    of.read(order[index], seed, to, at);
  }
}
