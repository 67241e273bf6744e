package dev.tarn.io.data;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/// Handwritten-like digits 0 to 9, drawn by code: shape `[1, 28, 28]`, white ink (1) on black (0),
/// as in MNIST.
///
/// Example `i` depends on the seed, the split and `i` alone; every ten examples in a row hold each
/// digit once. An example is drawn when it is first read (about 30 µs) and kept as 784 bytes.
public final class Digits implements Dataset {
  /// How many examples there are to learn from: enough for 99 % with a small network, drawn in
  /// under half a second.
  public static final int TRAINING_SIZE = 10_000;

  /// How many examples there are to test with.
  public static final int TEST_SIZE = 2_000;

  private static final int CLASSES = 10;
  private static final Shape SHAPE = Shape.of(1, Handwriting.SIZE, Handwriting.SIZE);
  private static final List<String> LABELS =
      IntStream.range(0, CLASSES).mapToObj(String::valueOf).toList();

  /// Two endless rows of examples that have none in common.
  public enum Split {
    TRAINING(1),
    TEST(2);

    private final long number;

    Split(long number) {
      this.number = number;
    }
  }

  private final long seed;
  private final byte[] labels;
  private final AtomicReferenceArray<byte[]> drawn;

  private Digits(Split split, int size, long seed) {
    if (size < 0) {
      throw new ParameterException("digits: %d examples; needed at least 0.".formatted(size));
    }
    this.seed = Seeds.mix(seed, split.number);
    this.labels = new byte[size];
    this.drawn = new AtomicReferenceArray<>(size);
    for (int block = 0; block < size; block += CLASSES) {
      int[] order = Dataset.order(CLASSES, Seeds.mix(this.seed, -1L - block));
      for (int i = block; i < Math.min(size, block + CLASSES); i++) {
        labels[i] = (byte) order[i - block];
      }
    }
  }

  /// The first `size` examples of a split.
  public static Digits of(Split split, int size, long seed) {
    return new Digits(split, size, seed);
  }

  /// [#TRAINING_SIZE] examples to learn from and [#TEST_SIZE] others to test with.
  public static DataSplits splits(long seed) {
    return new DataSplits(
        "digits", of(Split.TRAINING, TRAINING_SIZE, seed), of(Split.TEST, TEST_SIZE, seed));
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Shape shape() {
    return SHAPE;
  }

  @Override
  public List<String> labels() {
    return LABELS;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public void read(int index, long augmentation, float[] to, int at) {
    byte[] grey = drawn.get(index);
    if (grey == null) {
      grey = Handwriting.draw(labels[index], Seeds.mix(seed, index));
      drawn.set(index, grey); // another thread may have drawn the same; both hold the same bytes
    }
    ByteImages.toFloats(grey, 0, grey.length, to, at);
  }
}
