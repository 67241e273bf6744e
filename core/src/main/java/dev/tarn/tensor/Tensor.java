package dev.tarn.tensor;

import dev.tarn.error.ShapeException;
import java.util.Arrays;

/// A dense array of float32 values with a shape `N, C, spatial…` in logical order and a layout that
/// says where they lie.
///
/// A tensor does not copy the array it is made of: [#array] is the live storage, in the order of
/// [#layout].
public final class Tensor {
  private final Shape shape;
  private final Layout layout;
  private final float[] array;

  private Tensor(Shape shape, Layout layout, float[] array) {
    this.shape = shape;
    this.layout = layout;
    this.array = array;
  }

  /// A tensor over `values`, which are in the order of `layout` and are not copied.
  public static Tensor of(Shape shape, Layout layout, float... values) {
    if (shape.arraySize() != values.length) {
      throw new ShapeException(
          "tensor: %d values for shape %s; needed %d."
              .formatted(values.length, shape, shape.elements()));
    }
    return new Tensor(shape, layout, values);
  }

  /// A tensor over `values` in logical order, not copied.
  public static Tensor of(Shape shape, float... values) {
    return of(shape, Layout.NCHW, values);
  }

  /// One feature map as a tensor of shape `[1, 1, height, width]`.
  public static Tensor map(float[][] rows) {
    int width = rows.length == 0 ? 0 : rows[0].length;
    float[] values = new float[Shape.of(rows.length, width).arraySize()];
    for (int y = 0; y < rows.length; y++) {
      if (rows[y].length != width) {
        throw new ShapeException(
            "map: row %d has %d values, row 0 has %d; all rows need the same length."
                .formatted(y, rows[y].length, width));
      }
      System.arraycopy(rows[y], 0, values, y * width, width);
    }
    return of(Shape.of(1, 1, rows.length, width), values);
  }

  /// All zeros, in NCHW layout.
  public static Tensor zeros(Shape shape) {
    return new Tensor(shape, Layout.NCHW, Heap.floats(shape.arraySize(), "tensor " + shape));
  }

  public Shape shape() {
    return shape;
  }

  public Layout layout() {
    return layout;
  }

  /// The live storage, in the order of [#layout].
  public float[] array() {
    return array;
  }

  /// The value at a logical index `n, c, spatial…`.
  public float get(int... index) {
    return array[offset(index)];
  }

  /// Sets the value at a logical index `n, c, spatial…`.
  public void set(float value, int... index) {
    array[offset(index)] = value;
  }

  private int offset(int... index) {
    if (index.length != shape.rank()) {
      throw new ShapeException(
          "index %s has %d numbers; shape %s needs %d."
              .formatted(Arrays.toString(index), index.length, shape, shape.rank()));
    }
    for (int axis = 0; axis < index.length; axis++) {
      if (index[axis] < 0 || index[axis] >= shape.size(axis)) {
        throw new ShapeException(
            "index %s is outside shape %s on axis %d."
                .formatted(Arrays.toString(index), shape, axis));
      }
    }
    int at = 0;
    if (layout == Layout.NCHW || index.length < 3) {
      for (int axis = 0; axis < index.length; axis++) {
        at = at * shape.size(axis) + index[axis];
      }
      return at;
    }
    at = index[0];
    for (int axis = 2; axis < index.length; axis++) {
      at = at * shape.size(axis) + index[axis];
    }
    return at * shape.size(1) + index[1];
  }

  /// The same values in another layout; this tensor itself if it already has it.
  public Tensor to(Layout wanted) {
    if (wanted == layout || shape.rank() < 3) {
      return wanted == layout ? this : new Tensor(shape, wanted, array);
    }
    int batch = shape.size(0);
    int channels = shape.size(1);
    int positions = shape.sample().positions();
    float[] to = Heap.floats(array.length, "tensor " + shape);
    int rows = wanted == Layout.NHWC ? positions : channels;
    int columns = wanted == Layout.NHWC ? channels : positions;
    for (int n = 0; n < batch; n++) {
      int base = n * channels * positions;
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          to[base + row * columns + column] = array[base + column * rows + row];
        }
      }
    }
    return new Tensor(shape, wanted, to);
  }

  /// The same values in logical order under another shape of as many elements.
  public Tensor reshape(Shape wanted) {
    return of(wanted, to(Layout.NCHW).array);
  }

  /// Samples `from` (inclusive) to `to` (exclusive) of the batch, copied.
  public Tensor slice(int from, int to) {
    if (from < 0 || to < from || to > shape.size(0)) {
      throw new ShapeException(
          "slice %d to %d is outside a batch of %d.".formatted(from, to, shape.size(0)));
    }
    int sample = shape.sample().arraySize();
    return new Tensor(
        shape.sample().batch(to - from),
        layout,
        Arrays.copyOfRange(array, from * sample, to * sample));
  }

  /// An independent copy.
  public Tensor copy() {
    return new Tensor(shape, layout, array.clone());
  }

  /// Equal shape and the same values bit for bit (NaN equals NaN), whatever the layouts.
  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor t
        && shape.equals(t.shape)
        && Arrays.equals(to(Layout.NCHW).array, t.to(Layout.NCHW).array);
  }

  @Override
  public int hashCode() {
    return 31 * shape.hashCode() + Arrays.hashCode(to(Layout.NCHW).array);
  }

  @Override
  public String toString() {
    int shown = 8;
    float[] values = to(Layout.NCHW).array;
    String some = Arrays.toString(Arrays.copyOf(values, Math.min(shown, values.length)));
    return "Tensor%s %s%s".formatted(shape, some, values.length > shown ? " …" : "");
  }
}
