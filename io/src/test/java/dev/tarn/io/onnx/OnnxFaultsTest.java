package dev.tarn.io.onnx;

import static dev.tarn.io.Faults.assertFault;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.Faults;
import dev.tarn.io.binary.Source;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.onnx.GraphProto;
import dev.tarn.onnx.ModelProto;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.OperatorSetIdProto;
import dev.tarn.onnx.StringStringEntryProto;
import dev.tarn.onnx.TensorProto;
import dev.tarn.onnx.TensorShapeProto;
import dev.tarn.onnx.TypeProto;
import dev.tarn.onnx.ValueInfoProto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rows O1 to O14 of docs/faults.md.
final class OnnxFaultsTest {
  private static final Path NODES = Path.of("src/test/resources/onnx/node");
  private static final Path NETWORKS = Path.of("src/test/resources/onnx/networks");

  private static OnnxModel read(byte[] file) {
    return OnnxModel.read(Source.of("bad.onnx", file), OnnxOptions.NONE);
  }

  private static OnnxModel read(GraphProto.Builder graph) {
    return read(model(graph).toByteArray());
  }

  private static ModelProto model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .build();
  }

  private static ValueInfoProto value(String name, long... sizes) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long size : sizes) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
        .build();
  }

  private static NodeProto node(String operator, List<String> inputs, String... outputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .addAllInput(inputs)
        .addAllOutput(List.of(outputs))
        .build();
  }

  private static TensorProto.Builder weight() {
    return TensorProto.newBuilder().setName("w").setDataType(1).addDims(3);
  }

  /// `y = x + w`
  private static GraphProto.Builder adding(TensorProto weight) {
    return GraphProto.newBuilder()
        .addInput(value("x", 1, 3))
        .addInitializer(weight)
        .addNode(node("Add", List.of("x", "w"), "y"))
        .addOutput(value("y", 1, 3));
  }

  private static TensorProto beside(Map<String, String> entries) {
    TensorProto.Builder tensor = weight().setDataLocation(1);
    entries.forEach((key, value) ->
        tensor.addExternalData(StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
    return tensor.build();
  }

  private static OnnxModel load(Path folder, Map<String, String> entries) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model(adding(beside(entries))).toByteArray());
    return OnnxModel.load(file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret",
        "a/../../secret",
        "/etc/passwd",
        "C:\\secret",
        "..\\secret",
        "w\0",
        "",
        ".",
        "a//../w"
      })
  void o1_locations_outside_the_folder(String location, @TempDir Path folder) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.write(folder.resolve("secret"), new byte[12]);
    assertFault(UnsafeException.class, () -> load(model, Map.of("location", location)), "\"w\"");
  }

  @Test
  void o2_a_folder_that_begins_with_the_same_letters(@TempDir Path folder) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path evil = Files.createDirectory(folder.resolve("model_evil"));
    Files.write(evil.resolve("w"), new byte[12]);
    Files.createSymbolicLink(model.resolve("in"), evil);
    assertFault(UnsafeException.class, () -> load(model, Map.of("location", "in/w")), "link");
    assertFault(
        UnsafeException.class, () -> load(model, Map.of("location", "../model_evil/w")), "leaves");
  }

  @Test
  void o3_links_and_what_is_no_file(@TempDir Path folder) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Path secret = Files.write(folder.resolve("secret"), new byte[12]);
    Files.createSymbolicLink(model.resolve("soft"), secret);
    Files.createLink(model.resolve("hard"), secret);
    Files.createDirectory(model.resolve("folder"));
    assertFault(UnsafeException.class, () -> load(model, Map.of("location", "soft")), "link");
    assertFault(UnsafeException.class, () -> load(model, Map.of("location", "hard")), "hard link");
    assertFault(UnsafeException.class, () -> load(model, Map.of("location", "folder")), "regular");
    assertFault(
        UnsafeException.class,
        () -> read(adding(beside(Map.of("location", "w")))),
        "not in a file");
    Files.write(model.resolve("w"), new byte[12]);
    assertEquals(1, load(model, Map.of("location", "w")).model().inputs().size());
  }

  @Test
  void o4_names_that_are_written_are_our_own(@TempDir Path folder) throws IOException {
    OnnxModel read = OnnxModel.load(NETWORKS.resolve("unpooling.onnx"));
    OnnxWriter.standard()
        .weights(OnnxWriter.Weights.BESIDE)
        .write(folder.resolve("a.onnx"), read.parameters());
    try (var files = Files.list(folder)) {
      assertEquals(
          List.of("a.onnx", "a.onnx.data"),
          files.map(f -> String.valueOf(f.getFileName())).sorted().toList());
    }
  }

  @Test
  void o5_places_and_keys_of_external_data(@TempDir Path folder) throws IOException {
    Files.write(folder.resolve("w"), new byte[16]);
    for (String bad : List.of("-1", "1e30", "0x4", "99999999999999999999", "")) {
      assertFault(
          FormatException.class,
          () -> load(folder, Map.of("location", "w", "offset", bad)),
          "offset");
    }
    assertFault(
        FormatException.class, () -> load(folder, Map.of("location", "w", "offset", "17")), "16");
    assertFault(
        FormatException.class,
        () -> load(folder, Map.of("location", "w", "offset", "8", "length", "12")),
        "range");
    assertFault(
        FormatException.class, () -> load(folder, Map.of("location", "w", "length", "8")), "12");
    assertFault(
        FormatException.class,
        () -> load(folder, Map.of("location", "w", "code", "x")),
        "\"code\"");
    assertFault(FormatException.class, () -> load(folder, Map.of("offset", "0")), "location");
  }

  @Test
  void o6_values_that_do_not_fit_their_sizes() {
    ByteString raw = ByteString.copyFrom(new byte[12]);
    assertEquals(1, read(adding(weight().setRawData(raw).build())).inputs().size());
    assertFault(
        FormatException.class,
        () -> read(adding(weight().setRawData(ByteString.copyFrom(new byte[11])).build())),
        "11",
        "12");
    assertFault(
        FormatException.class,
        () -> read(adding(weight().setRawData(raw).addFloatData(1).build())),
        "more than one");
    assertFault(FormatException.class, () -> read(adding(weight().build())), "0 values", "3");
    assertFault(
        FormatException.class,
        () -> read(adding(weight().clearDims().addDims(-3).setRawData(raw).build())),
        "-3");
    assertFault(
        LimitException.class,
        () -> read(adding(weight().clearDims().addDims(1L << 40).setRawData(raw).build())),
        "1099511627776");
    assertFault(
        LimitException.class,
        () ->
            read(
                adding(
                    weight()
                        .clearDims()
                        .addAllDims(List.of(1L << 30, 1L << 30, 1L << 30))
                        .build())),
        "elements");
    assertFault(
        UnsupportedException.class, () -> read(adding(weight().setDataType(8).build())), "STRING");
  }

  /// A message that holds one field: a message of `inner` bytes.
  private static byte[] wrapped(int field, byte[] inner) {
    var out = new ByteArrayOutputStream();
    varint(out, field << 3 | 2);
    varint(out, inner.length);
    out.writeBytes(inner);
    return out.toByteArray();
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while (rest > 0x7f) {
      out.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  @Test
  void o7_nesting() {
    byte[] file = new byte[200_000];
    for (int i = 0; i < file.length; i += 2) { // field 30, start of a group, in two bytes
      file[i] = (byte) 0xf3;
      file[i + 1] = 1;
    }
    assertFault(FormatException.class, () -> read(file), "deep");
  }

  @Test
  void o8_interleaved_and_repeated_fields_take_linear_time() {
    byte[] unit = new byte[10_000_000];
    for (int i = 0; i < unit.length; i += 5) {
      unit[i] = (byte) 0xf8; // field 31, the number 5
      unit[i + 1] = 1;
      unit[i + 2] = 5;
      unit[i + 3] = 0x28; // field 5, the number 1
      unit[i + 4] = 1;
    }
    long start = System.nanoTime();
    assertFault(FormatException.class, () -> read(unit), "no graph");
    byte[] graphs = new byte[2_000_000];
    for (int i = 0; i < graphs.length; i += 2) {
      graphs[i] = 7 << 3 | 2;
    }
    assertFault(FormatException.class, () -> read(graphs), "twice");
    assertTrue(System.nanoTime() - start < 10_000_000_000L, "more than 10 s");
  }

  @Test
  void o9_varints_lengths_wire_types_and_every_cut() throws IOException {
    byte[] tooLong = new byte[12];
    Arrays.fill(tooLong, (byte) 0xff);
    tooLong[0] = 8;
    assertFault(FormatException.class, () -> read(tooLong), "64 bits");
    assertFault(
        FormatException.class, () -> read(new byte[] {7 << 3 | 2, 100, 1}), "100", "at most 1");
    assertFault(
        FormatException.class,
        () -> read(new byte[] {7 << 3 | 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}),
        "bytes long");
    assertFault(FormatException.class, () -> read(new byte[] {7 << 3, 1}), "wire type");
    assertFault(FormatException.class, () -> read(new byte[] {8 << 3 | 7, 1}), "wire type");
    assertFault(FormatException.class, () -> read(new byte[] {4, 1}), "tag");
    byte[] file = Files.readAllBytes(NETWORKS.resolve("unpooling.onnx"));
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      try {
        read(cut);
      } catch (TarnException expected) {
        assertTrue(!expected.getMessage().isBlank());
      }
    }
  }

  @Test
  void o10_files_of_more_than_2_gib() {
    Source huge =
        new Source() {
          @Override
          public String name() {
            return "huge.onnx";
          }

          @Override
          public long size() {
            return 1L << 31;
          }

          @Override
          public void read(long at, byte[] into, int from, int count) {
            throw new AssertionError("nothing of it may be read");
          }

          @Override
          public void close() {}
        };
    assertFault(
        LimitException.class, () -> OnnxModel.read(huge, OnnxOptions.NONE), "external data");
  }

  @Test
  void o11_unknown_operators_versions_and_attributes() {
    GraphProto.Builder unknown =
        GraphProto.newBuilder()
            .addInput(value("x", 1, 3))
            .addNode(node("Foo", List.of("x"), "a"))
            .addNode(node("Bar", List.of("a"), "b"))
            .addNode(node("Baz", List.of("b"), "y").toBuilder().setDomain("com.example").build())
            .addOutput(value("y", 1, 3));
    assertFault(UnsupportedException.class, () -> read(unknown), "Bar, Foo, com.example.Baz");
    ModelProto good = model(adding(weight().addAllFloatData(List.of(1f, 2f, 3f)).build()));
    for (long version : new long[] {6, 99, -1, Long.MAX_VALUE}) {
      var other = good.toBuilder().clearOpsetImport();
      other.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(version));
      assertFault(
          UnsupportedException.class,
          () -> read(other.build().toByteArray()),
          "" + version,
          "7 to");
    }
    assertFault(
        FormatException.class,
        () -> read(good.toBuilder().clearOpsetImport().build().toByteArray()),
        "opset_import");
    NodeProto pool = node("MaxPool", List.of("x"), "y");
    GraphProto.Builder pooling =
        GraphProto.newBuilder().addInput(value("x", 1, 1, 4, 4)).addOutput(value("y", 1, 1, 2, 2));
    assertFault(
        FormatException.class,
        () -> read(pooling.clone().addNode(pool)),
        "kernel_shape is missing");
    AttributeProto wrong =
        AttributeProto.newBuilder().setName("kernel_shape").setType(1).setF(2).build();
    assertFault(
        FormatException.class,
        () -> read(pooling.clone().addNode(pool.toBuilder().addAttribute(wrong))),
        "a float",
        "ints");
    AttributeProto strange = AttributeProto.newBuilder().setName("colour").setType(2).build();
    GraphProto.Builder relu =
        pooling.clone().addNode(node("Relu", List.of("x"), "y").toBuilder().addAttribute(strange));
    assertFault(UnsupportedException.class, () -> read(relu), "colour");
  }

  @Test
  void o12_graphs_that_are_none() {
    GraphProto.Builder empty =
        GraphProto.newBuilder().addInput(value("x", 1, 3)).addOutput(value("y", 1, 3));
    assertFault(FormatException.class, () -> read(empty.clone()), "\"y\"");
    assertFault(
        FormatException.class,
        () -> read(empty.clone().addNode(node("Relu", List.of("y"), "y"))),
        "itself");
    assertFault(
        FormatException.class,
        () ->
            read(
                empty
                    .clone()
                    .addNode(node("Add", List.of("x", "b"), "a"))
                    .addNode(node("Relu", List.of("a"), "b"))
                    .addNode(node("Relu", List.of("b"), "y"))),
        "itself");
    assertFault(
        FormatException.class,
        () -> read(empty.clone().addNode(node("Relu", List.of("nowhere"), "y"))),
        "nowhere");
    assertFault(
        FormatException.class,
        () ->
            read(
                empty
                    .clone()
                    .addNode(node("Relu", List.of("x"), "y"))
                    .addNode(node("Abs", List.of("x"), "y"))),
        "already");
    TensorProto w = weight().addAllFloatData(List.of(1f, 2f, 3f)).build();
    assertFault(FormatException.class, () -> read(adding(w).addInitializer(w)), "two initializers");
  }

  @Test
  void o13_missing_types() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .addInput(ValueInfoProto.newBuilder().setName("x"))
            .addNode(node("Relu", List.of("x"), "y"))
            .addOutput(value("y", 1, 3));
    assertFault(FormatException.class, () -> read(graph), "no tensor type");
    GraphProto.Builder undefined = graph.clone();
    undefined.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().setElemType(0);
    assertFault(FormatException.class, () -> read(undefined), "no tensor type");
  }

  @Test
  void o14_many_nodes_long_and_strange_names() {
    GraphProto.Builder many =
        GraphProto.newBuilder().addInput(value("x", 1, 3)).addOutput(value("y", 1, 3));
    NodeProto node = node("Relu", List.of("x"), "y");
    for (int i = 0; i < 100_001; i++) {
      many.addNode(node);
    }
    assertFault(LimitException.class, () -> read(many), "100001");
    String name = "a".repeat(1_000_000);
    assertFault(
        LimitException.class,
        () -> read(GraphProto.newBuilder().addNode(node(name, List.of("x"), "y"))),
        "1000000");
    assertFault(
        UnsupportedException.class,
        () ->
            read(
                GraphProto.newBuilder()
                    .addInput(value("x", 1, 3))
                    .addNode(node("\u001b[2J", List.of("x"), "y"))
                    .addOutput(value("y", 1, 3))),
        "\\u001b");
    byte[] invalid = wrapped(7, wrapped(2, new byte[] {(byte) 0xff, (byte) 0xfe}));
    assertFault(FormatException.class, () -> read(invalid), "malformed");
  }

  static List<Path> corpus() {
    List<Path> tests = Conformance.tests(NODES);
    return tests.stream().filter(t -> Math.floorMod(t.hashCode(), 5) == 0).toList();
  }

  /// The values of operators' inputs change too, so that settings take on strange values.
  @ParameterizedTest
  @MethodSource("corpus")
  void mutated_operators_end_in_our_faults(Path test) throws IOException {
    byte[] file = Files.readAllBytes(test.resolve("model.onnx"));
    Faults.assertOnlyOurFaults(file, OnnxFaultsTest::read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unpooling", "segmentation", "squeezenet"})
  void mutated_networks_end_in_our_faults(String name) throws IOException {
    Faults.assertOnlyOurFaults(
        Files.readAllBytes(NETWORKS.resolve(name + ".onnx")), OnnxFaultsTest::read);
  }
}
