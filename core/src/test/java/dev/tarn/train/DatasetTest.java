package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private static Dataset six() {
    float[] values = new float[6 * 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return Dataset.of(
        Tensor.of(Shape.of(6, 1, 2, 2), values), new int[] {0, 1, 0, 1, 0, 1}, List.of("a", "b"));
  }

  @Test
  void examples_are_read_in_logical_order_even_from_channels_last_memory() {
    Tensor last = Tensor.of(Shape.of(1, 2, 1, 2), Layout.NHWC, 1, 10, 2, 20);
    float[] read = new float[5];
    Dataset.of(last, new int[] {0}, List.of("only")).read(0, 0, read, 1);
    assertArrayEquals(new float[] {0, 1, 2, 10, 20}, read);
  }

  @Test
  void subset_is_a_view_of_the_middle() {
    Dataset middle = six().subset(2, 5);
    assertEquals(3, middle.size());
    assertArrayEquals(new int[] {0, 1, 0}, middle.classes());
    assertEquals(8f, middle.examples().get(0, 0, 0, 0));
  }

  @Test
  void first_of_more_than_there_are_is_all() {
    assertEquals(6, six().first(100).size());
  }

  @Test
  void shuffling_is_a_permutation_that_the_seed_alone_decides() {
    int[] once = Dataset.order(1000, 7);
    assertArrayEquals(once, Dataset.order(1000, 7));
    assertTrue(!Arrays.equals(once, Dataset.order(1000, 8)));
    int[] sorted = once.clone();
    Arrays.sort(sorted);
    assertArrayEquals(IntStream.range(0, 1000).toArray(), sorted);
  }

  @Test
  void errors_show_both_counts_or_the_class_number() {
    var counts =
        assertThrows(
            ShapeException.class,
            () -> Dataset.of(Tensor.zeros(Shape.of(3, 1, 2, 2)), new int[2], List.of("a")));
    assertTrue(counts.getMessage().contains("3 examples but 2 class numbers"), counts::getMessage);
    var number =
        assertThrows(
            ParameterException.class,
            () -> Dataset.of(Tensor.zeros(Shape.of(1, 1, 2, 2)), new int[] {4}, List.of("a")));
    assertTrue(number.getMessage().contains("example 0 has class number 4"), number::getMessage);
    var range = assertThrows(ParameterException.class, () -> six().subset(4, 7));
    assertTrue(range.getMessage().contains("4 to 7"), range::getMessage);
  }

  @Test
  void target_values_follow_their_examples_through_views_and_batches() {
    Tensor examples = Tensor.of(Shape.of(3, 2), 1, 2, 3, 4, 5, 6);
    Dataset data = Dataset.of(examples, Tensor.of(Shape.of(3, 1), 10, 30, 50)).shuffled(4);
    assertEquals(Shape.of(1), data.target().orElseThrow());
    try (Batches batches = Batches.shuffled(data.subset(0, 3), 2, 9, 0)) {
      int seen = 0;
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        for (int i = 0; i < batch.size(); i++) {
          double target = batch.targets().at(1, 1, i, 0);
          assertEquals(10 * batch.inputs().get(i, 0), target);
          assertEquals(-1, batch.classes()[i]);
          seen++;
        }
      }
      assertEquals(3, seen);
    }
    assertThrows(ShapeException.class, () -> Dataset.of(examples, Tensor.zeros(Shape.of(2, 1))));
  }
}
