package dev.tarn.train;

import dev.tarn.tensor.Shape;
import java.util.List;

/// Another data set, of which a test may change one answer.
class Forwarding implements Dataset {
  private final Dataset to;

  Forwarding(Dataset to) {
    this.to = to;
  }

  @Override
  public int size() {
    return to.size();
  }

  @Override
  public Shape shape() {
    return to.shape();
  }

  @Override
  public List<String> labels() {
    return to.labels();
  }

  @Override
  public int label(int index) {
    return to.label(index);
  }

  @Override
  public void read(int index, long seed, float[] values, int at) {
    to.read(index, seed, values, at);
  }
}
