package dev.tarn.io.safetensors;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {
  private static byte[] file(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private static SafeTensors read(byte[] bytes) {
    return SafeTensors.read(Source.of("w.safetensors", bytes));
  }

  private static <T extends TarnException> void refuse(
      Class<T> type, String header, int dataBytes, String... parts) {
    String[] all = Arrays.copyOf(parts, parts.length + 1);
    all[parts.length] = "w.safetensors";
    assertFault(type, () -> read(file(header, dataBytes)), all);
  }

  private static String one(String type, String shape, String offsets) {
    return "{\"w\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}}"
        .formatted(type, shape, offsets);
  }

  private static byte[] written(SafeTensorsWriter writer) throws IOException {
    var out = new ByteArrayOutputStream();
    writer.writeTo(out);
    return out.toByteArray();
  }

  private static SafeTensorsWriter sample() {
    float[] odd = {1.5f, -0f, Float.intBitsToFloat(0x7fc12345), Float.MIN_VALUE, 3, 4};
    return new SafeTensorsWriter()
        .metadata("format", "pt")
        .add("conv.weight", Tensor.of(Shape.of(1, 2, 3), odd))
        .add("scalar", Tensor.of(Shape.of(), 7))
        .add("empty", Tensor.of(Shape.of(2, 0)))
        .add("größe", new float[] {1})
        .add("rng", new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE})
        .add("loss", new double[] {0.1, Double.NaN});
  }

  @Test
  void what_is_written_is_read_back_bit_for_bit() throws IOException {
    byte[] bytes = written(sample());
    assertArrayEquals(bytes, written(sample()), "the same arrays give the same bytes");
    SafeTensors read = read(bytes);
    assertEquals(
        List.of("loss", "rng", "conv.weight", "scalar", "empty", "größe"),
        List.copyOf(read.names()),
        "wide types first");
    assertEquals(Map.of("format", "pt"), read.metadata());
    Tensor weight = read.tensor("conv.weight");
    assertEquals(Shape.of(1, 2, 3), weight.shape());
    assertEquals(0x7fc12345, Float.floatToRawIntBits(weight.array()[2]));
    assertEquals(0x80000000, Float.floatToRawIntBits(weight.array()[1]));
    assertEquals(Tensor.of(Shape.of(), 7), read.tensor("scalar"));
    assertEquals(Shape.of(2, 0), read.tensor("empty").shape());
    assertArrayEquals(new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE}, read.longs("rng"));
    assertArrayEquals(new double[] {0.1, Double.NaN}, read.doubles("loss"));
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertEquals(0, header % 8, "values are aligned");
  }

  @Test
  void logical_order_is_written_whatever_the_layout() throws IOException {
    Tensor map = Tensor.of(Shape.of(1, 2, 2, 1), 1, 2, 3, 4);
    byte[] bytes = written(new SafeTensorsWriter().add("x", map.to(Layout.NHWC)));
    assertArrayEquals(new float[] {1, 2, 3, 4}, read(bytes).tensor("x").array());
  }

  @Test
  void names_are_unique_and_known() throws IOException {
    var writer = new SafeTensorsWriter().add("a", new float[1]);
    assertFault(ParameterException.class, () -> writer.add("a", new long[1]), "\"a\" is taken");
    assertFault(ParameterException.class, () -> writer.add("__metadata__", new long[1]), "taken");
    SafeTensors read = read(written(writer));
    assertFault(ParameterException.class, () -> read.tensor("b"), "no array \"b\"", "[a]");
  }

  @Test
  void t1_too_short_for_a_header_length() {
    for (int length = 0; length < 8; length++) {
      byte[] cut = new byte[length];
      assertFault(
          FormatException.class,
          () -> read(cut),
          "byte 0: header length needs 8 bytes, found " + length);
    }
  }

  @Test
  void t1_header_length_that_cannot_be() {
    byte[] bytes = file("{}", 0);
    bytes[7] = (byte) 0x80;
    assertFault(
        FormatException.class, () -> read(bytes), "header length is 9223372036854775810", "2^63");
    bytes[7] = 0;
    bytes[0] = 3;
    assertFault(
        FormatException.class, () -> read(bytes), "byte 0: header length is 3 bytes", "at most 2");
    byte[] long25 = file(" ".repeat(25_000_001), 0);
    assertFault(
        LimitException.class, () -> read(long25), "header length is 25000001 bytes", "25000000");
  }

  @Test
  void t2_every_byte_belongs_to_one_array() {
    refuse(
        FormatException.class,
        one("F32", "[2]", "[0,8]"),
        12,
        "4 bytes of data after the last array");
    refuse(FormatException.class, one("F32", "[2]", "[0,8]"), 7, "\"w\" ends at 8", "at most 7");
    refuse(
        FormatException.class,
        one("F32", "[2]", "[4,12]"),
        12,
        "\"w\" begins at 4",
        "expected 0",
        "no gap");
    refuse(
        FormatException.class,
        one("F32", "[2]", "[8,0]"),
        8,
        "$.w.data_offsets is [8, 0]",
        "begin ≤ end");
    refuse(FormatException.class, one("F32", "[2]", "[-8,0]"), 8, "data_offsets[0]", "-8");
    refuse(FormatException.class, one("F32", "[2]", "[0]"), 8, "[begin, end]");
    refuse(
        FormatException.class,
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        12,
        "\"b\" begins at 4",
        "expected 8",
        "no overlap");
    refuse(FormatException.class, "{}", 1, "1 bytes of data after");
  }

  @Test
  void t3_shape_products_that_overflow() {
    refuse(FormatException.class, one("F32", "[2,18446744073709551614]", "[0,8]"), 8, "64 bits");
    refuse(
        FormatException.class,
        one("F32", "[2,9223372036854775807]", "[0,8]"),
        8,
        "$.w.shape",
        "2^63");
    refuse(FormatException.class, one("F32", "[4611686018427387904,4]", "[0,0]"), 0, "2^63");
    refuse(FormatException.class, one("F32", "[-1]", "[0,4]"), 4, "$.w.shape[0] is the number -1");
    refuse(FormatException.class, one("F32", "[1.5]", "[0,4]"), 4, "1.5", "whole number");
  }

  @ParameterizedTest
  @CsvSource({
    "F32, [2], 4",
    "F64, [1], 4",
    "F16, [2], 8",
    "BOOL, [3], 4",
    "F32, [], 8",
    "F4, [3], 2"
  })
  void t4_bytes_that_do_not_fit_the_shape(String type, String shape, int bytes) {
    refuse(
        FormatException.class,
        one(type, shape, "[0,%d]".formatted(bytes)),
        bytes,
        "$.w has %d bytes".formatted(bytes),
        type);
  }

  @Test
  void t4_unknown_and_unread_types() {
    refuse(FormatException.class, one("F31", "[1]", "[0,4]"), 4, "$.w.dtype is \"F31\"");
    SafeTensors read = read(file(one("F8_E5M2", "[4]", "[0,4]"), 4));
    assertEquals("F8_E5M2", read.type("w"));
    assertFault(
        UnsupportedException.class,
        () -> read.tensor("w"),
        "\"w\" is of type F8_E5M2",
        "F16, BF16 or F32");
    assertFault(
        UnsupportedException.class,
        () -> read(file(one("F4", "[8]", "[0,4]"), 4)).tensor("w"),
        "F4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " {}",
        "\n{}",
        "[]",
        "\"x\"",
        "",
        "{\"a\":NaN}",
        "{'a':1}",
        "{} x",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"shape\":[0]}}",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"extra\":1}}",
        "{\"w\":{\"dtype\":\"F32\",\"shape\":[0]}}",
        "{\"w\":3}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"a\":{\"b\":\"c\"}}}"
      })
  void t5_headers_that_are_not_strict(String header) {
    refuse(FormatException.class, header, 0);
  }

  @Test
  void t5_nesting_is_bounded() {
    refuse(
        LimitException.class, "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000), 0, "depth 16");
  }

  @Test
  void t5_header_that_is_not_utf8() {
    byte[] bytes = file("{\"a\":1}", 0);
    bytes[10] = (byte) 0xff;
    assertFault(FormatException.class, () -> read(bytes), "header is bytes that are not UTF-8");
  }

  @Test
  void t6_what_is_small_but_allowed() {
    assertEquals(0, read(file("{}", 0)).names().size());
    assertEquals(
        0, read(file("{}      ", 0)).names().size(), "padded as the reference writer does");
    assertEquals(Shape.of(), read(file(one("F32", "[]", "[0,4]"), 4)).tensor("w").shape());
    assertEquals(Shape.of(0, 5), read(file(one("BF16", "[0,5]", "[0,0]"), 0)).tensor("w").shape());
  }

  @Test
  void shapes_beyond_a_tensor() {
    SafeTensors wide = read(file(one("U8", "[0,4294967296]", "[0,0]"), 0));
    assertFault(LimitException.class, () -> wide.tensor("w"), "\"w\"", "4294967296");
    SafeTensors deep = read(file(one("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1));
    assertFault(UnsupportedException.class, () -> deep.tensor("w"), "9 axes", "at most 8");
  }

  @Test
  void cut_at_every_length() throws IOException {
    byte[] bytes = written(sample());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertFault(FormatException.class, () -> read(cut), "w.safetensors");
    }
  }

  @Test
  void mutations_end_in_our_faults() throws IOException {
    assertOnlyOurFaults(
        written(sample()),
        bytes -> {
          SafeTensors read = read(bytes);
          for (String name : read.names()) {
            read.tensor(name);
          }
        });
  }
}
