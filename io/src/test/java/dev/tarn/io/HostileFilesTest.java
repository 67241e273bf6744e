package dev.tarn.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.TarnException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.hdf5.GoldenFile;
import dev.tarn.io.hdf5.Hdf5Group;
import dev.tarn.io.json.JsonText;
import dev.tarn.io.keras.KerasModel;
import dev.tarn.io.model.ModelFile;
import dev.tarn.io.numpy.Npy;
import dev.tarn.io.numpy.Npz;
import dev.tarn.io.onnx.OnnxModel;
import dev.tarn.io.onnx.OnnxOptions;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.store.Content;
import dev.tarn.io.zip.ZipWriter;
import dev.tarn.onnx.GraphProto;
import dev.tarn.onnx.ModelProto;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.OperatorSetIdProto;
import dev.tarn.onnx.TensorProto;
import dev.tarn.onnx.TensorShapeProto;
import dev.tarn.onnx.TypeProto;
import dev.tarn.onnx.ValueInfoProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

/// Files made to exhaust memory, stack or patience, each read in a JVM with 256 MB of heap and
/// small stacks.
class HostileFilesTest {
  /// The goal is 2 s on an idle machine; what is quadratic takes minutes.
  private static final double MOST_SECONDS = 10;

  @Test
  void end_in_our_faults_in_little_memory_and_time() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Xss512k",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                HostileFilesTest.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
    assertEquals(CASES.keySet().stream().toList(), said.lines().toList());
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  /// A file to be made, and what reads it.
  private record Case(Supplier<byte[]> file, Consumer<byte[]> reader) {}

  private static void add(String name, Supplier<byte[]> file, Consumer<byte[]> reader) {
    CASES.put(name, new Case(file, reader));
  }

  private static Supplier<byte[]> repeat(String start, String part, int times) {
    return () -> (start + part.repeat(times)).getBytes(StandardCharsets.UTF_8);
  }

  static {
    add("json_deep", repeat("", "{\"w\":", 1_000_000), HostileFilesTest::json);
    add("json_of_ones", repeat("[", "1,", 12_000_000), HostileFilesTest::json);
    add("json_of_lists", repeat("[", "[],", 8_000_000), HostileFilesTest::json);
    add("json_long_number", repeat("[", "9", 24_000_000), HostileFilesTest::json);
    add("safetensors_of_empties", HostileFilesTest::safetensors, HostileFilesTest::safetensors);
    add("npy_of_a_tebibyte", () -> npy("(274877906944,)"), b -> Npy.read(Cursor.of("h", b)));
    add(
        "npy_of_2_to_the_63",
        () -> npy("(2147483647, 2147483647, 3)"),
        b -> Npy.read(Cursor.of("h", b)));
    add("npy_shape_of_parentheses", () -> npy("(".repeat(9_000)), b -> Npy.read(Cursor.of("h", b)));
    add("npz_bomb", HostileFilesTest::bomb, b -> Npz.read(Source.of("h", b)));
    add("tarn_wide_model", () -> model("[1, 4000000, 4000000]"), HostileFilesTest::load);
    add("onnx_of_groups", () -> repeated(10_000_000, 0xf3, 1), HostileFilesTest::onnx);
    add("onnx_of_unknown_numbers", () -> repeated(10_000_000, 0xf8, 1, 5), HostileFilesTest::onnx);
    add("onnx_of_empty_graphs", () -> repeated(10_000_000, 0x3a, 0), HostileFilesTest::onnx);
    add("onnx_of_operator_sets", () -> repeated(10_000_000, 0x42, 0), HostileFilesTest::onnx);
    add("onnx_of_nodes", () -> inside(0x3a, repeated(10_000_000, 0x0a, 0)), HostileFilesTest::onnx);
    add(
        "onnx_of_sizes",
        () -> inside(0x3a, inside(0x2a, repeated(10_000_000, 0x08, 1))),
        HostileFilesTest::onnx);
    add("onnx_of_noise", HostileFilesTest::noise, HostileFilesTest::onnx);
    add("onnx_tensor_of_2_to_the_60", () -> onnxTensor(1L << 30, 1L << 30), HostileFilesTest::onnx);
    add("onnx_tensor_of_2_to_the_30", () -> onnxTensor(1L << 30), HostileFilesTest::onnx);
    add("onnx_input_of_2_to_the_31", () -> onnxDense(1L << 31), HostileFilesTest::onnx);
    for (String operator : List.of("ConstantOfShape", "Expand", "Tile", "Range", "Pad", "Resize")) {
      for (long size : new long[] {100_000_000, 2_000_000_000, 1L << 40, Long.MAX_VALUE}) {
        add(
            "onnx_%s_%d".formatted(operator, size),
            () -> onnxFolding(operator, size),
            HostileFilesTest::onnx);
      }
    }
    for (String golden : List.of("petabytes", "petabytes_in_chunks", "bomb")) {
      add("h5_" + golden, () -> GoldenFile.bytes("hdf5/" + golden + ".h5"), HostileFilesTest::hdf5);
    }
    add("keras_of_petabytes", () -> keras(dense(1 << 24, 1 << 24), 0, 0), HostileFilesTest::keras);
    add("keras_wide_input", () -> keras(dense(2_000_000_000, 1), 0, 0), HostileFilesTest::keras);
    add(
        "keras_of_layers",
        () ->
            keras(
                sequential("{\"class_name\":\"ReLU\",\"config\":{\"name\":\"r\"}},".repeat(90_000)),
                0,
                0),
        HostileFilesTest::keras);
    add("keras_deep", () -> keras("{\"a\":".repeat(1_000_000), 0, 0), HostileFilesTest::keras);
    add("keras_weights_bomb", () -> keras(dense(2, 2), 300, 3), HostileFilesTest::keras);
    add("keras_of_noise", HostileFilesTest::noise, HostileFilesTest::keras);
    add("noise", HostileFilesTest::noise, HostileFilesTest::load);
  }

