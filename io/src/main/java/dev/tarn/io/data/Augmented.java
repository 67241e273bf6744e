package dev.tarn.io.data;

import dev.tarn.error.ShapeException;
import dev.tarn.io.data.Augmentation.Affine;
import dev.tarn.io.data.Augmentation.Elastic;
import dev.tarn.io.data.Augmentation.Erase;
import dev.tarn.io.data.Augmentation.Noise;
import dev.tarn.io.data.Augmentation.Normalise;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// A data set whose examples are varied at random when they are read, in the order of the steps.
///
/// An example depends on its number and the seed alone. Without a seed (0, as in evaluation) only
/// [Augmentation#normalise] is done.
public final class Augmented implements Dataset {
  private final Dataset data;
  private final Shape shape;
  private final List<Augmentation> steps;

  private Augmented(Dataset data, List<Augmentation> steps) {
    this.data = data;
    this.shape = data.shape();
    this.steps = steps;
    for (Augmentation step : steps) {
      switch (step) {
        case Normalise n -> {
          if (n.means().size() != shape.channels()) {
            throw new ShapeException(
                "normalise: %d means for examples of shape %s; needed one per channel, %d."
                    .formatted(n.means().size(), shape, shape.channels()));
          }
        }
        case Noise n -> {}
        case Affine a -> requireImage(a);
        case Elastic e -> requireImage(e);
        case Erase e -> requireImage(e);
      }
    }
  }

  private void requireImage(Augmentation step) {
    if (shape.rank() != 3) {
      throw new ShapeException(
          "%s: examples have shape %s; needed [channels, height, width].".formatted(step, shape));
    }
  }

  /// `data` with `steps` in front of it.
  ///
  /// @throws ShapeException if a step cannot be done on examples of this shape
  public static Dataset of(Dataset data, Augmentation... steps) {
    return new Augmented(data, List.of(steps));
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public List<String> labels() {
    return data.labels();
  }

  @Override
  public int label(int index) {
    return data.label(index);
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    data.read(index, seed, to, at);
    long own = Seeds.mix(seed, index);
    AffineMap pending = AffineMap.IDENTITY;
    for (int i = 0; i < steps.size(); i++) {
      // each step draws from a row of its own, so that adding one leaves the others as they were
      var random = new SplittableRandom(Seeds.mix(own, i));
      if (seed != 0 && steps.get(i) instanceof Affine affine) {
        pending = pending.then(AffineMap.of(affine, random));
      } else {
        move(pending, to, at);
        pending = AffineMap.IDENTITY;
        apply(steps.get(i), seed, random, to, at);
      }
    }
    move(pending, to, at);
  }

  private void move(AffineMap map, float[] to, int at) {
    if (map.equals(AffineMap.IDENTITY)) {
      return;
    }
    float[] from = copy(to, at);
    int plane = shape.positions();
    for (int c = 0; c < shape.channels(); c++) {
      map.move(from, c * plane, to, at + c * plane, shape.spatial(0), shape.spatial(1));
    }
  }

  private float[] copy(float[] to, int at) {
    float[] from = new float[shape.arraySize()];
    System.arraycopy(to, at, from, 0, from.length);
    return from;
  }

  private void apply(Augmentation step, long seed, SplittableRandom random, float[] to, int at) {
    if (step instanceof Normalise n) {
      normalise(n, to, at);
    } else if (seed != 0) {
      switch (step) {
        case Elastic e -> elastic(e, random, to, at);
        case Noise n -> noise(n, random, to, at);
        case Erase e -> erase(e, random, to, at);
        case Normalise n -> {} // done above, with a seed or without
        case Affine a -> {} // joined into one map by read
      }
    }
  }

  private void normalise(Normalise step, float[] to, int at) {
    int plane = shape.positions();
    for (int c = 0; c < shape.channels(); c++) {
      float mean = step.means().get(c);
      float deviation = step.deviations().get(c);
      for (int i = at + c * plane; i < at + (c + 1) * plane; i++) {
        to[i] = (to[i] - mean) / deviation;
      }
    }
  }

  private void elastic(Elastic step, SplittableRandom random, float[] to, int at) {
    var field =
        new ElasticField(shape.spatial(0), shape.spatial(1), step.alpha(), step.sigma(), random);
    float[] from = copy(to, at);
    int plane = shape.positions();
    for (int c = 0; c < shape.channels(); c++) {
      field.move(from, c * plane, to, at + c * plane);
    }
  }

  private void noise(Noise step, SplittableRandom random, float[] to, int at) {
    for (int i = 0; i < shape.arraySize(); i++) {
      to[at + i] += step.deviation() * (float) random.nextGaussian();
    }
  }

  private void erase(Erase step, SplittableRandom random, float[] to, int at) {
    if (random.nextFloat() >= step.probability()) {
      return;
    }
    int height = shape.spatial(0);
    int width = shape.spatial(1);
    double area = (0.02 + (step.largest() - 0.02) * random.nextDouble()) * height * width;
    double aspect = 0.3 * StrictMath.pow(1 / 0.09, random.nextDouble()); // 0.3 to 3.3
    int tall = (int) Math.max(1, Math.min(height, Math.round(Math.sqrt(area * aspect))));
    int wide = (int) Math.max(1, Math.min(width, Math.round(area / tall)));
    int top = random.nextInt(height - tall + 1);
    int left = random.nextInt(width - wide + 1);
    for (int c = 0; c < shape.channels(); c++) {
      for (int y = top; y < top + tall; y++) {
        int row = at + (c * height + y) * width + left;
        Arrays.fill(to, row, row + wide, 0);
      }
    }
  }
}
