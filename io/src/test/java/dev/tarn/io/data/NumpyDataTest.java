package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.io.numpy.Npy;
import dev.tarn.io.numpy.Npz;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NumpyDataTest {
  @TempDir Path folder;

  private Path npy(String name, Tensor tensor) {
    Path file = folder.resolve(name + ".npy");
    Npy.write(file, tensor);
    return file;
  }

  private static Tensor filled(Shape shape, float step) {
    Tensor tensor = Tensor.zeros(shape);
    for (int i = 0; i < tensor.array().length; i++) {
      tensor.array()[i] = i * step;
    }
    return tensor;
  }

  @Test
  void grey_images_get_a_channel_and_bytes_become_zero_to_one() {
    Dataset data =
        NumpyData.read(
            npy("x", Tensor.of(Shape.of(2, 1, 2), 0, 51, 255, 102)),
            npy("y", Tensor.of(Shape.of(2), 3, 1)));
    assertEquals(Tensor.of(Shape.of(2, 1, 1, 2), 0, 0.2f, 1, 0.4f), data.examples());
    assertArrayEquals(new int[] {3, 1}, data.classes());
    assertEquals(4, data.labels().size());
  }

  @Test
  void values_that_are_no_bytes_stay_as_they_are() {
    for (Tensor values :
        new Tensor[] {
          Tensor.of(Shape.of(1, 3), 0.5f, 200, 3),
          Tensor.of(Shape.of(1, 3), 0, 1, 1),
          Tensor.of(Shape.of(1, 3), -1, 200, 3),
          Tensor.of(Shape.of(1, 3), 1, 256, 3)
        }) {
      Dataset data = NumpyData.read(npy("x", values), npy("y", Tensor.of(Shape.of(1), 0)));
      assertEquals(values, data.examples());
    }
  }

  @Test
  void four_arrays_of_a_folder_or_a_packed_file_are_two_splits() {
    SequencedMap<String, Tensor> arrays = new LinkedHashMap<>();
    arrays.put("x_train", filled(Shape.of(4, 3, 2, 2), 0.01f));
    arrays.put("y_train", Tensor.of(Shape.of(4), 0, 1, 2, 1));
    arrays.put("x_test", filled(Shape.of(1, 3, 2, 2), 0.01f));
    arrays.put("y_test", Tensor.of(Shape.of(1), 4));
    arrays.forEach(this::npy);
    Npz.write(folder.resolve("all.npz"), arrays);
    for (Path place : new Path[] {folder, folder.resolve("all.npz")}) {
      DataSplits splits = DataCatalog.standard().open(place.toString(), Shape.of(1, 28, 28));
      assertEquals(4, splits.training().size());
      assertArrayEquals(new int[] {4}, splits.test().classes());
      assertEquals(splits.training().labels(), splits.test().labels());
      assertEquals(5, splits.test().labels().size());
    }
  }

  @Test
  void of_two_arrays_a_fifth_is_kept_for_the_test() {
    npy("images", filled(Shape.of(10, 2, 2), 0.01f));
    npy("labels", filled(Shape.of(10), 1));
    DataSplits splits = NumpyData.splits(folder, 3);
    assertEquals(8, splits.training().size());
    assertEquals(2, splits.test().size());
    assertEquals(
        splits.test().examples(), NumpyData.splits(folder, 3).test().examples(), "by the seed");
    assertEquals(
        45,
        IntStream.concat(
                Arrays.stream(splits.training().classes()), Arrays.stream(splits.test().classes()))
            .sum());
  }

  @Test
  void wrong_shapes_and_class_numbers_are_refused_with_both() {
    Path two = npy("two", Tensor.zeros(Shape.of(2, 4, 4)));
    var counts =
        assertThrows(
            ShapeException.class,
            () -> NumpyData.read(two, npy("three", Tensor.zeros(Shape.of(3)))));
    assertTrue(
        counts.getMessage().contains("[3] for examples of shape [2, 4, 4]"), counts::getMessage);
    assertThrows(
        ShapeException.class,
        () ->
            NumpyData.read(
                npy("flat", Tensor.zeros(Shape.of(2))), npy("l", Tensor.zeros(Shape.of(2)))));
    for (float bad : new float[] {-1, 0.5f, Float.NaN, 1e9f}) {
      var e =
          assertThrows(
              FormatException.class,
              () -> NumpyData.read(two, npy("bad", Tensor.of(Shape.of(2), 0, bad))));
      assertTrue(e.getMessage().contains("class number 1 is " + bad), e::getMessage);
    }
  }

  @Test
  void a_missing_array_is_named() {
    npy("x_train", Tensor.zeros(Shape.of(1, 2, 2)));
    var e = assertThrows(StoreException.class, () -> NumpyData.splits(folder, 1));
    assertTrue(e.getMessage().contains("holds no array y_train"), e::getMessage);
  }
}
