package dev.tarn.io.zip;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZipTest {
  private static byte[] deflated(String name, byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content);
    }
    return out.toByteArray();
  }

  private static byte[] stored(String... namesAndTexts) throws IOException {
    var out = new ByteArrayOutputStream();
    var zip = new ZipWriter(out);
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      zip.add(namesAndTexts[i], text(namesAndTexts[i + 1]));
    }
    zip.finish();
    return out.toByteArray();
  }

  private static Content text(String text) {
    return Content.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ZipReader read(byte[] bytes) {
    return ZipReader.read(Source.of("a.zip", bytes));
  }

  private static byte[] all(ZipReader zip) {
    var out = new ByteArrayOutputStream();
    for (ZipMember member : zip.members()) {
      Cursor cursor = zip.open(member);
      out.writeBytes(cursor.bytes((int) cursor.remaining(), "all"));
    }
    return out.toByteArray();
  }

  private static int find(byte[] bytes, int signature) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; ; at++) {
      if (buffer.getInt(at) == signature) {
        return at;
      }
    }
  }

  private static byte[] with(byte[] bytes, int signature, int offset, int... replacement) {
    byte[] changed = bytes.clone();
    int at = find(bytes, signature) + offset;
    for (int b : replacement) {
      changed[at++] = (byte) b;
    }
    return changed;
  }

  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int END = 0x06054b50;

  @Test
  void ours_is_read_by_the_jdk_and_the_jdks_by_us() throws IOException {
    byte[] ours = stored("a.json", "one", "größe/b", "", "c", "three");
    assertArrayEquals(ours, stored("a.json", "one", "größe/b", "", "c", "three"), "no clock in it");
    try (var jdk = new ZipInputStream(new ByteArrayInputStream(ours))) {
      assertEquals("a.json", jdk.getNextEntry().getName());
      assertEquals("one", new String(jdk.readAllBytes(), StandardCharsets.UTF_8));
      assertEquals("größe/b", jdk.getNextEntry().getName());
      assertEquals("c", jdk.getNextEntry().getName());
      assertEquals("three", new String(jdk.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals("onethree", new String(all(read(ours)), StandardCharsets.UTF_8));
    byte[] content = new byte[1_000_000];
    new java.util.Random(1).nextBytes(content);
    assertArrayEquals(content, all(read(deflated("x", content))));
    Arrays.fill(content, 1000, 900_000, (byte) 7);
    assertArrayEquals(content, all(read(deflated("x", content))));
    assertEquals(0, read(stored()).members().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil.txt", "a/../../x", "/etc/passwd", "C:\\x", "C:x", "a\\b", ".."})
  void k3_names_that_leave_the_folder(String name) throws IOException {
    byte[] bytes = deflated(name, new byte[3]);
    assertFault(UnsafeException.class, () -> read(bytes), "a.zip", "names a place outside");
  }

  @Test
  void k3_links_duplicates_and_case_clashes() throws IOException {
    byte[] one = stored("abc", "x");
    byte[] link = with(with(one, CENTRAL, 5, 3), CENTRAL, 41, 0xa1);
    assertFault(UnsafeException.class, () -> read(link), "\"abc\" is a symbolic link");
    byte[] two = stored("abc", "x", "abd", "y");
    String text = new String(two, StandardCharsets.ISO_8859_1);
    byte[] same = text.replace("abd", "abc").getBytes(StandardCharsets.ISO_8859_1);
    assertFault(FormatException.class, () -> read(same), "two members are named \"abc\"");
    byte[] clash = text.replace("abd", "ABC").getBytes(StandardCharsets.ISO_8859_1);
    assertFault(FormatException.class, () -> read(clash), "two members are named \"ABC\"");
    var zip = new ZipWriter(new ByteArrayOutputStream());
    zip.add("a", text(""));
    assertFault(ParameterException.class, () -> zip.add("A", text("")), "two members named \"A\"");
    byte[] control = text.replace("abd", "a\u0007d").getBytes(StandardCharsets.ISO_8859_1);
    assertFault(FormatException.class, () -> read(control), "a\\u0007d");
  }

  @Test
  void k4_what_really_comes_out_is_counted() throws IOException {
    byte[] honest = deflated("x", new byte[50_000]);
    byte[] lying = with(honest, CENTRAL, 24, 10, 0, 0, 0);
    assertFault(
        FormatException.class,
        () -> all(read(lying)),
        "\"x\" is longer than it declares; expected 10 bytes");
    byte[] boasting = with(honest, CENTRAL, 24, 0x51, 0xc3, 0, 0);
    assertFault(FormatException.class, () -> all(read(boasting)), "50000 bytes unpacked", "50001");
    byte[] wrong = with(honest, CENTRAL, 16, 1, 2, 3, 4);
    assertFault(FormatException.class, () -> all(read(wrong)), "have CRC32", "expected 04030201");
    byte[] storedWrong = stored("abc", "xyz");
    storedWrong[33 + 1] ^= 1;
    assertFault(FormatException.class, () -> all(read(storedWrong)), "\"abc\" have CRC32");
  }

  @Test
  void k5_bombs_are_stopped_before_they_unpack() throws IOException {
    byte[] bomb = deflated("x", new byte[100_000_000]);
    assertFault(
        LimitException.class,
        () -> all(read(bomb)),
        "declares 100000000 bytes",
        "64 MiB + 100 × its size");
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      for (int member = 0; member < 3; member++) {
        zip.putNextEntry(new ZipEntry("x" + member));
        zip.write(new byte[30_000_000]);
      }
    }
    ZipReader three = read(out.toByteArray());
    assertEquals(30_000_000, three.open(three.members().get(0)).remaining());
    assertEquals(30_000_000, three.open(three.members().get(1)).remaining());
    assertFault(
        LimitException.class,
        () -> three.open(three.members().get(2)),
        "\"x2\" declares 30000000",
        "more are unpacked");
  }

  @Test
  void k5_members_that_overlap() throws IOException {
    byte[] two = stored("abc", "x", "abd", "y");
    int second = find(two, CENTRAL) + 46 + 3;
    byte[] same = two.clone();
    Arrays.fill(same, second + 42, second + 46, (byte) 0);
    assertFault(FormatException.class, () -> read(same), "local header of \"abd\"", "disagree");
    byte[] long1 = stored("abc", "x".repeat(100), "abd", "y");
    byte[] quoted = long1.clone();
    // The first member's data as if it reached into the second.
    for (int at : new int[] {18, 22, find(long1, CENTRAL) + 20, find(long1, CENTRAL) + 24}) {
      quoted[at] = 110;
    }
    assertFault(
        FormatException.class, () -> read(quoted), "\"abc\" takes bytes 0 to 143", "no overlap");
  }

  @Test
  void local_header_and_directory_must_agree() throws IOException {
    byte[] good = stored("abc", "x");
    for (int offset : new int[] {6, 8, 14, 18, 22, 30}) {
      byte[] changed = with(good, LOCAL, offset, good[offset] ^ 4);
      assertFault(FormatException.class, () -> read(changed), "a.zip: byte 0", "disagree");
    }
    assertFault(
        FormatException.class,
        () -> read(with(good, LOCAL, 0, 'Q')),
        "local header of \"abc\" is 04034b51");
    assertFault(
        FormatException.class,
        () -> read(with(good, CENTRAL, 0, 'Q')),
        "directory entry is 02014b51");
  }

  @Test
  void what_is_not_supported_is_named() throws IOException {
    byte[] good = stored("abc", "x");
    assertFault(
        UnsupportedException.class, () -> read(with(good, CENTRAL, 8, 1)), "\"abc\" is encrypted");
    assertFault(
        UnsupportedException.class, () -> read(with(good, CENTRAL, 10, 12)), "packed by method 12");
    assertFault(UnsupportedException.class, () -> read(with(good, END, 4, 1)), "several disks");
  }

  @Test
  void the_directory_must_end_where_the_end_record_begins() throws IOException {
    byte[] good = stored("abc", "x");
    assertFault(
        FormatException.class,
        () -> read(with(good, END, 12, 5)),
        "directory is 5 bytes at",
        "a directory that ends at");
    assertFault(
        FormatException.class,
        () -> read(with(good, END, 8, 2, 0, 2, 0)),
        "directory entry needs 4 bytes");
    assertFault(
        FormatException.class,
        () -> read(with(good, END, 8, 0, 0, 0, 0)),
        "what follows the last directory entry");
    byte[] longer = Arrays.copyOf(good, good.length + 1);
    assertFault(FormatException.class, () -> read(longer), "not the end of a zip archive");
    assertFault(
        LimitException.class,
        () -> read(with(good, END, 8, 0x11, 0x27, 0x11, 0x27)),
        "member count is 10001",
        "10000");
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertFault(FormatException.class, () -> read(cut), "a.zip");
    }
  }

  @Test
  void deflated_data_that_never_end() throws IOException {
    byte[] noise = new byte[5000];
    new java.util.Random(2).nextBytes(noise);
    byte[] good = deflated("x", noise);
    byte[] damaged = good.clone();
    Arrays.fill(damaged, 31, 60, (byte) 0xff);
    assertFault(FormatException.class, () -> all(read(damaged)), "a.zip", "\"x\"");
    assertOnlyOurFaults(good, bytes -> all(read(bytes)));
    assertOnlyOurFaults(stored("abc", "x", "abd", "y"), bytes -> all(read(bytes)));
  }

  @Test
  void content_that_changes_while_it_is_written_is_refused() throws IOException {
    int[] calls = {0};
    var zip = new ZipWriter(new ByteArrayOutputStream());
    assertFault(
        StoreException.class,
        () -> zip.add("a", out -> out.write(calls[0]++)),
        "\"a\" changed while it was written");
  }
}
