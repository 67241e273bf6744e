package dev.tarn.io.safetensors;

import dev.tarn.error.ParameterException;
import dev.tarn.error.TarnException;
import dev.tarn.io.binary.BinaryWriter;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonText;
import dev.tarn.io.store.Content;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/// A safetensors file to be written: the same arrays give the same bytes.
///
/// Arrays are not copied when added. The header is padded so that values start at a multiple of 8
/// bytes, and 8-byte types come first so that every array is aligned to its own type.
public final class SafeTensorsWriter implements Content {
  private static final int ALIGNMENT = 8;

  private record Array(String type, List<Integer> shape, long bytes, Values values) {}

  private interface Values {
    void writeTo(BinaryWriter to) throws IOException;
  }

  private final Map<String, Array> arrays = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  public SafeTensorsWriter() {}

  /// Adds float32 values in logical order, `N, C, spatial…`.
  public SafeTensorsWriter add(String name, Tensor tensor) {
    return add(name, tensor.shape(), tensor.to(Layout.NCHW).array(), 0);
  }

  /// Adds the float32 values of this shape that begin at `values[at]`.
  public SafeTensorsWriter add(String name, Shape shape, float[] values, int at) {
    int count = shape.arraySize();
    Objects.checkFromIndexSize(at, count, values.length);
    List<Integer> sizes = IntStream.of(shape.toArray()).boxed().toList();
    return add(name, new Array("F32", sizes, 4L * count, to -> to.floats(values, at, count)));
  }

  /// Adds a list of float32 values.
  public SafeTensorsWriter add(String name, float[] values) {
    return add(
        name,
        new Array("F32", List.of(values.length), 4L * values.length, to -> to.floats(values)));
  }

  /// Adds a list of float64 values.
  public SafeTensorsWriter add(String name, double[] values) {
    return add(
        name,
        new Array("F64", List.of(values.length), 8L * values.length, to -> to.doubles(values)));
  }

  /// Adds a list of 64-bit integers.
  public SafeTensorsWriter add(String name, long[] values) {
    return add(
        name, new Array("I64", List.of(values.length), 8L * values.length, to -> to.longs(values)));
  }

  private SafeTensorsWriter add(String name, Array array) {
    if (name.equals("__metadata__") || arrays.putIfAbsent(name, array) != null) {
      throw new ParameterException(
          "safetensors: the name \"%s\" is taken; every array needs its own."
              .formatted(TarnException.quote(name)));
    }
    return this;
  }

  /// Adds a text to the header.
  public SafeTensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    var inOrder = new ArrayList<Map.Entry<String, Array>>();
    for (String type : List.of("F64", "I64", "F32")) {
      arrays.entrySet().stream().filter(e -> e.getValue().type.equals(type)).forEach(inOrder::add);
    }
    Json.Members header = Json.members();
    if (!metadata.isEmpty()) {
      header = header.with("__metadata__", Json.texts(metadata));
    }
    var members = new LinkedHashMap<>(header.members());
    long at = 0;
    for (var named : inOrder) {
      Array array = named.getValue();
      Json offsets = new Json.Items(List.of(new Json.Whole(at), new Json.Whole(at + array.bytes)));
      members.put(
          named.getKey(),
          Json.members()
              .with("dtype", array.type)
              .with("shape", Json.wholes(array.shape))
              .with("data_offsets", offsets));
      at += array.bytes;
    }
    byte[] text = JsonText.compact(new Json.Members(members)).getBytes(StandardCharsets.UTF_8);
    int padding = -text.length & (ALIGNMENT - 1);
    var writer = new BinaryWriter(out);
    writer.i64((long) text.length + padding).bytes(text).utf8(" ".repeat(padding));
    for (var named : inOrder) {
      named.getValue().values.writeTo(writer);
    }
    writer.flush();
  }
}