  private static void hdf5(byte[] bytes) {
    Hdf5Group root = Hdf5Group.read(Source.of("h", bytes));
    for (String name : root.names()) {
      root.array(name).forEachBlock((values, first, count) -> {});
    }
  }

  private static void keras(byte[] bytes) {
    KerasModel.read(Source.of("h", bytes));
  }

  private static String sequential(String layers) {
    return "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[%s]}}"
        .formatted(layers.replaceFirst(",$", ""));
  }

  private static String dense(int inputs, int units) {
    return sequential(
        "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"i\",\"batch_shape\":[null,%d]}},{\"class_name\":\"Dense\",\"config\":{\"name\":\"d\",\"units\":%d}}"
            .formatted(inputs, units));
  }

  /// An archive with as many megabytes of zeros as weights, and some of noise, which allow more.
  private static byte[] keras(String config, int zeros, int noise) {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("config.json"));
      zip.write(config.getBytes(StandardCharsets.UTF_8));
      zip.putNextEntry(new ZipEntry("model.weights.h5"));
      for (int i = 0; i < zeros; i++) {
        zip.write(new byte[1 << 20]);
      }
      zip.putNextEntry(new ZipEntry("noise"));
      for (int i = 0; i < noise; i++) {
        zip.write(noise(), 0, 1 << 20);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static TensorProto.Builder wholes(String name, long... values) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(7)
        .addDims(values.length)
        .addAllInt64Data(Arrays.stream(values).boxed().toList());
  }

