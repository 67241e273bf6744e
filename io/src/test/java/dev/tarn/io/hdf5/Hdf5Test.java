package dev.tarn.io.hdf5;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Source;
import dev.tarn.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files of h5py (`src/test/golden/hdf5`, made by the script there) and our own.
class Hdf5Test {
  private static final int MOST = 1_000_000;

  private static byte[] golden(String name) {
    return GoldenFile.bytes("hdf5/" + name + ".h5");
  }

  private static Hdf5Group read(byte[] bytes) {
    return Hdf5Group.read(Source.of("f.h5", bytes));
  }

  private static byte[] bytes(Hdf5Writer writer) {
    var out = new ByteArrayOutputStream();
    try {
      writer.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static float[] ramp(int count) {
    float[] ramp = new float[count];
    for (int i = 0; i < count; i++) {
      ramp[i] = i;
    }
    return ramp;
  }

  /// Reads everything that there is.
  private static void readAll(Hdf5Group group, int depth) {
    for (String name : group.names()) {
      Hdf5Group sub = null;
      try {
        group.array(name).floats(MOST);
      } catch (FormatException e) {
        sub = depth > 8 ? null : group.group(name);
      }
      if (sub != null) {
        readAll(sub, depth + 1);
      }
    }
    for (String attribute : List.of("text", "bytes", "list", "fixed", "none", "number")) {
      if (group.hasAttribute(attribute) && !attribute.equals("number")) {
        group.texts(attribute);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "chunked", "packed", "checked", "wide", "half", "big", "whole"})
  void arrays_of_h5py_are_read(String name) {
    Hdf5Array array = read(golden("arrays")).array(name);
    assertEquals(List.of(7L, 9L), array.sizes());
    assertArrayEquals(ramp(63), array.floats(MOST));
  }

  @Test
  void groups_and_texts_of_h5py_are_read() {
    Hdf5Group root = read(golden("arrays"));
    assertArrayEquals(new float[] {5}, root.array("single").floats(1));
    Hdf5Group deep = root.group("a/b/c");
    assertEquals("/a/b/c", deep.path());
    assertArrayEquals(ramp(63), root.array("a/b/c/x").floats(63));
    assertEquals("größe", deep.text("text"));
    assertEquals("abc", deep.text("bytes"));
    assertEquals(List.of("one", "two", "three"), deep.texts("list"));
    assertEquals(List.of("one", "three"), deep.texts("fixed"));
    assertEquals(List.of(), deep.texts("none"));
    assertFalse(deep.hasAttribute("nothing"));
    assertFault(FormatException.class, () -> deep.text("number"), "number", "expected texts");
    assertFault(FormatException.class, () -> deep.text("list"), "3 values", "expected 1");
    assertFault(FormatException.class, () -> deep.group("y"), "no \"y\"", "it has x");
    assertFault(FormatException.class, () -> root.array("a"), "/a", "dataspace");
    assertEquals(400, root.group("many").names().size());
    assertFault(LimitException.class, () -> root.array("plain").floats(62), "63", "62");
    assertFault(LimitException.class, () -> root.group("a/".repeat(40) + "a"), "32");
  }

  @Test
  void what_we_write_we_read() {
    var writer = new Hdf5Writer();
    String text = "größe ".repeat(20_000);
    writer.root().text("long", text);
    writer.root().texts("names", List.of("a", "größe", ""));
    writer.root().texts("none", List.of());
    writer.root().group("empty");
    Hdf5Writer.Group many = writer.root().group("many");
    for (int i = 0; i < 700; i++) {
      int number = i;
      many.array("x" + i, Shape.of(2, 1), to -> to.floats(new float[] {number, -number}));
    }
    writer.root().array("none", Shape.of(0, 3), to -> {});
    byte[] file = bytes(writer);
    assertArrayEquals(file, bytes(writer));
    Hdf5Group root = read(file);
    assertEquals(text, root.text("long"));
    assertEquals(List.of("a", "größe", ""), root.texts("names"));
    assertEquals(List.of(), root.texts("none"));
    assertEquals(List.of("empty", "many", "none"), root.names());
    assertEquals(List.of(), root.group("empty").names());
    assertEquals(0, root.array("none").floats(9).length);
    for (int i = 0; i < 700; i++) {
      assertArrayEquals(new float[] {i, -i}, root.array("many/x" + i).floats(2));
    }
  }

  @Test
  void names_and_lists_that_cannot_be_written() {
    var root = new Hdf5Writer().root();
    assertFault(ParameterException.class, () -> root.group("a/b"), "a/b");
    assertFault(ParameterException.class, () -> root.group(""), "cannot name");
    root.array("x", Shape.of(1), to -> to.floats(new float[1]));
    assertFault(ParameterException.class, () -> root.group("x"), "array already");
    assertFault(
        ParameterException.class, () -> root.array("x", Shape.of(1), to -> {}), "two members");
    var writer = new Hdf5Writer();
    writer.root().texts("long", List.of("x".repeat(70_000)));
    assertFault(LimitException.class, () -> bytes(writer), "long", "64000");
  }

  @Test
  void h1_arrays_that_promise_more_than_is_stored() {
    assertFault(
        FormatException.class, () -> read(golden("petabytes")).array("x"), "33554432", "bytes");
    assertFault(
        FormatException.class, () -> read(golden("petabytes_in_chunks")).array("x"), "0 chunks");
    assertFault(LimitException.class, () -> read(golden("bomb")).array("x"), "100 times");
  }

  @ParameterizedTest
  @CsvSource({
    "soft_link, a link to a name",
    "external_link, a link to another file",
    "external_storage, values in other files",
    "virtual, made of other arrays"
  })
  void h2_links_and_arrays_elsewhere(String name, String part) {
    byte[] file = golden(name);
    assertFault(UnsafeException.class, () -> read(file).array("x"), "x", part);
  }

  @Test
  void h3_structures_that_go_in_circles() {
    byte[] file = golden("arrays");
    // The root's tree leads to itself; a header continues in itself.
    int tree = find(file, "TREE", 0);
    byte[] circle = file.clone();
    circle[tree + 5] = 1;
    circle[tree + 6] = 1;
    ByteBuffer.wrap(circle).order(ByteOrder.LITTLE_ENDIAN).putLong(tree + 32, tree);
    assertFault(FormatException.class, () -> read(circle).names(), "tree of /", "twice");
    byte[] own = file.clone();
    var buffer = ByteBuffer.wrap(own).order(ByteOrder.LITTLE_ENDIAN);
    int header = (int) buffer.getLong(64);
    buffer.putShort(header + 2, (short) 100).putShort(header + 16, (short) 16);
    buffer.putShort(header + 18, (short) 16).putLong(header + 24, header).putLong(header + 32, 64);
    assertFault(FormatException.class, () -> read(own), "continuation address", "second time");
  }

  private static int find(byte[] file, String tag, int from) {
    return new String(file, StandardCharsets.ISO_8859_1).indexOf(tag, from);
  }

  private static byte[] with(byte[] file, int at, int value) {
    byte[] changed = file.clone();
    changed[at] = (byte) value;
    return changed;
  }

  @Test
  void h4_addresses_and_sizes_that_lie() {
    byte[] file = golden("arrays");
    assertFault(FormatException.class, () -> read(with(file, 13, 3)), "size of offsets", "3");
    assertFault(FormatException.class, () -> read(with(file, 71, 0x7f)), "object header");
    assertFault(FormatException.class, () -> read(with(file, 47, 0x7f)), "end of file", "cut off");
    assertFault(FormatException.class, () -> read(with(file, 24, 1)), "base address");
    assertFault(FormatException.class, () -> read(with(file, 0, 0)), "no HDF5 signature");
    assertFault(FormatException.class, () -> read(new byte[0]), "no HDF5 signature");
    byte[] shifted = new byte[file.length + 512];
    System.arraycopy(file, 0, shifted, 512, file.length);
    assertFault(UnsupportedException.class, () -> read(shifted), "512 bytes", "user block");
    for (int length = 0; length < file.length; length += 997) {
      byte[] cut = java.util.Arrays.copyOf(file, length);
      assertFault(FormatException.class, () -> read(cut));
    }
  }

  @Test
  void h5_deflate_data_that_end_early_or_never() {
    byte[] file = golden("arrays");
    int chunk = find(file, "x^", 0); // zlib at level 4
    byte[] broken = file.clone();
    for (int i = chunk + 2; i < chunk + 30; i++) {
      broken[i] = 0;
    }
    assertFault(FormatException.class, () -> read(broken).array("packed").floats(MOST), "packed");
  }

  @ParameterizedTest
  @CsvSource({
    "lzf, filter 32000",
    "compound, compounds",
    "variable, texts",
    "latest, superblock version"
  })
  void h6_what_is_not_supported_is_named(String name, String part) {
    TarnException fault =
        org.junit.jupiter.api.Assertions.assertThrows(
            TarnException.class, () -> read(golden(name)).array("x"));
    assertTrue(fault.getMessage().contains(part), fault.getMessage());
  }

  @Test
  void h7_checksums_of_chunks() {
    byte[] file = golden("arrays");
    Hdf5Array checked = read(file).array("checked");
    assertArrayEquals(ramp(63), checked.floats(MOST));
    // The first chunk begins with 0, 1, 2 and then the next row's 9.
    byte[] start = {0, 0, 0, 0, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x10, 0x41};
    String all = new String(file, StandardCharsets.ISO_8859_1);
    int at = all.indexOf(new String(start, StandardCharsets.ISO_8859_1));
    byte[] damaged = with(file, at + 5, 1);
    assertFault(
        FormatException.class, () -> read(damaged).array("checked").floats(MOST), "checksum");
  }

  @Test
  void mutations_end_in_our_faults() {
    byte[] file = golden("arrays");
    assertOnlyOurFaults(file, bytes -> readAll(read(bytes), 0));
    var writer = new Hdf5Writer();
    writer.root().text("text", "a text");
    writer.root().texts("list", List.of("one", "two"));
    writer.root().group("a").array("x", Shape.of(2, 3), to -> to.floats(ramp(6)));
    assertOnlyOurFaults(bytes(writer), bytes -> readAll(read(bytes), 0));
  }
}
