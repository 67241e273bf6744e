package dev.tarn.io.data;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.util.List;

/// Images held as one byte per value, as their files store them; read as values 0 to 1.
///
/// A quarter of the memory of float32: the 60 000 images of MNIST take 47 MB.
final class ByteImages implements Dataset {
  private final Shape shape;
  private final int sample;
  private final byte[] values;
  private final byte[] classes;
  private final List<String> labels;

  /// `values` and `classes` are not copied; every class number has a name in `labels` (the reader
  /// has checked).
  ByteImages(Shape shape, byte[] values, byte[] classes, List<String> labels) {
    this.shape = shape;
    this.sample = shape.arraySize();
    this.values = values;
    this.classes = classes;
    this.labels = List.copyOf(labels);
    if (values.length != (long) classes.length * sample) {
      throw new ShapeException(
          "images: %d bytes for %d images of shape %s; needed %d."
              .formatted(values.length, classes.length, shape, (long) classes.length * sample));
    }
  }

  /// Unsigned bytes 0 to 255 as 0 to 1.
  static void toFloats(byte[] bytes, int from, int count, float[] to, int at) {
    for (int i = 0; i < count; i++) {
      to[at + i] = (bytes[from + i] & 0xff) / 255f;
    }
  }

  @Override
  public int size() {
    return classes.length;
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
    return classes[index] & 0xff;
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    toFloats(values, index * sample, sample, to, at);
  }
}
