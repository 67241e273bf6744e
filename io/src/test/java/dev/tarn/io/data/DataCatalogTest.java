package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DataCatalogTest {
  private static final Shape SMALL = Shape.of(1, 8, 8);

  @TempDir Path folder;

  @Test
  void digits_need_nothing() {
    DataSplits digits =
        DataCatalog.standard()
            .cache(folder.resolve("none"))
            .withoutDownloads()
            .open("digits", SMALL);
    assertEquals(10_000, digits.training().size());
    assertFalse(Files.exists(folder.resolve("none")));
  }

  @Test
  void mnist_is_read_from_a_data_folder_plain_packed_or_in_a_folder_of_its_name()
      throws IOException {
    Path mnist = Files.createDirectories(folder.resolve("mnist"));
    Files.write(mnist.resolve("train-images-idx3-ubyte"), IdxTest.images(3, 4, 4));
    Files.write(mnist.resolve("train-labels.idx1-ubyte"), IdxTest.labels(1, 2, 3));
    Files.write(mnist.resolve("t10k-images-idx3-ubyte.gz"), IdxTest.gzip(IdxTest.images(1, 4, 4)));
    Files.write(mnist.resolve("t10k-labels-idx1-ubyte.gz"), IdxTest.gzip(IdxTest.labels(9)));
    for (Path given : new Path[] {mnist, folder}) {
      DataSplits splits = DataCatalog.standard().dataFolder(given).open("mnist", SMALL);
      assertArrayEquals(new int[] {1, 2, 3}, splits.training().classes());
      assertArrayEquals(new int[] {9}, splits.test().classes());
    }
    Files.delete(mnist.resolve("train-labels.idx1-ubyte"));
    var e =
        assertThrows(
            StoreException.class,
            () -> DataCatalog.standard().dataFolder(folder).open("mnist", SMALL));
    assertTrue(e.getMessage().contains("train-labels-idx1-ubyte"), e::getMessage);
  }

  @Test
  void cifar10_is_read_from_a_data_folder() throws IOException {
    Files.write(folder.resolve("data_batch_1.bin"), Cifar10Test.records(1));
    Files.write(folder.resolve("data_batch_2.bin.gz"), IdxTest.gzip(Cifar10Test.records(2, 3)));
    Files.write(folder.resolve("test_batch_1000.bin"), Cifar10Test.records(4));
    Files.writeString(folder.resolve("batches.meta.txt"), "not a batch");
    DataSplits splits = DataCatalog.standard().dataFolder(folder).open("cifar10", SMALL);
    assertArrayEquals(new int[] {1, 2, 3}, splits.training().classes());
    assertArrayEquals(new int[] {4}, splits.test().classes());
    Files.delete(folder.resolve("test_batch_1000.bin"));
    assertThrows(
        StoreException.class,
        () -> DataCatalog.standard().dataFolder(folder).open("cifar10", SMALL));
  }

  @Test
  void offline_says_in_one_sentence_what_can_be_done() {
    for (String name : new String[] {"mnist", "cifar10"}) {
      var e =
          assertThrows(
              StoreException.class,
              () ->
                  DataCatalog.standard()
                      .cache(folder.resolve("cache"))
                      .withoutDownloads()
                      .open(name, SMALL));
      assertTrue(e.getMessage().contains("data " + name + " is not in"), e::getMessage);
      assertTrue(e.getMessage().contains("downloads are off"), e::getMessage);
      assertTrue(e.getMessage().contains("https://"), e::getMessage);
      assertTrue(e.getMessage().contains("built-in data \"digits\""), e::getMessage);
    }
  }

  @Test
  void mnist_in_the_cache_needs_no_network() throws IOException {
    Path mnist = Files.createDirectories(folder.resolve("mnist"));
    for (String split : new String[] {"train", "t10k"}) {
      Files.write(
          mnist.resolve(split + "-images-idx3-ubyte.gz"), IdxTest.gzip(IdxTest.images(1, 4, 4)));
      Files.write(mnist.resolve(split + "-labels-idx1-ubyte.gz"), IdxTest.gzip(IdxTest.labels(5)));
    }
    DataSplits splits =
        DataCatalog.standard().cache(folder).withoutDownloads().open("mnist", SMALL);
    assertEquals(1, splits.training().size());
  }

  private static void tarEntry(ByteArrayOutputStream tar, String name, byte[] content) {
    byte[] header = new byte[512];
    byte[] nameBytes = name.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(nameBytes, 0, header, 0, nameBytes.length);
    byte[] size =
        String.format(Locale.ROOT, "%011o", content.length).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(size, 0, header, 124, 11);
    int sum = 8 * ' ';
    for (byte b : header) {
      sum += b & 0xff;
    }
    byte[] checksum = String.format(Locale.ROOT, "%06o", sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(checksum, 0, header, 148, 6);
    tar.writeBytes(header);
    tar.writeBytes(content);
    tar.writeBytes(new byte[Math.floorMod(-content.length, 512)]);
  }

  @Test
  void the_archive_of_cifar10_is_unpacked_by_known_names_alone() throws IOException {
    Path cifar = Files.createDirectories(folder.resolve("cifar10"));
    var tar = new ByteArrayOutputStream();
    tarEntry(tar, "../evil.txt", new byte[5]);
    byte[] batch = Cifar10Test.records(0, 7);
    for (int i = 1; i <= 5; i++) {
      batch[0] = (byte) i;
      tarEntry(tar, "cifar-10-batches-bin/data_batch_" + i + ".bin", batch);
    }
    tarEntry(tar, "cifar-10-batches-bin/readme.html", new byte[700]);
    tarEntry(tar, "cifar-10-batches-bin/test_batch.bin", batch);
    tar.writeBytes(new byte[1024]);
    Path archive =
        Files.write(cifar.resolve("cifar-10-binary.tar.gz"), IdxTest.gzip(tar.toByteArray()));
    DataSplits splits =
        DataCatalog.standard().cache(folder).withoutDownloads().open("cifar10", SMALL);
    assertArrayEquals(new int[] {1, 7, 2, 7, 3, 7, 4, 7, 5, 7}, splits.training().classes());
    assertEquals(2, splits.test().size());
    assertFalse(Files.exists(archive), "removed once unpacked");
    assertFalse(Files.exists(folder.resolve("evil.txt")));
    assertEquals(6, cifar.toFile().list().length);
  }

  @Test
  void a_damaged_archive_is_refused() throws IOException {
    Path cifar = Files.createDirectories(folder.resolve("cifar10"));
    var tar = new ByteArrayOutputStream();
    tarEntry(tar, "cifar-10-batches-bin/data_batch_1.bin", new byte[100]);
    byte[] bytes = tar.toByteArray();
    bytes[3] ^= 1;
    Files.write(cifar.resolve("cifar-10-binary.tar.gz"), IdxTest.gzip(bytes));
    var catalog = DataCatalog.standard().cache(folder).withoutDownloads();
    var e = assertThrows(FormatException.class, () -> catalog.open("cifar10", SMALL));
    assertTrue(e.getMessage().contains("tar header"), e::getMessage);
  }

  @Test
  void an_unknown_name_lists_the_known_ones() {
    var e =
        assertThrows(ParameterException.class, () -> DataCatalog.standard().open("mnits", SMALL));
    assertTrue(e.getMessage().contains("\"mnits\""), e::getMessage);
    assertTrue(e.getMessage().contains("digits, mnist, cifar10"), e::getMessage);
  }

  @Test
  void the_cache_follows_the_xdg_specification() {
    Path home = folder.toAbsolutePath();
    assertEquals(home.resolve(".cache/tarn"), DataCatalog.cacheFolder(Map.of(), home.toString()));
    assertEquals(
        home.resolve("x/tarn"),
        DataCatalog.cacheFolder(Map.of("XDG_CACHE_HOME", home.resolve("x").toString()), "/h"));
    assertEquals(
        home.resolve(".cache/tarn"),
        DataCatalog.cacheFolder(Map.of("XDG_CACHE_HOME", "relative"), home.toString()));
  }

  @Test
  void the_real_data_opens_by_name() {
    DataSplits mnist =
        DataCatalog.standard().dataFolder(SharedData.folder("mnist")).open("mnist", SMALL);
    assertEquals(60_000, mnist.training().size());
    assertEquals(10_000, mnist.test().size());
    DataSplits cifar =
        DataCatalog.standard().dataFolder(SharedData.folder("cifar-10")).open("cifar10", SMALL);
    assertEquals(10_000, cifar.training().size());
    assertEquals(1_000, cifar.test().size());
  }
}