  private static byte[] onnx(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph.setName("g"))
        .build()
        .toByteArray();
  }

  private static NodeProto.Builder node(String operator, String... inputs) {
    return NodeProto.newBuilder().setOpType(operator).addAllInput(List.of(inputs)).addOutput("y");
  }

  private static ValueInfoProto value(String name, long... sizes) {
    var shape = TensorShapeProto.newBuilder();
    for (long size : sizes) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    var tensor = TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /// `y = x + w` with a weight of these sizes and one number.
  private static byte[] onnxTensor(long... sizes) {
    var weight = TensorProto.newBuilder().setName("w").setDataType(1).addFloatData(1);
    for (long size : sizes) {
      weight.addDims(size);
    }
    return onnx(
        GraphProto.newBuilder()
            .addInput(value("x", 1, 3))
            .addInitializer(weight)
            .addNode(node("Add", "x", "w"))
            .addOutput(value("y", 1, 3)));
  }

  private static byte[] onnxDense(long inputs) {
    return onnx(
        GraphProto.newBuilder()
            .addInput(value("x", 1, inputs))
            .addNode(node("Relu", "x"))
            .addOutput(value("y", 1, inputs)));
  }

  /// `y = x + f(…)`, where `f` makes an array of this size of nothing.
  private static byte[] onnxFolding(String operator, long size) {
    var one = TensorProto.newBuilder().setName("one").setDataType(1).addDims(1).addFloatData(1);
    var scale =
        TensorProto.newBuilder()
            .setName("scale")
            .setDataType(1)
            .addDims(1)
            .addFloatData((float) size);
    var graph =
        GraphProto.newBuilder()
            .addInput(value("x", 1, 1))
            .addInitializer(one)
            .addInitializer(scale)
            .addInitializer(wholes("size", size))
            .addInitializer(wholes("sides", 0, size))
            .addInitializer(wholes("zero", 0).clearDims())
            .addInitializer(wholes("many", size).clearDims())
            .addInitializer(wholes("step", 1).clearDims());
    NodeProto.Builder node =
        switch (operator) {
          case "ConstantOfShape" -> node(operator, "size");
          case "Range" -> node(operator, "zero", "many", "step");
          case "Pad" -> node(operator, "one", "sides");
          case "Resize" -> node(operator, "one", "", "scale");
          default -> node(operator, "one", "size");
        };
    return onnx(
        graph
            .addNode(node.clearOutput().addOutput("f"))
            .addNode(node("Add", "x", "f"))
            .addOutput(value("y", 1, 1)));
  }

  private static void onnx(byte[] bytes) {
    OnnxModel.read(Source.of("h", bytes), OnnxOptions.NONE);
  }

  /// The same bytes again and again.
  private static byte[] repeated(int size, int... unit) {
    byte[] bytes = new byte[size / unit.length * unit.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) unit[i % unit.length];
    }
    return bytes;
  }

  /// A protobuf field of this tag with these bytes.
  private static byte[] inside(int tag, byte[] bytes) {
    var out = new ByteArrayOutputStream();
    out.write(tag);
    int length = bytes.length;
    while (length > 0x7f) {
      out.write((length & 0x7f) | 0x80);
      length >>>= 7;
    }
    out.write(length);
    out.writeBytes(bytes);
    return out.toByteArray();
  }

  private static void json(byte[] bytes) {
    JsonText.parse("h", new String(bytes, StandardCharsets.UTF_8));
  }

  private static void safetensors(byte[] bytes) {
    SafeTensors.read(Source.of("h", bytes));
  }

  /// A file of ours is read from disk; here through the same reader, from memory.
  private static void load(byte[] bytes) {
    try {
      Path file = Files.createTempFile("hostile", ".tarn");
      try {
        Files.write(file, bytes);
        ModelFile.load(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] safetensors() {
    var header = new StringBuilder("{");
    for (int i = 0; header.length() < 24_000_000; i++) {
      header.append('"').append(i);
      header.append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},");
    }
    byte[] text = header.append("\"x\":1}").toString().getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .array();
  }

  private static byte[] npy(String shape) {
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }\n".formatted(shape);
    return ByteBuffer.allocate(10 + header.length() + 4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
        .putShort((short) header.length())
        .put(header.getBytes(StandardCharsets.UTF_8))
        .array();
  }

  private static byte[] bomb() {
    var out = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(out)) {
      byte[] zeros = new byte[1 << 20];
      for (int member = 0; member < 4; member++) {
        zip.putNextEntry(new ZipEntry("x%d.npy".formatted(member)));
        for (int i = 0; i < 60; i++) {
          zip.write(zeros);
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] model(String shape) {
    String json =
        "{\"layers\":[{\"name\":\"a\",\"layer\":\"input\",\"shape\":%s}],\"outputs\":[\"a\"]}"
            .formatted(shape);
    var out = new ByteArrayOutputStream();
    try {
      var zip = new ZipWriter(out);
      zip.add("model.json", Content.of(json.getBytes(StandardCharsets.UTF_8)));
      zip.add(
          "manifest.json",
          Content.of("{\"format\":\"tarn\",\"version\":1}".getBytes(StandardCharsets.UTF_8)));
      zip.finish();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] noise() {
    byte[] noise = new byte[10_000_000];
    new Random(8).nextBytes(noise);
    return noise;
  }

  /// Prints the names of the cases that end well.
  public static void main(String[] arguments) {
    for (var hostile : List.copyOf(CASES.entrySet())) {
      byte[] file = hostile.getValue().file.get();
      long start = System.nanoTime();
      try {
        hostile.getValue().reader.accept(file);
        System.out.println(hostile.getKey() + " was read");
      } catch (TarnException e) {
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.println(
            seconds < MOST_SECONDS ? hostile.getKey() : hostile.getKey() + " took " + seconds);
      } catch (Throwable e) {
        System.out.println(hostile.getKey() + " ended in " + e);
      }
    }
  }
}
