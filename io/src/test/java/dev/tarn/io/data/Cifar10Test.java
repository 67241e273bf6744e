package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class Cifar10Test {
  @TempDir Path folder;

  static byte[] records(int... labels) {
    byte[] file = new byte[labels.length * 3073];
    for (int record = 0; record < labels.length; record++) {
      file[record * 3073] = (byte) labels[record];
      for (int i = 1; i <= 3072; i++) {
        file[record * 3073 + i] = (byte) (i + record);
      }
    }
    return file;
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  @Test
  void several_files_plain_or_packed_are_joined_in_order() throws IOException {
    Path first = file("data_batch_1.bin", records(3, 9));
    Path second = file("data_batch_2.bin.gz", IdxTest.gzip(records(0)));
    Dataset data = Cifar10.read(List.of(first, second));
    assertEquals(Shape.of(3, 32, 32), data.shape());
    assertArrayEquals(new int[] {3, 9, 0}, data.classes());
    assertEquals("cat", data.labels().get(3));
    assertEquals(1 / 255f, data.examples().get(0, 0, 0, 0), "red first");
    assertEquals((33 & 0xff) / 255f, data.examples().get(0, 0, 1, 0), "row by row");
    assertEquals(((1 + 1024) & 0xff) / 255f, data.examples().get(2, 1, 0, 0), "then green");
  }

  @Test
  void more_than_a_thousand_records_grow_the_arrays() throws IOException {
    int[] labels = new int[1500];
    Arrays.setAll(labels, i -> i % 10);
    assertArrayEquals(labels, Cifar10.read(List.of(file("b", records(labels)))).classes());
  }

  @Test
  void a_label_above_nine_is_placed() throws IOException {
    Path file = file("b", records(1, 10));
    var e = assertThrows(FormatException.class, () -> Cifar10.read(List.of(file)));
    assertTrue(e.getMessage().contains("byte 3073: label of record 1 is 10"), e::getMessage);
  }

  @Test
  void a_record_cut_off_is_refused() throws IOException {
    Path file = file("b", Arrays.copyOf(records(1, 2), 5000));
    var e = assertThrows(FormatException.class, () -> Cifar10.read(List.of(file)));
    assertTrue(e.getMessage().contains("record 1 is cut off after 1926 of 3072"), e::getMessage);
  }

  @Test
  void an_empty_file_and_no_file_are_refused() throws IOException {
    Path file = file("b", new byte[0]);
    assertThrows(FormatException.class, () -> Cifar10.read(List.of(file)));
    assertThrows(ParameterException.class, () -> Cifar10.read(List.of()));
  }

  @Test
  void a_gzip_bomb_of_valid_records_stops_at_the_limit() throws IOException {
    Path file = file("b.gz", IdxTest.gzip(new byte[3073 * 40_000]));
    var e = assertThrows(LimitException.class, () -> Cifar10.read(List.of(file)));
    assertTrue(e.getMessage().contains("at most"), e::getMessage);
  }

  @Test
  void the_real_batches_hold_what_they_should() {
    Path cifar = SharedData.folder("cifar-10");
    Dataset test = Cifar10.read(List.of(cifar.resolve("test_batch_1000.bin.gz")));
    assertEquals(1000, test.size());
    int[] perClass = new int[10];
    for (int label : test.classes()) {
      perClass[label]++;
    }
    assertTrue(Arrays.stream(perClass).allMatch(n -> n > 70 && n < 130), "about 100 of each");
    assertEquals(10_000, Cifar10.read(List.of(cifar.resolve("data_batch_1.bin.gz"))).size());
  }
}
