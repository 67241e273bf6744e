package dev.tarn.train;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/// Labelled examples, addressed by number so that any thread can prepare any of them and get the
/// same bits.
///
/// Implementations answer from several threads at once.
public interface Dataset {
  /// The number of examples.
  int size();

  /// The shape of one example, such as `[1, 28, 28]`.
  Shape shape();

  /// The names of the classes, in the order of their numbers; empty if the examples have no
  /// classes.
  List<String> labels();

  /// The class number of example `index`, -1 where examples have none.
  int label(int index);

  /// The shape of the values that a network shall put out for an example, such as an image or
  /// several labels at once; empty where the class number is all there is.
  default Optional<Shape> target() {
    return Optional.empty();
  }

  /// Writes the target values of example `index` in logical order to `to[at…]`; called only where
  /// there is a [#target].
  ///
  /// `seed` is that of [#read]: a target made of the example changes with it.
  default void readTarget(int index, long seed, float[] to, int at) {
    throw new ParameterException("data set: its examples have class numbers, not target values.");
  }

  /// Writes example `index` in logical order `C, spatial…` to `to[at…]`; overwrites
  /// `shape().arraySize()` values.
  ///
  /// `seed` drives augmentation: the same index and seed give the same bits, 0 means the example as
  /// it is.
  void read(int index, long seed, float[] to, int at);

  /// Examples in memory: `examples` has shape `N, C, spatial…`, `classes` one class number for
  /// each.
  ///
  /// The tensor is not copied.
  ///
  /// @throws ShapeException if there are not as many class numbers as examples
  /// @throws ParameterException if a class number has no name in `labels`
  static Dataset of(Tensor examples, int[] classes, List<String> labels) {
    return new InMemoryDataset(examples, classes, labels);
  }

  /// Examples in memory with values to be put out: both tensors have shape `N, …`.
  ///
  /// The tensors are not copied.
  ///
  /// @throws ShapeException if there are not as many targets as examples
  static Dataset of(Tensor examples, Tensor targets) {
    return new InMemoryTargets(examples, targets);
  }

  /// Examples `from` (inclusive) to `to` (exclusive), as a view.
  default Dataset subset(int from, int to) {
    if (from < 0 || to < from || to > size()) {
      throw new ParameterException(
          "subset: %d to %d is outside a data set of %d examples.".formatted(from, to, size()));
    }
    int[] order = new int[to - from];
    for (int i = 0; i < order.length; i++) {
      order[i] = from + i;
    }
    return new ReorderedDataset(this, order);
  }

  /// The first `count` examples, or all of them if there are fewer.
  default Dataset first(int count) {
    return subset(0, Math.min(count, size()));
  }

  /// The same examples in an order that depends on `seed` alone, as a view.
  default Dataset shuffled(long seed) {
    return new ReorderedDataset(this, order(size(), seed));
  }

  /// Every example as one tensor of shape `N, C, spatial…`, without augmentation.
  default Tensor examples() {
    Tensor all = Tensor.zeros(shape().batch(size()));
    int sample = shape().arraySize();
    for (int i = 0; i < size(); i++) {
      read(i, 0, all.array(), i * sample);
    }
    return all;
  }

  /// Every class number.
  default int[] classes() {
    int[] classes = new int[size()];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = label(i);
    }
    return classes;
  }

  /// The numbers 0 to `size` - 1 in an order that depends on `seed` alone (Fisher and Yates).
  static int[] order(int size, long seed) {
    int[] order = new int[size];
    var random = new SplittableRandom(seed);
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
