package dev.tarn.tensor;

import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The sizes of a tensor's axes in logical order: `N, C, spatial…` with a batch, `C, spatial…`
/// without, or `features`.
///
/// Sizes are never negative. A shape may describe more elements than fit in memory; [#elements] is
/// exact and [#arraySize] is where the limit is checked.
public final class Shape {
  /// The most elements one tensor may have: what a Java array can hold on every JVM.
  public static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

  private static final int MOST_AXES = 8;
  private final int[] sizes;

  private Shape(int[] sizes) {
    this.sizes = sizes;
  }

  /// A shape of these sizes, each at least 0.
  public static Shape of(int... sizes) {
    if (sizes.length > MOST_AXES) {
      throw new ParameterException(
          "shape: %d axes; at most %d are possible.".formatted(sizes.length, MOST_AXES));
    }
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] < 0) {
        throw new ParameterException(
            "shape %s: axis %d has size %d; sizes must be at least 0."
                .formatted(Arrays.toString(sizes), axis, sizes[axis]));
      }
    }
    return new Shape(sizes.clone());
  }

  /// The number of axes.
  public int rank() {
    return sizes.length;
  }

  /// The size of one axis, counted from 0.
  public int size(int axis) {
    return sizes[axis];
  }

  /// The product of all sizes, exact; 1 for a shape without axes.
  ///
  /// @throws LimitException if it does not fit in 63 bits
  public long elements() {
    return elements(0);
  }

  /// The product of the sizes of this axis and those after it. A loop without garbage: plans ask
  /// for it in every run.
  private long elements(int from) {
    long product = 1;
    boolean fits = true;
    for (int axis = from; axis < sizes.length; axis++) {
      if (sizes[axis] == 0) {
        return 0;
      }
      fits &= product <= Long.MAX_VALUE / sizes[axis];
      product *= sizes[axis];
    }
    if (!fits) {
      throw new LimitException(
          "shape %s has more than 2^63 elements; make it smaller.".formatted(behind(from)));
    }
    return product;
  }

  /// [#elements] as an array length.
  ///
  /// @throws LimitException if no array can hold it
  public int arraySize() {
    return arraySize(0);
  }

  private int arraySize(int from) {
    long elements = elements(from);
    if (elements > MOST_ELEMENTS) {
      throw new LimitException(
          "shape %s has %d elements (%s bytes as float32); one tensor holds at most %d. Use a smaller batch or input."
              .formatted(
                  behind(from),
                  elements,
                  BigInteger.valueOf(elements).shiftLeft(2),
                  MOST_ELEMENTS));
    }
    return (int) elements;
  }

  /// The shape of the axes from this one on.
  private Shape behind(int axis) {
    return of(Arrays.copyOfRange(sizes, axis, sizes.length));
  }

  /// Channels of a per-sample shape: its first axis.
  public int channels() {
    return sizes[0];
  }

  /// The number of spatial axes of a per-sample shape `C, spatial…`.
  public int spatialRank() {
    return Math.max(0, sizes.length - 1);
  }

  /// Size of a spatial axis of a per-sample shape.
  public int spatial(int axis) {
    return sizes[axis + 1];
  }

  /// The number of positions of a per-sample shape: the product of its spatial sizes, 1 if there
  /// are none.
  public int positions() {
    return arraySize(Math.min(1, sizes.length));
  }

  /// The same with a batch axis put in front.
  public Shape batch(int n) {
    return of(IntStream.concat(IntStream.of(n), IntStream.of(sizes)).toArray());
  }

  /// The same without its first axis.
  public Shape sample() {
    return behind(1);
  }

  /// Whether this is a batch, of any size, of samples of that shape.
  public boolean isBatchOf(Shape sample) {
    return sizes.length == sample.sizes.length + 1
        && Arrays.equals(sizes, 1, sizes.length, sample.sizes, 0, sample.sizes.length);
  }

  public int[] toArray() {
    return sizes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape s && Arrays.equals(sizes, s.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  /// `[1, 28, 28]`
  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }

  /// `28×28`: sizes as people write them.
  public String times() {
    return IntStream.of(sizes).mapToObj(String::valueOf).collect(Collectors.joining("×"));
  }
}
