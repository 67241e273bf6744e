package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.io.data.Digits.Split;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class DigitsTest {
  private static float[] image(Digits digits, int index) {
    float[] image = new float[784];
    digits.read(index, 0, image, 0);
    return image;
  }

  @Test
  void example_depends_on_seed_split_and_number_alone_not_on_size_or_order_of_reading() {
    Digits few = Digits.of(Split.TRAINING, 25, 4);
    Digits many = Digits.of(Split.TRAINING, 1000, 4);
    for (int i = 24; i >= 0; i--) {
      assertEquals(few.label(i), many.label(i));
      assertArrayEquals(image(few, i), image(many, i));
      assertArrayEquals(image(few, i), image(few, i), "read again, now from memory");
    }
  }

  @Test
  void seeds_splits_and_numbers_all_give_other_images() {
    Set<Integer> seen = new HashSet<>();
    for (long seed = 0; seed < 2; seed++) {
      for (Split split : Split.values()) {
        Digits digits = Digits.of(split, 300, seed);
        for (int i = 0; i < 300; i++) {
          seen.add(Arrays.hashCode(image(digits, i)));
        }
      }
    }
    assertEquals(1200, seen.size());
  }

  @Test
  void every_ten_in_a_row_hold_each_digit_once() {
    Digits digits = Digits.of(Split.TEST, 2000, 1);
    for (int block = 0; block < 2000; block += 10) {
      int[] labels = digits.subset(block, block + 10).classes();
      Arrays.sort(labels);
      assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, labels);
    }
  }

  @Test
  void images_are_made_like_those_of_mnist() {
    Digits digits = Digits.of(Split.TRAINING, 1000, 1);
    for (int i = 0; i < digits.size(); i++) {
      float[] image = image(digits, i);
      double mass = 0;
      double x = 0;
      double y = 0;
      int rows = 0;
      for (int row = 0; row < 28; row++) {
        boolean inked = false;
        for (int column = 0; column < 28; column++) {
          float value = image[row * 28 + column];
          assertTrue(value >= 0 && value <= 1, "ink is between black and white");
          assertEquals(value, Math.round(value * 255) / 255f, "a value that a byte can hold");
          mass += value;
          x += value * (column + 0.5);
          y += value * (row + 0.5);
          inked |= value > 0.3;
        }
        rows += inked ? 1 : 0;
      }
      String which = "example " + i + ", digit " + digits.label(i);
      assertTrue(mass > 20 && mass < 250, () -> which + " has too little or too much ink");
      assertEquals(14, x / mass, 2.6, () -> which + " is centred across");
      assertEquals(14, y / mass, 2.6, () -> which + " is centred down");
      int height = rows;
      assertTrue(height <= 22, () -> which + " is " + height + " rows high");
    }
  }

  /// A golden checksum: drawing uses exact arithmetic, so a change here means that every published
  /// figure changes too.
  @Test
  void the_bits_are_the_same_on_every_machine_and_in_every_version() {
    var crc = new CRC32();
    Digits digits = Digits.of(Split.TRAINING, 500, 1);
    for (int i = 0; i < 500; i++) {
      crc.update(digits.label(i));
      for (float value : image(digits, i)) {
        crc.update(Math.round(value * 255));
      }
    }
    assertEquals("489329a9", "%08x".formatted(crc.getValue()));
  }

  @Test
  void many_threads_read_the_same_bits() throws InterruptedException {
    Tensor alone = Digits.of(Split.TRAINING, 200, 3).examples();
    Digits shared = Digits.of(Split.TRAINING, 200, 3);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread[] threads = new Thread[4];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .uncaughtExceptionHandler((thread, e) -> failure.set(e))
              .start(() -> assertEquals(alone, shared.examples()));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(null, failure.get());
  }

  @Test
  void splits_have_the_documented_sizes_and_shape() {
    DataSplits splits = Digits.splits(1);
    assertEquals(Digits.TRAINING_SIZE, splits.training().size());
    assertEquals(Digits.TEST_SIZE, splits.test().size());
    assertEquals(Shape.of(1, 28, 28), splits.training().shape());
    assertEquals(10, splits.training().labels().size());
    assertFalse(
        Arrays.equals(splits.training().first(10).classes(), splits.test().first(10).classes()));
  }

  @Test
  void a_negative_size_is_refused() {
    assertThrows(ParameterException.class, () -> Digits.of(Split.TEST, -1, 0));
  }
}
