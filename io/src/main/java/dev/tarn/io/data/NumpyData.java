package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.io.numpy.Npy;
import dev.tarn.io.numpy.Npz;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Examples and class numbers from NumPy arrays.
///
/// Examples have shape `[N, channels, height, width]`, `[N, height, width]` for grey images, or
/// `[N, features]`. Whole numbers 0 to 255 of which one is above 1 are taken for bytes and divided
/// by 255; other values stay as they are. Class numbers have shape `[N]`.
public final class NumpyData {
  private NumpyData() {}

  /// The examples of one file with the class numbers of another; classes are named by their
  /// numbers.
  ///
  /// @throws ShapeException if the arrays have other shapes or differ in their first size
  /// @throws FormatException if a file is malformed or a class number is not a whole number of 0 or
  ///   more
  public static Dataset read(Path examples, Path classes) {
    Arrays arrays =
        new Arrays(examples.toString(), Npy.read(examples), classes.toString(), Npy.read(classes));
    return arrays.dataset(names(arrays.mostClass()));
  }

  /// Whether a folder or file holds arrays under names that [#splits] knows.
  static boolean isAt(Path place) {
    return Files.isRegularFile(place)
        ? place.toString().endsWith(".npz")
        : Files.isRegularFile(place.resolve("x_train.npy"))
            || Files.isRegularFile(place.resolve("images.npy"));
  }

  /// Examples to learn from and to test with, from a folder or an `.npz` file.
  ///
  /// The arrays are called `x_train`, `y_train`, `x_test` and `y_test`, as in the files of Keras,
  /// or `images` and `labels`, of which a fifth, chosen by `seed`, is kept for the test. In a
  /// folder each is a file with `.npy` added.
  ///
  /// @throws StoreException if an array is missing
  public static DataSplits splits(Path place, long seed) {
    Map<String, Tensor> packed = Files.isRegularFile(place) ? Npz.read(place) : Map.of();
    String name = String.valueOf(place.getFileName());
    if (find(place, packed, "images") != null) {
      Arrays all = arrays(place, packed, "images", "labels");
      Dataset shuffled = all.dataset(names(all.mostClass())).shuffled(seed);
      int tested = shuffled.size() / 5;
      return new DataSplits(
          name, shuffled.subset(tested, shuffled.size()), shuffled.subset(0, tested));
    }
    Arrays training = arrays(place, packed, "x_train", "y_train");
    Arrays test = arrays(place, packed, "x_test", "y_test");
    List<String> names = names(Math.max(training.mostClass(), test.mostClass()));
    return new DataSplits(name, training.dataset(names), test.dataset(names));
  }

  private static Arrays arrays(
      Path place, Map<String, Tensor> packed, String examples, String classes) {
    return new Arrays(
        place + " " + examples,
        required(place, packed, examples),
        place + " " + classes,
        required(place, packed, classes));
  }

  private static Tensor required(Path place, Map<String, Tensor> packed, String name) {
    Tensor found = find(place, packed, name);
    if (found == null) {
      throw new StoreException(
          "%s holds no array %s; needed x_train, y_train, x_test and y_test, or images and labels."
              .formatted(quote(place.toString()), name));
    }
    return found;
  }

  private static @Nullable Tensor find(Path place, Map<String, Tensor> packed, String name) {
    Path file = place.resolve(name + ".npy");
    return packed.isEmpty() && Files.isRegularFile(file) ? Npy.read(file) : packed.get(name);
  }

  private static List<String> names(int most) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i <= most; i++) {
      names.add(String.valueOf(i));
    }
    return names;
  }

  /// Examples and class numbers that belong together.
  private static final class Arrays {
    private static final int MOST_CLASSES = 1_000_000;

    private final Tensor examples;
    private final int[] numbers;

    Arrays(String examplesName, Tensor examples, String classesName, Tensor classes) {
      if (examples.shape().rank() < 2) {
        throw new ShapeException(
            "%s: examples of shape %s; needed [N, channels, height, width], [N, height, width] or [N, features]."
                .formatted(quote(examplesName), examples.shape()));
      }
      if (classes.shape().rank() != 1 || classes.shape().size(0) != examples.shape().size(0)) {
        throw new ShapeException(
            "%s: class numbers of shape %s for examples of shape %s; needed [%d], one for each."
                .formatted(
                    quote(classesName),
                    classes.shape(),
                    examples.shape(),
                    examples.shape().size(0)));
      }
      this.examples = withChannels(scaled(examples));
      this.numbers = numbers(classesName, classes.array());
    }

    int mostClass() {
      int most = 0;
      for (int number : numbers) {
        most = Math.max(most, number);
      }
      return most;
    }

    Dataset dataset(List<String> names) {
      return Dataset.of(examples, numbers, names);
    }

    private static int[] numbers(String name, float[] values) {
      int[] numbers = new int[values.length];
      for (int i = 0; i < values.length; i++) {
        numbers[i] = (int) values[i];
        if (numbers[i] != values[i] || numbers[i] < 0 || numbers[i] >= MOST_CLASSES) {
          throw new FormatException(
              "%s: class number %d is %s; expected a whole number from 0 to %d."
                  .formatted(quote(name), i, values[i], MOST_CLASSES - 1));
        }
      }
      return numbers;
    }

    private static Tensor scaled(Tensor tensor) {
      float most = 0;
      for (float value : tensor.array()) {
        if (!(value >= 0 && value <= 255 && value == (int) value)) {
          return tensor;
        }
        most = Math.max(most, value);
      }
      if (most <= 1) {
        return tensor;
      }
      float[] scaled = tensor.array().clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] /= 255;
      }
      return Tensor.of(tensor.shape(), tensor.layout(), scaled);
    }

    private static Tensor withChannels(Tensor tensor) {
      Shape shape = tensor.shape();
      return shape.rank() == 3
          ? tensor.reshape(Shape.of(shape.size(0), 1, shape.size(1), shape.size(2)))
          : tensor;
    }
  }
}
