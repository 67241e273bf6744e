package dev.tarn.io.numpy;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.store.Content;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
  @TempDir private Path folder;

  private static byte[] file(int version, String header, int... data) {
    var out = new ByteArrayOutputStream();
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    out.write(text.length);
    out.write(text.length >> 8);
    if (version > 1) {
      out.write(text.length >> 16);
      out.write(text.length >> 24);
    }
    out.writeBytes(text);
    for (int b : data) {
      out.write(b);
    }
    return out.toByteArray();
  }

  private static String header(String descr, String fortran, String shape) {
    return "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n".formatted(descr, fortran, shape);
  }

  private static Tensor read(byte[] bytes) {
    return Npy.read(Cursor.of("a.npy", bytes));
  }

  private static <T extends TarnException> void refuse(
      Class<T> type, String header, String... parts) {
    assertFault(type, () -> read(file(1, header, 0, 0, 0, 0)), parts);
  }

  private static byte[] bytes(Content content) throws IOException {
    var out = new ByteArrayOutputStream();
    content.writeTo(out);
    return out.toByteArray();
  }

  @Test
  void what_is_written_is_read_back_bit_for_bit() throws IOException {
    for (Shape shape : List.of(Shape.of(), Shape.of(3), Shape.of(2, 0, 5), Shape.of(2, 3, 4, 5))) {
      float[] values = new float[shape.arraySize()];
      for (int i = 0; i < values.length; i++) {
        values[i] = i % 7 == 3 ? Float.NaN : -i / 3f;
      }
      Tensor tensor = Tensor.of(shape, values);
      byte[] written = bytes(Npy.content(tensor));
      assertEquals(tensor, read(written));
      assertEquals(0, (written.length - 4 * values.length) % 64, "values are aligned");
    }
    Tensor nhwc = Tensor.of(Shape.of(1, 2, 2, 2), Layout.NHWC, 1, 5, 2, 6, 3, 7, 4, 8);
    Path path = folder.resolve("a.npy");
    Npy.write(path, nhwc);
    assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, Npy.read(path).array());
  }

  @Test
  void y5_byte_orders_types_and_fortran_order() {
    assertArrayEquals(
        new float[] {258, 3}, read(file(1, header("<i2", "False", "(2,)"), 2, 1, 3, 0)).array());
    assertArrayEquals(
        new float[] {258, 768}, read(file(1, header(">i2", "False", "(2,)"), 1, 2, 3, 0)).array());
    assertArrayEquals(
        new float[] {1}, read(file(2, header(">f4", "False", "()"), 0x3f, 0x80, 0, 0)).array());
    assertArrayEquals(
        new float[] {1, 2},
        read(file(3, header("<f2", "False", "(2,)"), 0, 0x3c, 0, 0x40)).array());
    assertArrayEquals(
        new float[] {1, 0}, read(file(1, header("|b1", "False", "(2,)"), 1, 0)).array());
    Tensor fortran = read(file(1, header("|u1", "True", "(2, 3)"), 1, 2, 3, 4, 5, 6));
    assertEquals(Tensor.of(Shape.of(2, 3), 1, 3, 5, 2, 4, 6), fortran);
    Tensor cube = read(file(1, header("|u1", "True", "(2, 2, 2)"), 0, 1, 2, 3, 4, 5, 6, 7));
    assertArrayEquals(new float[] {0, 4, 2, 6, 1, 5, 3, 7}, cube.array());
    assertEquals(Shape.of(2, 0), read(file(1, header("|u1", "True", "(2, 0)"))).shape());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'shape': (1,), 'descr': '<f4', 'fortran_order': False}",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (1,)}   \n",
        "{'descr':'<f4','fortran_order':False,'shape':(1,),}"
      })
  void spellings_other_writers_use(String header) {
    assertEquals(Shape.of(1), read(file(1, header, 0, 0, 0, 0)).shape());
  }

  @Test
  void y1_pickled_objects_are_never_read() {
    refuse(UnsafeException.class, header("|O", "False", "(1,)"), "a.npy", "Python objects", "'|O'");
    refuse(
        UnsafeException.class,
        "{'descr': [('a', '<f4'), ('b', '|O')], 'fortran_order': False, 'shape': (1,)}\n",
        "Python objects");
  }

  @Test
  void y2_header_length_and_grammar() {
    assertFault(
        LimitException.class,
        () -> read(file(2, " ".repeat(10_001), 0)),
        "a.npy: byte 12: header length is 10001 bytes",
        "10000");
    refuse(FormatException.class, header("<f4", "False", "(1<<62,)"), "header", "<<62");
    refuse(FormatException.class, header("<f4", "False", "((1,),)"), "\"(1,),)", "a size");
    refuse(FormatException.class, header("<f4", "False", "(" + "(".repeat(5000) + ")"), "a size");
    refuse(
        FormatException.class,
        header("<f4", "False", "(" + "9".repeat(5000) + ",)"),
        "5000 digits",
        "at most 18");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(-1,)", "(True,)", "(1)", "(1.0,)", "(01,)", "[1]", "1", "(1,,)", "(1,", "(1 1)", "None",
        "('1',)", "(1_0,)", "(1L,)"
      })
  void y3_shapes_that_are_none(String shape) {
    refuse(FormatException.class, header("<f4", "False", shape), "a.npy: byte ", "header");
  }

  @Test
  void y3_shapes_that_promise_more_than_is_there() {
    refuse(
        FormatException.class,
        header("<f4", "False", "(4611686018427387904, 4)"),
        "a size of 19 digits",
        "at most 18");
    refuse(
        LimitException.class,
        header("<f8", "False", "(400000000000000000, 400000000000000000)"),
        "2^63");
    refuse(
        FormatException.class,
        header("<f4", "False", "(274877906944,)"),
        "array is 4 bytes long",
        "1099511627776 for shape");
    refuse(
        FormatException.class, header("<f4", "False", "(2,)"), "array is 4 bytes long; expected 8");
    assertFault(
        LimitException.class,
        () -> read(file(1, header("<f4", "False", "(0, 274877906944)"))),
        "one axis holds at most");
  }

  @Test
  void y4_trailing_bytes_and_duplicate_keys_which_numpy_accepts() {
    refuse(
        FormatException.class,
        header("|u1", "False", "(3,)"),
        "what follows the array is 1 more bytes");
    refuse(
        FormatException.class,
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}\n",
        "'descr' twice");
    refuse(FormatException.class, "{'descr': '<f4', 'fortran_order': False}\n", "lacks shape");
    refuse(FormatException.class, header("<f4", "False", "(1,)") + "x", "after the closing brace");
    refuse(
        FormatException.class,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'evil': 1}\n",
        "the key 'evil'");
    refuse(FormatException.class, "{'descr: 1}", "a key in quotes");
    refuse(FormatException.class, header("<f4", "0", "(1,)"), "True or False");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<U4", "|S4", "<c8", "<M8[ns]", "<f16", "|V8", "f4", "=f4", "<u1", "|f4", ""})
  void y5_types_that_are_not_numbers_we_hold(String descr) {
    refuse(
        UnsupportedException.class,
        header(descr, "False", "(1,)"),
        "a.npy",
        "descr '" + descr + "'",
        "f4");
  }

  @Test
  void y5_structured_arrays_versions_and_axes() {
    refuse(
        UnsupportedException.class,
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}\n",
        "structured array");
    assertFault(
        UnsupportedException.class,
        () -> read(file(9, header("<f4", "False", "()"))),
        "version 9.0",
        "1.0, 2.0 and 3.0");
    refuse(
        UnsupportedException.class,
        header("|u1", "False", "(1,1,1,1,1,1,1,1,4)"),
        "9 axes",
        "at most 8");
    assertFault(
        FormatException.class, () -> read(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}), "magic", "NUMPY");
  }

  @Test
  void cut_at_every_length_and_mutated() throws IOException {
    byte[] good = bytes(Npy.content(Tensor.of(Shape.of(2, 3), 1, 2, 3, 4, 5, 6)));
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertFault(FormatException.class, () -> read(cut), "a.npy");
    }
    assertOnlyOurFaults(good, NpyTest::read);
  }

  @Test
  void archives_of_arrays() throws IOException {
    var arrays = new LinkedHashMap<String, Tensor>();
    arrays.put("x", Tensor.of(Shape.of(2, 2), 1, 2, 3, 4));
    arrays.put("arr_0", Tensor.of(Shape.of(), 5));
    Path path = folder.resolve("a.npz");
    Npz.write(path, arrays);
    assertEquals(arrays, Npz.read(path));
    byte[] good = bytes(Npz.content(arrays));
    assertOnlyOurFaults(good, bytes -> Npz.read(Source.of("a.npz", bytes)));
  }

  @Test
  void compressed_archives_and_strange_members() throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("big.npy"));
      zip.write(bytes(Npy.content(Tensor.zeros(Shape.of(100, 1000)))));
      zip.putNextEntry(new ZipEntry("x.npy"));
      zip.write(bytes(Npy.content(Tensor.of(Shape.of(1), 3))));
    }
    var read = Npz.read(Source.of("a.npz", out.toByteArray()));
    assertEquals(Tensor.zeros(Shape.of(100, 1000)), read.get("big"));
    assertEquals(Tensor.of(Shape.of(1), 3), read.get("x"));
    assertOnlyOurFaults(out.toByteArray(), bytes -> Npz.read(Source.of("a.npz", bytes)));
    out.reset();
    try (var zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("run.py"));
      zip.write(1);
    }
    assertFault(
        FormatException.class,
        () -> Npz.read(Source.of("a.npz", out.toByteArray())),
        "a.npz",
        "\"run.py\" is not an .npy file");
  }
}
