package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Rows I1 and I2 of the fault catalogue, and the real files.
@Timeout(20)
class IdxTest {
  private static final List<String> TEN = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

  @TempDir Path folder;

  static byte[] images(int count, int height, int width) {
    ByteBuffer file = ByteBuffer.allocate(16 + count * height * width);
    file.putInt(0x803).putInt(count).putInt(height).putInt(width);
    for (int i = 0; file.hasRemaining(); i++) {
      file.put((byte) (i * 7));
    }
    return file.array();
  }

  static byte[] labels(int... labels) {
    ByteBuffer file = ByteBuffer.allocate(8 + labels.length);
    file.putInt(0x801).putInt(labels.length);
    for (int label : labels) {
      file.put((byte) label);
    }
    return file.array();
  }

  static byte[] gzip(byte[]... members) {
    var all = new ByteArrayOutputStream();
    try {
      for (byte[] member : members) {
        var out = new GZIPOutputStream(all);
        out.write(member);
        out.finish();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toByteArray();
  }

  private Dataset read(byte[] images, byte[] labels) {
    try {
      Files.write(folder.resolve("images"), images);
      Files.write(folder.resolve("labels"), labels);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Idx.read(folder.resolve("images"), folder.resolve("labels"), TEN);
  }

  private void refused(
      Class<? extends TarnException> kind, byte[] images, byte[] labels, String... parts) {
    var e = assertThrows(kind, () -> read(images, labels));
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), () -> "\"" + part + "\" in: " + e.getMessage());
    }
  }

  private static byte[] with(byte[] file, int at, int value) {
    byte[] changed = file.clone();
    changed[at] = (byte) value;
    return changed;
  }

