package dev.tarn.io.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rows M1 to M5 of the fault catalogue, and what is read and written.
@Timeout(30)
class ImageFileTest {
  @TempDir Path folder;

  /// A PNG of chunks we choose, with right checksums.
  static byte[] png(Object... typesAndBodies) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    for (int i = 0; i < typesAndBodies.length; i += 2) {
      byte[] body = (byte[]) typesAndBodies[i + 1];
      byte[] type = ((String) typesAndBodies[i]).getBytes(StandardCharsets.ISO_8859_1);
      var crc = new CRC32();
      crc.update(type);
      crc.update(body);
      out.writeBytes(ByteBuffer.allocate(4).putInt(body.length).array());
      out.writeBytes(type);
      out.writeBytes(body);
      out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }
    return out.toByteArray();
  }

  static byte[] header(int width, int height, int depth, int type) {
    return ByteBuffer.allocate(13)
        .putInt(width)
        .putInt(height)
        .put((byte) depth)
        .put((byte) type)
        .array();
  }

  static byte[] packed(int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    var deflater = new Deflater();
    deflater.setInput(raw);
    deflater.finish();
    byte[] out = new byte[raw.length + 64];
    int length = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  /// 2×2 grey: 0, 85, 170, 255.
  private static byte[] small() {
    return png(
        "IHDR", header(2, 2, 8, 0), "IDAT", packed(0, 0, 85, 0, 170, 255), "IEND", new byte[0]);
  }

  private static byte[] fixture(String name) {
    try (var in = ImageFileTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void refused(Class<? extends TarnException> kind, byte[] file, String... parts) {
    var e = assertThrows(kind, () -> ImageFile.decode("some.png", file, Colours.GREY));
    assertTrue(e.getMessage().startsWith("some.png"), e::getMessage);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), () -> "\"" + part + "\" in: " + e.getMessage());
    }
  }

  private static Tensor grey(byte[] file) {
    return ImageFile.decode("x", file, Colours.GREY);
  }

  private static Tensor rgb(byte[] file) {
    return ImageFile.decode("x", file, Colours.RGB);
  }

  @Test
  void grey_is_read_exactly_without_any_gamma() {
    assertEquals(Tensor.of(Shape.of(1, 2, 2), 0, 85 / 255f, 170 / 255f, 1), grey(small()));
    assertEquals(85 / 255f, rgb(small()).get(2, 0, 1));
  }

  @Test
  void one_two_and_four_bits_are_spread_over_the_whole_range() {
    byte[] end = new byte[0];
    byte[] one = png("IHDR", header(3, 1, 1, 0), "IDAT", packed(0, 0b10100000), "IEND", end);
    assertEquals(Tensor.of(Shape.of(1, 1, 3), 1, 0, 1), grey(one));
    byte[] two = png("IHDR", header(4, 1, 2, 0), "IDAT", packed(0, 0b00011011), "IEND", end);
    assertEquals(Tensor.of(Shape.of(1, 1, 4), 0, 1 / 3f, 2 / 3f, 1), round(grey(two)));
    byte[] four = png("IHDR", header(2, 1, 4, 0), "IDAT", packed(0, 0x3f), "IEND", end);
    assertEquals(Tensor.of(Shape.of(1, 1, 2), 3 / 15f, 1), round(grey(four)));
  }

  /// To the nearest of the values a byte can hold, undone: sub-byte greys may come through a byte.
  private static Tensor round(Tensor tensor) {
    float[] values = tensor.array().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(values[i] * 15) / 15f;
    }
    return Tensor.of(tensor.shape(), values);
  }

  @Test
  void sixteen_bits_are_kept() {
    byte[] file =
        png(
            "IHDR",
            header(2, 1, 16, 0),
            "IDAT",
            packed(0, 0x12, 0x34, 0xff, 0xff),
            "IEND",
            new byte[0]);
    assertEquals(Tensor.of(Shape.of(1, 1, 2), 0x1234 / 65535f, 1), grey(file));
  }

  @Test
  void a_palette_is_looked_up() {
    byte[] palette = {(byte) 255, 0, 0, 0, (byte) 255, 0};
    byte[] file =
        png(
            "IHDR",
            header(2, 1, 8, 3),
            "PLTE",
            palette,
            "IDAT",
            packed(0, 1, 0),
            "IEND",
            new byte[0]);
    assertEquals(Tensor.of(Shape.of(3, 1, 2), 0, 1, 1, 0, 0, 0), rgb(file));
    Tensor real = rgb(fixture("palette.png"));
    assertEquals(Shape.of(3, 32, 32), real.shape());
  }

  @Test
  void transparent_is_black_and_half_transparent_is_half() {
    byte[] file =
        png(
            "IHDR",
            header(3, 1, 8, 4),
            "IDAT",
            packed(0, 255, 0, 255, 255, 255, 51),
            "IEND",
            new byte[0]);
    assertEquals(Tensor.of(Shape.of(1, 1, 3), 0, 1, 0.2f), grey(file));
  }

  @Test
  void colour_becomes_grey_by_its_brightness() {
    byte[] file =
        png(
            "IHDR",
            header(3, 1, 8, 2),
            "IDAT",
            packed(0, 255, 0, 0, 0, 255, 0, 0, 0, 255),
            "IEND",
            new byte[0]);
    assertEquals(Tensor.of(Shape.of(1, 1, 3), 0.299f, 0.587f, 0.114f), grey(file));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "baseline.jpg",
        "progressive.jpg",
        "rotated-by-exif.jpg",
        "cmyk.jpg",
        "animated.gif",
        "palette.png",
        "plain.bmp"
      })
  void files_made_by_another_program_show_their_four_colours(String name) {
    Tensor image = rgb(fixture(name));
    assertEquals(Shape.of(3, 32, 32), image.shape());
    int[][] colours = {{200, 30, 40}, {20, 180, 60}, {40, 60, 220}, {128, 128, 128}};
    float tolerance = name.endsWith(".jpg") ? 3 : 1e-4f;
    for (int quarter = 0; quarter < 4; quarter++) {
      for (int c = 0; c < 3; c++) {
        float value = 255 * image.get(c, 8 + 16 * (quarter / 2), 8 + 16 * (quarter % 2));
        assertEquals(colours[quarter][c], value, tolerance, name + " quarter " + quarter);
      }
    }
  }

  @Test
  void a_grey_jpeg_has_the_brightness_of_its_colours() {
    assertEquals(
        0.299 * 200 + 0.587 * 30 + 0.114 * 40, 255 * grey(fixture("grey.jpg")).get(0, 8, 8), 2);
  }

  @Test
  void a_bomb_is_refused_by_its_size_before_memory_is_taken() {
    byte[] bomb = png("IHDR", header(20_000, 20_000, 8, 0), "IDAT", packed(0), "IEND", new byte[0]);
    assertTrue(bomb.length < 90);
    refused(LimitException.class, bomb, "20000×20000", "25000000");
    refused(
        LimitException.class,
        png("IHDR", header(Integer.MAX_VALUE, Integer.MAX_VALUE, 8, 0), "IEND", new byte[0]),
        "2147483647×2147483647");
    byte[] jpeg = fixture("baseline.jpg").clone();
    int frame = find(jpeg, 0xc0);
    Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xff);
    refused(LimitException.class, jpeg, "65535×65535");
    byte[] gif = fixture("animated.gif").clone();
    Arrays.fill(gif, 6, 10, (byte) 0xff);
    refused(LimitException.class, gif, "65535×65535");
    byte[] bmp = fixture("plain.bmp").clone();
    ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, 30_000).putInt(22, 30_000);
    refused(FormatException.class, bmp, "width/height"); // the JDK compares them with the file size
  }

  private static int find(byte[] jpeg, int marker) {
    for (int i = 0; i + 1 < jpeg.length; i++) {
      if ((jpeg[i] & 0xff) == 0xff && (jpeg[i + 1] & 0xff) == marker) {
        return i;
      }
    }
    throw new AssertionError("no marker " + marker);
  }

  @Test
  void no_image_is_no_image_whatever_its_name() throws IOException {
    refused(FormatException.class, new byte[0], "it is empty");
    refused(FormatException.class, "hello".getBytes(StandardCharsets.UTF_8), "68 65 6c 6c 6f");
    Path text = Files.writeString(folder.resolve("cat.jpg"), "not a cat");
    var e = assertThrows(FormatException.class, () -> ImageFile.read(text, Colours.RGB));
    assertTrue(e.getMessage().contains("cat.jpg: not an image"), e::getMessage);
  }

  @ParameterizedTest
  @CsvSource({"<svg xmlns='x'/>,SVG", "II*.,TIFF", "RIFF1234WEBP,WebP", "%PDF-1.7,PDF"})
  void kinds_that_are_not_read_are_named(String start, String kind) {
    byte[] bytes = start.replace('.', '\0').getBytes(StandardCharsets.ISO_8859_1);
    refused(UnsupportedException.class, bytes, kind + " images are not read");
  }

  @Test
  void content_counts_not_the_extension() throws IOException {
    Path jpegNamedPng = Files.write(folder.resolve("a.png"), fixture("baseline.jpg"));
    assertEquals(rgb(fixture("baseline.jpg")), ImageFile.read(jpegNamedPng, Colours.RGB));
  }

  @Test
  void every_flipped_bit_of_a_png_is_found() {
    byte[] file = small();
    for (int bit = 0; bit < file.length * 8; bit++) {
      byte[] flipped = file.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      int which = bit;
      assertThrows(TarnException.class, () -> grey(flipped), () -> "bit " + which);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"baseline.jpg", "progressive.jpg", "cmyk.jpg", "palette.png", "plain.bmp"})
  void a_file_cut_off_anywhere_is_refused(String name) {
    byte[] file = fixture(name);
    for (int length = 0; length < file.length; length += Math.max(1, file.length / 300)) {
      byte[] cut = Arrays.copyOf(file, length);
      var e = assertThrows(TarnException.class, () -> rgb(cut), "cut at " + length);
      assertTrue(e instanceof FormatException, () -> "cut at " + cut.length + ": " + e);
    }
  }

  @Test
  void a_gif_cut_off_within_its_first_image_is_refused() {
    byte[] file = fixture("animated.gif");
    int first = GifBlocks.first("x", file).length - 1;
    for (int length = 0; length < first; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThrows(FormatException.class, () -> rgb(cut), "cut at " + length);
    }
    assertEquals(rgb(file), rgb(Arrays.copyOf(file, first)));
  }

  @Test
  void too_little_image_data_with_right_checksums_is_refused() {
    refused(
        FormatException.class,
        png("IHDR", header(9, 9, 8, 0), "IDAT", packed(0, 1, 2, 3), "IEND", new byte[0]),
        "damaged or cut off");
    refused(
        FormatException.class,
        png("IHDR", header(9, 9, 8, 0), "IEND", new byte[0]),
        "image data (IDAT)");
    refused(
        FormatException.class,
        png("IHDR", header(1, 1, 8, 3), "IDAT", packed(0, 0), "IEND", new byte[0]),
        "a palette");
  }

  @Test
  void impossible_headers_are_refused() {
    byte[] end = new byte[0];
    byte[] data = packed(0, 0);
    refused(
        FormatException.class, png("IHDR", header(0, 5, 8, 0), "IDAT", data, "IEND", end), "0×5");
    refused(
        FormatException.class,
        png("IHDR", header(1, 1, 3, 0), "IDAT", data, "IEND", end),
        "3 and 0");
    refused(
        FormatException.class,
        png("IHDR", header(1, 1, 8, 5), "IDAT", data, "IEND", end),
        "8 and 5");
    refused(FormatException.class, png("IDAT", data, "IEND", end), "IHDR first");
    refused(
        UnsupportedException.class,
        png("IHDR", header(1, 1, 8, 0), "QQQQ", data, "IDAT", data, "IEND", end),
        "QQQQ");
  }

  @Test
  void text_and_colour_profiles_are_passed_over_unread() {
    byte[] bomb = new byte[100_000];
    byte[] file =
        png(
            "IHDR",
            header(1, 1, 8, 0),
            "iCCP",
            bomb,
            "zTXt",
            bomb,
            "gAMA",
            new byte[] {0, 0, 0, 1},
            "IDAT",
            packed(0, 51),
            "IEND",
            new byte[0]);
    assertEquals(0.2f, grey(file).get(0, 0, 0));
    assertTrue(PngChunks.essential("x", file).length < 100);
  }

  @Test
  void any_damage_ends_in_our_exceptions_alone() {
    long seed = Long.getLong("tests.seed", 1);
    var random = new SplittableRandom(seed);
    int rounds = 150 * Integer.getInteger("tests.rounds", 1);
    for (String name :
        new String[] {"baseline.jpg", "progressive.jpg", "cmyk.jpg", "animated.gif", "plain.bmp"}) {
      byte[] file = fixture(name);
      for (int round = 0; round < rounds; round++) {
        byte[] damaged = file.clone();
        for (int hit = 0; hit < 1 + round % 5; hit++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        try {
          rgb(damaged);
        } catch (TarnException e) {
          assertTrue(e.getMessage().length() < 700, "seed " + seed);
        }
      }
    }
  }

  @Test
  void written_images_read_back_clipped_to_eight_bits() {
    Path file = folder.resolve("out.png");
    ImageFile.write(file, Tensor.of(Shape.of(1, 1, 4), -3, 0.2f, 9, Float.NaN));
    assertEquals(Tensor.of(Shape.of(1, 1, 4), 0, 0.2f, 1, 0), ImageFile.read(file, Colours.GREY));
    Tensor colours = Tensor.of(Shape.of(3, 1, 2), 1, 0, 0, 1, 0.6f, 0.4f);
    ImageFile.write(file, colours);
    assertEquals(colours, ImageFile.read(file, Colours.RGB));
    assertThrows(
        ShapeException.class, () -> ImageFile.write(file, Tensor.zeros(Shape.of(2, 4, 4))));
  }

  @Test
  void stretching_keeps_flat_images_flat_and_means_as_they_are() {
    Tensor read = ImageFile.decode("x", small(), Shape.of(1, 1, 1));
    assertEquals(0.5f, read.get(0, 0, 0), 1e-6f);
    Tensor large = ImageFile.decode("x", small(), Shape.of(1, 4, 4));
    assertEquals(0, large.get(0, 0, 0), 1e-6f);
    assertEquals(0.25f * 85 / 255, large.get(0, 0, 1), 1e-6f, "a quarter of the way");
    assertEquals(1, large.get(0, 3, 3), 1e-6f);
    assertEquals(Shape.of(3, 7, 5), ImageFile.decode("x", small(), Shape.of(3, 7, 5)).shape());
    assertThrows(ShapeException.class, () -> ImageFile.decode("x", small(), Shape.of(2, 4, 4)));
  }

  @Test
  void a_missing_file_is_named() {
    var e =
        assertThrows(
            StoreException.class, () -> ImageFile.read(folder.resolve("no.png"), Colours.RGB));
    assertTrue(e.getMessage().contains("no.png"), e::getMessage);
  }
}
