package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.io.image.ImageFile;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ImageFolderTest {
  private static final Shape SHAPE = Shape.of(1, 2, 2);

  @TempDir Path folder;

  @BeforeEach
  void tenOfEachClass() throws IOException {
    for (String name : new String[] {"dark", "light"}) {
      Path ofClass = Files.createDirectories(folder.resolve(name));
      for (int i = 0; i < 10; i++) {
        var image = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
        int value = name.equals("dark") ? 10 + i : 200 + i;
        image.getRaster().setSamples(0, 0, 2, 2, 0, new int[] {value, value, value, value});
        ImageIO.write(image, "png", ofClass.resolve("image" + i + ".png").toFile());
      }
    }
  }

  private ImageFolder open(BadFiles badFiles) {
    return ImageFolder.open(folder, SHAPE, badFiles, Progress.NONE);
  }

  @Test
  void classes_are_the_folders_by_name_and_examples_the_files_by_name() throws IOException {
    Files.writeString(folder.resolve(".hidden"), "passed over");
    Files.writeString(folder.resolve("dark/.DS_Store"), "passed over");
    ImageFolder images = open(BadFiles.REFUSE);
    assertEquals(List.of("dark", "light"), images.labels());
    assertEquals(20, images.size());
    assertEquals(13 / 255f, images.examples().get(3, 0, 1, 1));
    assertEquals(1, images.label(10));
    assertEquals(200 / 255f, images.examples().get(10, 0, 0, 0));
    assertEquals("image3.png", images.file(3).getFileName().toString());
  }

  @Test
  void a_fifth_of_each_class_is_kept_for_the_test_by_the_seed_alone() {
    DataSplits splits = ImageFolder.splits(folder, SHAPE, BadFiles.REFUSE, 7, Progress.NONE);
    assertEquals(16, splits.training().size());
    assertArrayEquals(new int[] {0, 0, 1, 1}, splits.test().classes());
    Set<Float> all = new HashSet<>();
    for (Dataset split : List.of(splits.training(), splits.test())) {
      for (int i = 0; i < split.size(); i++) {
        all.add(split.examples().get(i, 0, 0, 0));
      }
    }
    assertEquals(20, all.size(), "none twice, none lost");
    DataSplits again = ImageFolder.splits(folder, SHAPE, BadFiles.REFUSE, 7, Progress.NONE);
    assertEquals(splits.test().examples(), again.test().examples());
  }

  @Test
  void folders_train_and_test_are_taken_as_they_are(@TempDir Path other) throws IOException {
    Files.createDirectories(other.resolve("train"));
    Files.move(folder.resolve("dark"), other.resolve("train/dark"));
    Files.move(folder.resolve("light"), other.resolve("train/light"));
    Path test = Files.createDirectories(other.resolve("test/dark"));
    ImageFile.write(test.resolve("a.png"), Tensor.zeros(SHAPE));
    var e =
        assertThrows(
            FormatException.class,
            () -> ImageFolder.splits(other, SHAPE, BadFiles.REFUSE, 1, Progress.NONE));
    assertTrue(e.getMessage().contains("[dark]"), e::getMessage);
    Path light = Files.createDirectories(other.resolve("test/light"));
    ImageFile.write(light.resolve("a.png"), Tensor.zeros(SHAPE));
    DataSplits splits = ImageFolder.splits(other, SHAPE, BadFiles.REFUSE, 1, Progress.NONE);
    assertEquals(20, splits.training().size());
    assertEquals(2, splits.test().size());
  }

  @Test
  void one_bad_file_among_many_is_named_or_skipped_and_counted() throws IOException {
    Files.writeString(folder.resolve("light/broken.jpg"), "no image");
    var e = assertThrows(FormatException.class, () -> open(BadFiles.REFUSE));
    assertTrue(e.getMessage().contains("1 of 21 files"), e::getMessage);
    assertTrue(e.getMessage().contains("broken.jpg: not an image"), e::getMessage);
    ImageFolder images = open(BadFiles.SKIP);
    assertEquals(20, images.size());
    assertEquals(1, images.skipped().size());
    assertTrue(images.skipped().getFirst().contains("broken.jpg"));
  }

  @Test
  void of_many_bad_files_ten_are_named() throws IOException {
    for (int i = 0; i < 12; i++) {
      Files.writeString(folder.resolve("light/bad" + i), "no image");
    }
    var e = assertThrows(FormatException.class, () -> open(BadFiles.REFUSE));
    assertTrue(e.getMessage().contains("12 of 32 files"), e::getMessage);
    assertEquals(10, e.getMessage().split(": not an image", -1).length - 1);
  }

  @Test
  void nothing_but_bad_files_is_refused_even_when_they_may_be_skipped(@TempDir Path other)
      throws IOException {
    Files.writeString(Files.createDirectories(other.resolve("a")).resolve("x.png"), "no image");
    assertThrows(
        FormatException.class, () -> ImageFolder.open(other, SHAPE, BadFiles.SKIP, Progress.NONE));
  }

  @Test
  void empty_folders_missing_folders_and_impossible_shapes_are_refused(@TempDir Path other)
      throws IOException {
    var none =
        assertThrows(
            FormatException.class,
            () -> ImageFolder.open(other, SHAPE, BadFiles.REFUSE, Progress.NONE));
    assertTrue(none.getMessage().contains("holds no folders"), none::getMessage);
    Files.createDirectories(other.resolve("empty"));
    var empty =
        assertThrows(
            FormatException.class,
            () -> ImageFolder.open(other, SHAPE, BadFiles.REFUSE, Progress.NONE));
    assertTrue(empty.getMessage().contains("a class without images"), empty::getMessage);
    assertThrows(
        StoreException.class,
        () -> ImageFolder.open(other.resolve("none"), SHAPE, BadFiles.REFUSE, Progress.NONE));
    assertThrows(
        ShapeException.class,
        () -> ImageFolder.open(folder, Shape.of(7, 2, 2), BadFiles.SKIP, Progress.NONE));
  }

  @Test
  void progress_counts_files_to_the_end() {
    AtomicLong calls = new AtomicLong();
    ImageFolder.open(
        folder,
        SHAPE,
        BadFiles.REFUSE,
        (what, done, total) -> {
          assertEquals(calls.incrementAndGet(), done);
          assertEquals(20, total);
        });
    assertEquals(20, calls.get());
  }

  @Test
  void images_are_framed_or_stretched_to_fit_a_network() {
    Dataset one =
        Dataset.of(Tensor.of(Shape.of(1, 1, 2, 2), 1, 2, 3, 4), new int[] {0}, List.of("a"));
    assertEquals(
        Tensor.of(Shape.of(1, 1, 3, 4), 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0),
        Fitted.framed(one, Shape.of(1, 3, 4)).examples());
    assertThrows(ShapeException.class, () -> Fitted.framed(one, Shape.of(1, 1, 4)));
    assertThrows(ShapeException.class, () -> Fitted.framed(one, Shape.of(3, 4, 4)));
    Tensor coloured = Fitted.stretched(one, Shape.of(3, 2, 1)).examples();
    assertEquals(Tensor.of(Shape.of(1, 3, 2, 1), 1.5f, 3.5f, 1.5f, 3.5f, 1.5f, 3.5f), coloured);
    Dataset back = Dataset.of(coloured, new int[] {0}, List.of("a"));
    assertEquals(
        Tensor.of(Shape.of(1, 1, 2, 1), 1.5f, 3.5f),
        Fitted.stretched(back, Shape.of(1, 2, 1)).examples());
  }
}