  private static byte[] joined(byte[] a, byte... b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void plain_gzip_and_several_gzip_members_read_the_same() {
    byte[] images = images(3, 2, 4);
    byte[] labels = labels(7, 0, 9);
    Dataset plain = read(images, labels);
    assertEquals(Shape.of(1, 2, 4), plain.shape());
    assertArrayEquals(new int[] {7, 0, 9}, plain.classes());
    assertEquals(Math.floorMod(7 * 9, 256) / 255f, plain.examples().get(1, 0, 0, 1));
    assertEquals(plain.examples(), read(gzip(images), gzip(labels)).examples());
    byte[] halves = gzip(Arrays.copyOf(images, 20), Arrays.copyOfRange(images, 20, images.length));
    assertEquals(plain.examples(), read(halves, labels).examples());
  }

  @Test
  void wrong_magic_says_what_the_file_should_be() {
    refused(
        FormatException.class,
        labels(1),
        labels(1),
        "images: byte 4: magic number is 0x00000801; expected 0x00000803, an IDX file of images");
    refused(FormatException.class, images(1, 2, 2), images(1, 2, 2), "an IDX file of labels");
    refused(FormatException.class, with(images(1, 2, 2), 0, 9), labels(1), "0x09000803");
  }

  @Test
  void other_value_types_are_unsupported_not_misread() {
    refused(UnsupportedException.class, with(images(1, 2, 2), 2, 0x0d), labels(1), "0x0d", "0x08");
  }

  @Test
  void counts_that_differ_are_both_shown() {
    refused(FormatException.class, images(3, 2, 2), labels(1, 2), "3 images", "2 labels");
  }

  @Test
  void no_images_no_rows_no_columns_are_refused() {
    refused(FormatException.class, images(0, 2, 2), labels(), "size of axis 0 is 0");
    refused(FormatException.class, images(1, 0, 2), labels(1), "size of axis 1 is 0");
    refused(FormatException.class, images(1, 2, 0), labels(1), "size of axis 2 is 0");
  }

  @Test
  void a_label_without_a_name_is_placed() {
    refused(
        FormatException.class,
        images(2, 1, 1),
        labels(3, 10),
        "byte 9: label of image 1 is 10; expected 0 to 9");
    refused(FormatException.class, images(1, 1, 1), labels(255), "is 255");
  }

  @Test
  void a_file_cut_off_at_any_byte_is_refused_plain_or_packed() {
    byte[] images = images(2, 2, 3);
    byte[] packed = gzip(images);
    byte[] labels = labels(1, 2);
    for (int length = 0; length < images.length; length++) {
      refused(FormatException.class, Arrays.copyOf(images, length), labels, "images");
    }
    for (int length = 0; length < packed.length; length++) {
      refused(FormatException.class, Arrays.copyOf(packed, length), labels, "images");
    }
  }

  @Test
  void bytes_after_the_end_are_refused_plain_or_packed() {
    byte[] labels = labels(1);
    refused(FormatException.class, joined(images(1, 2, 2), (byte) 0), labels, "what follows");
    refused(FormatException.class, gzip(joined(images(1, 2, 2), (byte) 0)), labels, "what follows");
    refused(
        FormatException.class,
        joined(gzip(images(1, 2, 2)), (byte) 1, (byte) 2, (byte) 3),
        labels,
        "what follows the gzip data");
    refused(
        FormatException.class, joined(gzip(images(1, 2, 2)), (byte) 0x1f), labels, "gzip header");
  }

  @Test
  void a_flipped_byte_in_a_gzip_file_is_found_wherever_it_changes_something() {
    byte[] images = images(4, 5, 5);
    byte[] packed = gzip(images);
    byte[] labels = labels(1, 2, 3, 4);
    Dataset original = read(images, labels);
    long seed = Long.getLong("tests.seed", 1);
    var random = new SplittableRandom(seed);
    int found = 0;
    for (int i = 0; i < packed.length; i++) {
      byte[] flipped = packed.clone();
      flipped[i] ^= (byte) (1 << random.nextInt(8));
      try {
        assertEquals(original.examples(), read(flipped, labels).examples(), "seed " + seed);
      } catch (FormatException | UnsupportedException | LimitException e) {
        found++;
      }
    }
    assertTrue(
        found > packed.length - 10, "all but the header's time, system and hint bytes matter");
  }

  @Test
  void sizes_larger_than_the_file_are_refused_before_memory_is_taken() {
    byte[] huge = with(with(images(1, 2, 2), 4, 0x7f), 8, 0x7f);
    refused(FormatException.class, huge, labels(1), "expected 4, what the file has left");
    refused(LimitException.class, gzip(huge), labels(1), "bytes long; at most");
    byte[] overflow = images(1, 2, 2);
    Arrays.fill(overflow, 4, 16, (byte) 0x7f);
    refused(FormatException.class, overflow, labels(1), "fewer than 2^63 bytes");
    refused(
        FormatException.class,
        with(images(1, 2, 2), 4, 0xff),
        labels(1),
        "size of axis 0 is 4278190081");
  }

  @Test
  void a_gzip_bomb_ends_at_the_expected_size() {
    byte[] bomb = gzip(joined(images(1, 2, 2), new byte[50_000_000]));
    assertTrue(bomb.length < 60_000);
    refused(FormatException.class, bomb, labels(1), "what follows images of [1, 2, 2]");
  }

  @Test
  void a_missing_file_is_named() {
    var e =
        assertThrows(
            StoreException.class,
            () -> Idx.read(folder.resolve("nowhere"), folder.resolve("labels"), TEN));
    assertTrue(e.getMessage().contains("nowhere"), e::getMessage);
  }

  @Test
  void the_real_test_images_of_mnist_are_those_of_the_paper() {
    Path mnist = SharedData.folder("mnist");
    Dataset test =
        Idx.read(
            mnist.resolve("t10k-images-idx3-ubyte.gz"),
            mnist.resolve("t10k-labels-idx1-ubyte.gz"),
            TEN);
    assertEquals(10_000, test.size());
    assertEquals(Shape.of(1, 28, 28), test.shape());
    int[] perClass = new int[10];
    for (int label : test.classes()) {
      perClass[label]++;
    }
    assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, perClass);
    assertArrayEquals(new int[] {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, test.first(10).classes());
    double sum = 0;
    for (float value : test.examples().array()) {
      sum += value;
    }
    assertEquals(0.1325, sum / test.size() / 784, 0.0001);
  }
}
