package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Batch;
import dev.tarn.train.Batches;
import dev.tarn.train.Dataset;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AugmentedTest {
  private static final Shape SHAPE = Shape.of(2, 5, 6);

  /// Images of the numbers 1, 2, 3, …: every pixel tells where it came from.
  private static Dataset numbered(int images) {
    Tensor all = Tensor.zeros(SHAPE.batch(images));
    for (int i = 0; i < all.array().length; i++) {
      all.array()[i] = i % 60 + 1;
    }
    return Dataset.of(all, new int[images], List.of("only"));
  }

  private static float[] read(Dataset data, int index, long seed) {
    float[] image = new float[data.shape().arraySize()];
    data.read(index, seed, image, 0);
    return image;
  }

  private static float[] moved(AffineMap map, float[] image, int height, int width) {
    float[] to = new float[image.length];
    map.move(image, 0, to, 0, height, width);
    return to;
  }

  static List<Augmentation> random() {
    return List.of(
        Augmentation.shift(2),
        Augmentation.crop(1),
        Augmentation.rotate(20),
        Augmentation.scale(0.3f),
        Augmentation.shear(15),
        Augmentation.flip(),
        Augmentation.elastic(20, 2),
        Augmentation.noise(0.5f),
        Augmentation.erase(0.9f, 0.4f));
  }

  @ParameterizedTest
  @MethodSource("random")
  void same_seed_same_bits_other_seed_other_bits_no_seed_no_change(Augmentation step) {
    Dataset plain = numbered(1);
    Dataset varied = Augmented.of(plain, step);
    assertArrayEquals(read(plain, 0, 0), read(varied, 0, 0));
    Set<Integer> seen = new HashSet<>();
    for (long seed = 1; seed <= 20; seed++) {
      float[] once = read(varied, 0, seed);
      assertArrayEquals(once, read(varied, 0, seed));
      seen.add(Arrays.hashCode(once));
    }
    assertTrue(seen.size() >= 2, () -> step + " never varies anything");
  }

  @ParameterizedTest
  @MethodSource("random")
  void examples_vary_independently_under_one_seed(Augmentation step) {
    Dataset varied = Augmented.of(numbered(30), step);
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 30; i++) {
      seen.add(Arrays.hashCode(read(varied, i, 5)));
    }
    assertTrue(seen.size() >= 2, () -> step + " does the same to all");
  }

  @Test
  void a_shift_by_one_pixel_moves_every_value_exactly() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assertArrayEquals(
        new float[] {0, 1, 2, 0, 4, 5, 0, 7, 8}, moved(AffineMap.shift(1, 0), image, 3, 3));
    assertArrayEquals(
        new float[] {4, 5, 6, 7, 8, 9, 0, 0, 0}, moved(AffineMap.shift(0, -1), image, 3, 3));
    assertArrayEquals(new float[9], moved(AffineMap.shift(3, 0), image, 3, 3));
    assertArrayEquals(new float[9], moved(AffineMap.shift(0, 1_000_000), image, 3, 3));
  }

  @Test
  void shifts_stay_within_their_bounds_in_whole_pixels_and_reach_them() {
    Dataset varied = Augmented.of(numbered(1), Augmentation.shift(2));
    float[] original = read(numbered(1), 0, 0);
    Set<String> seen = new HashSet<>();
    for (long seed = 1; seed <= 400; seed++) {
      float[] image = read(varied, 0, seed);
      String found = null;
      for (int dy = -2; dy <= 2; dy++) {
        for (int dx = -2; dx <= 2; dx++) {
          if (Arrays.equals(
              Arrays.copyOf(image, 30),
              moved(AffineMap.shift(dx, dy), Arrays.copyOf(original, 30), 5, 6))) {
            found = dx + "," + dy;
          }
        }
      }
      assertTrue(found != null, "seed " + seed + " is no shift by up to two whole pixels");
      seen.add(found);
    }
    assertEquals(25, seen.size());
  }

  @Test
  void flipping_twice_is_the_identity_and_once_mirrors_exactly() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8};
    float[] once = moved(AffineMap.flip(), image, 2, 4);
    assertArrayEquals(new float[] {4, 3, 2, 1, 8, 7, 6, 5}, once);
    assertArrayEquals(image, moved(AffineMap.flip(), once, 2, 4));
    assertArrayEquals(image, moved(AffineMap.flip().then(AffineMap.flip()), image, 2, 4));
  }

  @Test
  void a_quarter_turn_moves_corners_to_corners_clockwise() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    float[] turned = moved(AffineMap.rotate(Math.PI / 2), image, 3, 3);
    assertArrayEquals(new float[] {7, 4, 1, 8, 5, 2, 9, 6, 3}, turned, 1e-4f);
  }

  @Test
  void enlarging_keeps_the_centre_and_interpolates() {
    float[] image = {0, 0, 0, 0, 8, 0, 0, 0, 0};
    float[] twice = moved(AffineMap.scale(2), image, 3, 3);
    assertArrayEquals(new float[] {2, 4, 2, 4, 8, 4, 2, 4, 2}, twice, 1e-5f);
  }

  @Test
  void maps_in_a_row_are_done_as_one() {
    float[] image = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    AffineMap both = AffineMap.shift(1, 0).then(AffineMap.rotate(Math.PI / 2));
    float[] shifted = moved(AffineMap.shift(1, 0), image, 3, 3);
    assertArrayEquals(
        moved(AffineMap.rotate(Math.PI / 2), shifted, 3, 3), moved(both, image, 3, 3), 1e-4f);
  }

  @Test
  void adding_a_step_leaves_the_draws_of_the_others_as_they_were() {
    Dataset shifted = Augmented.of(numbered(1), Augmentation.shift(2));
    Dataset withNoise = Augmented.of(numbered(1), Augmentation.shift(2), Augmentation.noise(1e-3f));
    for (long seed = 1; seed < 10; seed++) {
      assertArrayEquals(read(shifted, 0, seed), read(withNoise, 0, seed), 0.01f);
    }
  }

  @Test
  void elastic_distortion_moves_ink_about_but_keeps_most_of_it() {
    Dataset digits = Digits.of(Digits.Split.TRAINING, 50, 1);
    Dataset varied = Augmented.of(digits, Augmentation.elastic(34, 4));
    double before = 0;
    double after = 0;
    for (int i = 0; i < 50; i++) {
      assertFalse(Arrays.equals(read(digits, i, 0), read(varied, i, 3)));
      for (float value : read(digits, i, 0)) {
        before += value;
      }
      for (float value : read(varied, i, 3)) {
        assertTrue(value >= 0 && value <= 1, "interpolation stays between black and white");
        after += value;
      }
    }
    assertEquals(before, after, 0.1 * before);
  }

  @Test
  void noise_has_the_deviation_asked_for() {
    Dataset zeros = Dataset.of(Tensor.zeros(Shape.of(1, 1, 100, 100)), new int[1], List.of("only"));
    double sum = 0;
    double squares = 0;
    for (float value : read(Augmented.of(zeros, Augmentation.noise(0.25f)), 0, 1)) {
      sum += value;
      squares += value * value;
    }
    assertEquals(0, sum / 10_000, 0.01);
    assertEquals(0.25, Math.sqrt(squares / 10_000), 0.01);
  }

  @Test
  void erasing_blanks_one_rectangle_in_all_channels_as_often_as_asked() {
    Dataset varied = Augmented.of(numbered(1), Augmentation.erase(0.5f, 0.4f));
    int erased = 0;
    for (long seed = 1; seed <= 400; seed++) {
      float[] image = read(varied, 0, seed);
      int zeros = 0;
      for (int i = 0; i < 30; i++) {
        assertEquals(image[i] == 0, image[30 + i] == 0, "the same place in both channels");
        zeros += image[i] == 0 ? 1 : 0;
      }
      erased += zeros > 0 ? 1 : 0;
      assertTrue(zeros <= 18, "at most about 40 %");
    }
    assertEquals(200, erased, 50);
  }

  @Test
  void normalising_is_done_without_a_seed_too_and_measures_each_channel() {
    Tensor examples = Tensor.of(Shape.of(2, 2, 1, 1), 1, 10, 3, 10);
    Dataset data = Dataset.of(examples, new int[2], List.of("only"));
    Dataset normal = Augmented.of(data, Augmentation.normaliseLike(data));
    assertEquals(Tensor.of(Shape.of(2, 2, 1, 1), -1, 0, 1, 0), normal.examples());
    assertArrayEquals(read(normal, 1, 0), read(normal, 1, 9));
    Dataset half = Augmented.of(data, Augmentation.normalise(List.of(1f, 2f), List.of(2f, 4f)));
    assertArrayEquals(new float[] {1, 2}, read(half, 1, 0));
  }

  @Test
  void an_epoch_of_batches_is_augmented_alike_however_it_is_read() {
    Dataset varied =
        Augmented.of(
            Digits.of(Digits.Split.TRAINING, 40, 1),
            Augmentation.shift(2),
            Augmentation.elastic(34, 4));
    int sample = varied.shape().arraySize();
    try (Batches batches = Batches.shuffled(varied, 7, 3, 2);
        Batches rest = Batches.shuffled(varied, 7, 3, 2).from(3)) {
      for (Batch b = batches.next(); b != null; b = batches.next()) {
        if (b.step() >= 3) {
          Batch same = rest.next();
          assertEquals(b.inputs(), same.inputs());
          assertEquals(b.size() * sample, same.inputs().array().length);
        }
      }
    }
  }

  @Test
  void impossible_numbers_are_refused_with_their_bounds() {
    assertMessage("shift is -1.0; needed at least 0 pixels", () -> Augmentation.shift(-1));
    assertMessage("rotate is NaN", () -> Augmentation.rotate(Float.NaN));
    assertMessage("scale is 1.0", () -> Augmentation.scale(1));
    assertMessage("shear is 90.0", () -> Augmentation.shear(90));
    assertMessage("elastic sigma is 0.0", () -> Augmentation.elastic(1, 0));
    assertMessage("noise is -1.0", () -> Augmentation.noise(-1));
    assertMessage("erase probability is 2.0", () -> Augmentation.erase(2, 0.3f));
    assertMessage("largest erased area is 0.0", () -> Augmentation.erase(1, 0));
    assertMessage(
        "deviation of channel 0 is 0.0", () -> Augmentation.normalise(List.of(1f), List.of(0f)));
    assertMessage("2 means but 1", () -> Augmentation.normalise(List.of(1f, 2f), List.of(1f)));
  }

  private static void assertMessage(String part, Executable call) {
    var e = assertThrows(ParameterException.class, call);
    assertTrue(e.getMessage().contains(part), e::getMessage);
  }

  @Test
  void steps_that_do_not_fit_the_examples_are_refused_before_training() {
    Dataset features = Dataset.of(Tensor.zeros(Shape.of(2, 7)), new int[2], List.of("a"));
    var e = assertThrows(ShapeException.class, () -> Augmented.of(features, Augmentation.shift(1)));
    assertTrue(e.getMessage().contains("[7]"), e::getMessage);
    assertThrows(
        ShapeException.class,
        () -> Augmented.of(numbered(1), Augmentation.normalise(List.of(1f), List.of(1f))));
  }
}
