package dev.tarn.train;

import dev.tarn.model.Model;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;

/// Small images of horizontal, vertical and diagonal stripes with noise: learnable in seconds.
final class Patterns {
  static final List<String> LABELS = List.of("rows", "columns", "diagonals");

  private Patterns() {}

  static Dataset of(int size, long seed) {
    SeededRandom random = SeededRandom.of(seed, 99);
    Tensor images = Tensor.zeros(Shape.of(size, 1, 8, 8));
    int[] classes = new int[size];
    for (int n = 0; n < size; n++) {
      classes[n] = random.nextInt(3);
      int shift = random.nextInt(4);
      for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
          int phase = classes[n] == 0 ? y : classes[n] == 1 ? x : x + y;
          double stripe = (phase + shift) % 4 < 2 ? 1 : 0;
          images.set((float) (stripe + 0.3 * random.gaussian()), n, 0, y, x);
        }
      }
    }
    return Dataset.of(images, classes, LABELS);
  }

  static Model plain() {
    return Model.input(1, 8, 8).conv(4, 3).relu().maxPool(2).flatten().dense(3).build();
  }

  /// Everything that makes steps depend on each other: batch norm, dropout, two convolutions.
  static Model rich() {
    return Model.input(1, 8, 8)
        .conv(4, 3)
        .batchNorm()
        .relu()
        .maxPool(2)
        .conv(6, 2)
        .relu()
        .flatten()
        .dropout(0.3)
        .dense(3)
        .build();
  }
}
