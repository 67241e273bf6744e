package dev.tarn.io.binary;

import static dev.tarn.io.Faults.assertFault;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CursorTest {
  private static final byte[] COUNTING = {1, 2, 3, 4, 5, 6, 7, (byte) 0x88, 9};

  @Test
  void both_byte_orders() {
    Cursor little = Cursor.of("f", COUNTING);
    assertEquals(0x0201, little.u16("a"));
    assertEquals(0x06050403L, little.u32("b"));
    assertEquals(6, little.position());
    assertEquals(3, little.remaining());
    assertEquals(0x8807060504030201L, little.seek(0, "start").i64("c"));
    Cursor big = Cursor.of("f", COUNTING).order(ByteOrder.BIG_ENDIAN);
    assertEquals(0x0102, big.u16("a"));
    assertEquals(0x03040506, big.i32("b"));
    assertEquals(0x0102030405060788L, big.seek(0, "start").i64("c"));
    assertEquals(9, big.u8("d"));
  }

  @Test
  void every_width_at_every_offset_of_a_file_longer_than_the_buffer() {
    byte[] bytes = new byte[200_000];
    new Random(7).nextBytes(bytes);
    ByteBuffer expected = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    Cursor cursor = Cursor.of("f", bytes);
    for (int at = 65_520; at < 65_560; at++) {
      assertEquals(expected.getLong(at), cursor.seek(at, "s").i64("x"));
      assertEquals(expected.getInt(at), cursor.seek(at, "s").i32("x"));
      assertEquals(expected.getShort(at) & 0xffff, cursor.seek(at, "s").u16("x"));
    }
    cursor.seek(10, "s").u8("x");
    byte[] some = cursor.bytes(150_000, "x");
    assertArrayEquals(java.util.Arrays.copyOfRange(bytes, 11, 150_011), some);
  }

  @Test
  void each_field_cut_at_each_length_is_named_with_its_place() {
    for (int length = 0; length < 8; length++) {
      byte[] cut = java.util.Arrays.copyOf(COUNTING, length);
      assertFault(
          FormatException.class,
          () -> Cursor.of("a.bin", cut).i64("length"),
          "a.bin: byte 0: length needs 8 bytes, found " + length);
    }
    Cursor cursor = Cursor.of("a.bin", COUNTING);
    cursor.skip(7, "head");
    assertFault(
        FormatException.class, () -> cursor.u32("crc"), "byte 7: crc needs 4 bytes, found 2");
    assertFault(
        FormatException.class, () -> cursor.bytes(Integer.MAX_VALUE, "name"), "byte 7", "name");
    assertFault(FormatException.class, () -> cursor.skip(Long.MAX_VALUE, "gap"), "gap needs");
    assertFault(FormatException.class, () -> cursor.skip(-1, "gap"), "gap needs -1");
    assertEquals(7, cursor.position());
  }

  @Test
  void offsets_outside_the_data_are_refused_without_overflow() {
    Cursor cursor = Cursor.of("a.bin", COUNTING);
    assertFault(
        FormatException.class,
        () -> cursor.seek(10, "index"),
        "index is an offset of 10",
        "0 to 9");
    assertFault(FormatException.class, () -> cursor.seek(-1, "index"), "-1");
    assertFault(
        FormatException.class,
        () -> cursor.part(2, Long.MAX_VALUE, "data"),
        "data is 9223372036854775807 bytes at offset 2",
        "9 bytes of data");
    assertFault(FormatException.class, () -> cursor.part(8, 2, "data"), "2 bytes at offset 8");
    Cursor last = cursor.part(7, 2, "data");
    assertEquals(0x0988, last.u16("x"));
    assertFault(FormatException.class, () -> last.u8("y"), "byte 9: y needs 1 bytes, found 0");
    last.requireEnd("the data");
    assertFault(
        FormatException.class,
        () -> cursor.requireEnd("the header"),
        "what follows the header is 9 more bytes");
  }

  @Test
  void unsigned_sizes_beyond_63_bits() {
    byte[] huge = {-1, -1, -1, -1, -1, -1, -1, -1};
    assertFault(
        FormatException.class,
        () -> Cursor.of("a.bin", huge).u63("header length"),
        "byte 0",
        "header length is 18446744073709551615",
        "less than 2^63");
  }

  @Test
  void text_is_strict_utf8_and_names_are_made_safe_for_terminals() {
    byte[] fine = "größe".getBytes(StandardCharsets.UTF_8);
    assertEquals("größe", Cursor.of("f", fine).utf8(fine.length, "name"));
    assertFault(
        FormatException.class,
        () -> Cursor.of("evil\u001b[2J", new byte[] {(byte) 0xc3}).utf8(1, "name"),
        "evil\\u001b[2J: byte 0: name is bytes that are not UTF-8");
  }

  @Test
  void a_disk_that_fails_is_a_store_fault() {
    Source broken =
        new Source() {
          @Override
          public String name() {
            return "x.bin";
          }

          @Override
          public long size() {
            return 10;
          }

          @Override
          public void read(long at, byte[] into, int from, int count) throws IOException {
            throw new IOException("Input/output error");
          }

          @Override
          public void close() {}
        };
    assertFault(
        StoreException.class,
        () -> Cursor.of(broken).u8("x"),
        "x.bin: byte 0",
        "Input/output error");
  }
}
