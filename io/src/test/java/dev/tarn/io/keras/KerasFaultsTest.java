package dev.tarn.io.keras;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.hdf5.GoldenFile;
import dev.tarn.io.hdf5.Hdf5Writer;
import dev.tarn.io.store.Content;
import dev.tarn.io.zip.ZipMember;
import dev.tarn.io.zip.ZipReader;
import dev.tarn.io.zip.ZipWriter;
import dev.tarn.layer.Conv;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Predictor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KerasFaultsTest {
  private static final String INPUT =
      "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\",\"batch_shape\":[null,4]}}";

  @TempDir Path folder;

  private static byte[] golden(String name) {
    try {
      return Files.readAllBytes(Path.of("src/test/golden/keras", name + ".keras"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KerasModel read(byte[] bytes) {
    return KerasModel.read(Source.of("f.keras", bytes));
  }

  private static byte[] bytes(Content content) {
    var out = new ByteArrayOutputStream();
    try {
      content.writeTo(out);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static byte[] zip(Object... namesAndContents) {
    return bytes(out -> {
      var zip = new ZipWriter(out);
      for (int i = 0; i < namesAndContents.length; i += 2) {
        zip.add((String) namesAndContents[i], (Content) namesAndContents[i + 1]);
      }
      zip.finish();
    });
  }

  private static Content text(String text) {
    return Content.of(text.getBytes(StandardCharsets.UTF_8));
  }

  /// A `.keras` file with this configuration and no weights.
  private static byte[] file(String config) {
    return zip("config.json", text(config), "model.weights.h5", new Hdf5Writer());
  }

  private static String sequential(String... layers) {
    return "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":[%s]}}"
        .formatted(String.join(",", layers));
  }

  private static String layer(String kind, String name, String more) {
    return "{\"class_name\":\"%s\",\"config\":{\"name\":\"%s\"%s}}".formatted(kind, name, more);
  }

  /// The configuration of a golden file, changed, with its weights.
  private static byte[] changed(String name, String from, String to) {
    ZipReader zip = ZipReader.read(Source.of("golden", golden(name)));
    Object[] members = new Object[2 * zip.members().size()];
    int next = 0;
    for (ZipMember member : zip.members()) {
      Cursor at = zip.open(member);
      byte[] content = at.bytes((int) at.size(), "all");
      if (member.name().equals("config.json")) {
        String old = new String(content, StandardCharsets.UTF_8);
        assertTrue(old.contains(from), old);
        content = old.replace(from, to).getBytes(StandardCharsets.UTF_8);
      }
      members[next++] = member.name();
      members[next++] = Content.of(content);
    }
    return zip(members);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Lambda; , \"function\":{\"class_name\":\"__lambda__\",\"config\":{\"code\":\"4wEA\"}}; Lambda",
        "Dense; , \"units\":4, \"activation\":{\"class_name\":\"__lambda__\",\"config\":{}}; __lambda__",
        "Dense; , \"units\":4, \"activation\":{\"module\":\"builtins\",\"class_name\":\"function\",\"config\":\"evil\"}; function",
        "Dense; , \"units\":4, \"kernel_initializer\":{\"module\":\"os\",\"class_name\":\"system\",\"config\":{}}; module \"os\"",
        "Dense; , \"units\":4, \"dtype\":{\"class_name\":\"__typespec__\",\"config\":[]}; __typespec__",
        "Dense; , \"units\":4, \"kernel_initializer\":{\"module\":\"keras\",\"registered_name\":\"mine>Own\",\"class_name\":\"Own\",\"config\":{}}; mine>Own",
      })
  void k1_code_is_refused(String kind, String more, String part) {
    byte[] file = file(sequential(INPUT, layer(kind, "a", more)));
    assertFault(UnsafeException.class, () -> read(file), "config.json", part, "No code");
    var h5 = new Hdf5Writer();
    h5.root().text("model_config", sequential(INPUT, layer(kind, "a", more)));
    assertFault(UnsafeException.class, () -> read(bytes(h5)), part);
  }

  @ParameterizedTest
  @CsvSource({"StringLookup", "IntegerLookup", "TextVectorization"})
  void k2_layers_that_may_name_files(String kind) {
    byte[] file = file(sequential(INPUT, layer(kind, "a", ",\"vocabulary\":\"/etc/passwd\"")));
    assertFault(UnsafeException.class, () -> read(file), kind, "file");
  }

  @Test
  void k3_members_that_leave_the_archive() {
    byte[] good = zip("config.json", text("{}"), "aa_evil.txt", text("x"));
    String names = new String(good, StandardCharsets.ISO_8859_1);
    byte[] leaving =
        names.replace("aa_evil.txt", "../evil.txt").getBytes(StandardCharsets.ISO_8859_1);
    assertFault(UnsafeException.class, () -> read(leaving), "../evil.txt");
    byte[] twice = zip("config.json", text("{}"), "cxnfig.json", text("{}"));
    byte[] same =
        new String(twice, StandardCharsets.ISO_8859_1)
            .replace("cxnfig", "config")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertFault(FormatException.class, () -> read(same), "two members", "config.json");
  }

  @Test
  void k4_k5_archives_that_unpack_to_more_than_they_say() {
    var out = new ByteArrayOutputStream();
    try (var zip = new java.util.zip.ZipOutputStream(out)) {
      zip.putNextEntry(new java.util.zip.ZipEntry("config.json"));
      byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 100; i++) {
        zip.write(blanks);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    assertFault(LimitException.class, () -> read(out.toByteArray()), "config.json");
  }

  @Test
  void k6_weights_that_do_not_fit_the_layers() {
    byte[] units = changed("shapes", "\"units\": 24", "\"units\": 48");
    byte[] target = changed("shapes", "\"filters\": 3", "\"filters\": 5");
    assertFault(
        FormatException.class,
        () -> read(target),
        "conv2d (Conv2D) needs [[2, 2, 4, 5], [5]], has [[2, 2, 4, 3], [3]]");
    org.junit.jupiter.api.Assertions.assertThrows(TarnException.class, () -> read(units));
    byte[] none = file(sequential(INPUT, layer("Dense", "a", ",\"units\":3")));
    assertFault(FormatException.class, () -> read(none), "a (Dense) needs [[4, 3], [3]], has []");
    assertFault(FormatException.class, () -> read(zip("a", text(""))), "no \"config.json\"", "[a]");
    assertFault(
        FormatException.class,
        () -> read(zip("config.json", text(sequential(INPUT)))),
        "no \"model.weights.h5\"");
    assertFault(
        FormatException.class,
        () -> read(bytes(new Hdf5Writer())),
        "model_config",
        "whole network");
  }

  @Test
  void k7_configurations_without_end() {
    byte[] deep = file("{\"a\":".repeat(100_000));
    assertFault(LimitException.class, () -> read(deep), "config.json");
    byte[] large = file(sequential(INPUT, layer("Dropout", "a", ",\"rate\":1e999")));
    assertFault(FormatException.class, () -> read(large), "config.json");
    byte[] circle =
        changed(
            "merges",
            "\"keras_history\": [\"left\", 0, 0]",
            "\"keras_history\": [\"subtract\", 0, 0]");
    assertFault(FormatException.class, () -> read(circle), "add", "in a circle");
    byte[] nowhere =
        changed(
            "merges", "\"keras_history\": [\"left\", 0, 0]", "\"keras_history\": [\"up\", 0, 0]");
    assertFault(FormatException.class, () -> read(nowhere), "\"up\"", "no such call");
  }

  @Test
  void all_unknown_layers_are_named_at_once() {
    byte[] file =
        file(
            sequential(
                INPUT,
                layer("LSTM", "a", ""),
                layer("Dropout", "b", ""),
                layer("Attention", "c", "")));
    assertFault(
        UnsupportedException.class, () -> read(file), "2 layers", "LSTM (a)", "Attention (c)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "Conv2D; ,\"filters\":1,\"kernel_size\":1; 0 spatial axes",
        "Dense; ,\"units\":0; units is 0",
        "Dense; ,\"units\":\"four\"; expected a whole number",
        "Dense; ; has no \"units\"",
        "Activation; ,\"activation\":\"squareplus\"; squareplus",
        "Softmax; ,\"axis\":3; axis is 3",
        "BatchNormalization; ,\"renorm\":true; renorm",
        "Reshape; ,\"target_shape\":[3]; needs 3",
        "Reshape; ,\"target_shape\":[0]; is empty",
        "Permute; ,\"dims\":[2]; order is [1]",
        "Dropout; ,\"rate\":1.5; rate is 1.5",
        "Rescaling; ,\"scale\":[1,2]; several numbers",
        "Add; ; at least 2",
        "ReLU; ,\"max_value\":3,\"negative_slope\":0.1; negative_slope",
      })
  void settings_that_are_not_possible(String kind, String more, String part) {
    byte[] file = file(sequential(INPUT, layer(kind, "a", more == null ? "" : more)));
    TarnException fault =
        org.junit.jupiter.api.Assertions.assertThrows(TarnException.class, () -> read(file));
    assertTrue(fault.getMessage().contains(part), fault.getMessage());
  }

  @Test
  void open_sizes_may_be_given() {
    String input =
        "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\",\"batch_shape\":[null,null,null,3]}}";
    byte[] file = file(sequential(input, layer("MaxPooling2D", "a", "")));
    assertFault(UnsupportedException.class, () -> read(file), "size 1", "open");
    KerasModel given = KerasModel.read(Source.of("f", file), Shape.of(3, 8, 6));
    assertEquals(Shape.of(3, 4, 3), given.model().outputs().getFirst().shape());
  }

  @Test
  void networks_of_keras_2_are_read() {
    String config =
        """
        {"class_name":"Model","config":{"layers":[
          {"class_name":"InputLayer","name":"in","inbound_nodes":[],
           "config":{"name":"in","batch_input_shape":[null,2]}},
          {"class_name":"Dense","name":"d","inbound_nodes":[[["in",0,0,{}]]],
           "config":{"name":"d","units":1,"activation":"relu"}},
          {"class_name":"Add","name":"sum","inbound_nodes":[[["d",0,0,{}],["d",0,0,{}]]],
           "config":{"name":"sum"}}],
         "input_layers":[["in",0,0]],"output_layers":[["sum",0,0]]}}\
        """;
    var file = new Hdf5Writer();
    file.root().text("model_config", config);
    Hdf5Writer.Group dense = file.root().group("model_weights").group("d");
    dense.texts("weight_names", List.of("d/kernel:0", "d/bias:0"));
    dense.group("d").array("kernel:0", Shape.of(2, 1), to -> to.floats(new float[] {3, 4}));
    dense.group("d").array("bias:0", Shape.of(1), to -> to.floats(new float[] {1}));
    KerasModel network = KerasModel.read(Source.of("f.h5", bytes(file)));
    Tensor y =
        Predictor.of(network.model(), network.parameters())
            .predict(Tensor.of(Shape.of(1, 2), 10, 100));
    assertEquals(2 * 431, y.array()[0]);
  }

  @Test
  void layers_applied_twice_have_their_weights_twice() {
    String shared =
        """
        {"class_name":"Functional","config":{"layers":[
          {"class_name":"InputLayer","name":"in","inbound_nodes":[],
           "config":{"name":"in","batch_input_shape":[null,2]}},
          {"class_name":"Activation","name":"a","inbound_nodes":[[["in",0,0,{}]],[["a",0,0,{}]]],
           "config":{"name":"a","activation":"exponential"}}],
         "input_layers":[["in",0,0]],"output_layers":[["a",1,0]]}}\
        """;
    KerasModel twice = read(file(shared));
    assertEquals(3, twice.model().nodes().size());
    String dense =
        shared
            .replace("Activation", "Dense")
            .replace("\"activation\":\"exponential\"", "\"units\":2");
    var h5 = new Hdf5Writer();
    h5.root().text("model_config", dense);
    Hdf5Writer.Group a = h5.root().group("model_weights").group("a");
    a.texts("weight_names", List.of("k", "b"));
    a.array("k", Shape.of(2, 2), to -> to.floats(new float[] {1, 2, 3, 4}));
    a.array("b", Shape.of(2), to -> to.floats(new float[2]));
    Model model = read(bytes(h5)).model();
    assertEquals(List.of("in", "a", "a_2"), model.nodes().stream().map(Node::name).toList());
  }

  /// A network with one layer, of this class and with these settings, applied to `from`.
  private static String network(String kind, String config, String from) {
    return """
    {"class_name":"Functional","config":{"name":"a","layers":[
      {"class_name":"InputLayer","name":"in","inbound_nodes":[],
       "config":{"name":"in","batch_input_shape":[null,2]}},
      {"class_name":"%s","name":"a","inbound_nodes":[%s],"config":%s}],
     "input_layers":[["in",0,0]],"output_layers":[["a",0,0]]}}\
    """
        .formatted(kind, from, config);
  }

  private static String config(String network) {
    return network.substring(network.indexOf("\"config\":") + 9, network.length() - 1);
  }

  private static final String ONCE = "[[\"in\",0,0,{}]]";

  @Test
  void networks_inside_networks_that_are_none() {
    String relu = network("ReLU", "{\"name\":\"a\"}", ONCE);
    assertEquals(2, read(file(network("Functional", config(relu), ONCE))).model().nodes().size());
    String twoInputs = network("Functional", config(relu), "[[\"in\",0,0,{}],[\"in\",0,0,{}]]");
    assertFault(FormatException.class, () -> read(file(twoInputs)), "2 results; expected 1");
    String ofItself = network("Functional", config(relu), "[[\"a\",0,0,{}]]");
    assertFault(FormatException.class, () -> read(file(ofItself)), "circle");
    String through = config(relu).replace("[[\"a\",0,0]]", "[[\"in\",0,0]]");
    String nothing = network("Functional", through, "[[\"a\",0,0,{}]]");
    assertFault(FormatException.class, () -> read(file(nothing)), "depends on itself");
    String twoOutputs = config(relu).replace("[[\"a\",0,0]]", "[[\"a\",0,0],[\"in\",0,0]]");
    assertFault(
        UnsupportedException.class,
        () -> read(file(network("Functional", twoOutputs, ONCE))),
        "puts out 2 results");
    assertFault(
        UnsupportedException.class,
        () ->
            read(
                file(
                    network("Functional", config(network("RNN", "{\"name\":\"r\"}", ONCE)), ONCE))),
        "RNN (a/r)");
  }

  @Test
  void k7_networks_that_unfold_without_end() {
    String often = ONCE + ",[[\"a\",%d,0,{}]]".repeat(99).formatted(numbers());
    String network = network("ReLU", "{\"name\":\"a\"}", often);
    for (int depth = 0; depth < 2; depth++) {
      network = network("Functional", config(network), often);
    }
    String bomb = network;
    assertTimeoutPreemptively(
        Duration.ofSeconds(2),
        () -> assertFault(LimitException.class, () -> read(file(bomb)), "100000"));
  }

  private static Object[] numbers() {
    return IntStream.range(0, 99).boxed().toArray();
  }

  @Test
  void what_keras_has_no_layer_for_is_named_at_once() {
    Node x = Model.input(4, 9, 9).then(new LocalResponseNorm(5, 1e-4, 0.75, 2));
    Model model = x.then(Pool.lp(2, 3)).then(Conv.of(2, 3)).build();
    KerasModel network = KerasModel.of(Parameters.initialize(model, 1));
    assertFault(
        UnsupportedException.class,
        () -> network.saveKeras(folder.resolve("a.keras")),
        "2 of the model's",
        "response",
        "p-norms");
    Model negative = Model.input(1, 5, 5).then(Pool.max(3).padding(1)).build();
    assertFault(
        UnsupportedException.class,
        () -> KerasModel.of(Parameters.zeros(negative)).saveH5(folder.resolve("a.h5")),
        "maxima over padding",
        "ReLU");
  }

  /// Paddings and divisors that Keras has no word for are written as layers before or after.
  @Test
  void pooling_and_padding_come_back_as_they_were() {
    Node x = Model.input(2, 11, 10).relu();
    Node a = x.then(Pool.max(3).stride(2).padding(1)).globalAveragePool();
    Node b = x.then(Pool.average(3).stride(2).padding(1).divisor(Divisor.CLIPPED_WINDOW));
    Node c = x.then(Pool.of(Reduction.sum(), 2).stride(3).padding(1)).globalAveragePool();
    Node d = x.then(Pool.average(2).divisor(Divisor.of(3))).globalAveragePool();
    Node e = x.then(Pool.adaptive(Reduction.average(), 5)).globalAveragePool();
    Node f = x.conv(3, 3).then(Conv.of(2, 3).stride(2).padding(Padding.SAME_LOWER));
    Node g = x.then(dev.tarn.layer.TransposedConv.of(2, 3).stride(2).padding(1).outputPadding(1));
    Node all =
        a.concat(b.globalAveragePool(), c, d, e, f.globalAveragePool(), g.globalAveragePool());
    Model model = all.flatten().dense(3).build();
    Parameters parameters = Parameters.initialize(model, 5);
    Tensor input = Tensor.zeros(Shape.of(2, 2, 11, 10));
    var random = new Random(3);
    for (int i = 0; i < input.array().length; i++) {
      input.array()[i] = random.nextFloat() - 0.3f;
    }
    float[] expected = Predictor.of(model, parameters).predict(input).to(Layout.NCHW).array();
    for (String name : List.of("a.keras", "a.h5")) {
      Path file = folder.resolve(name);
      if (name.endsWith("h5")) {
        KerasModel.of(parameters).saveH5(file);
      } else {
        KerasModel.of(parameters).saveKeras(file);
      }
      KerasModel back = KerasModel.load(file);
      float[] found =
          Predictor.of(back.model(), back.parameters()).predict(input).to(Layout.NCHW).array();
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], found[i], 1e-4, name);
      }
    }
  }

  @Test
  void mutations_end_in_our_faults() {
    assertOnlyOurFaults(golden("shapes"), KerasFaultsTest::read);
    assertOnlyOurFaults(
        bytes(new KerasWriter(read(golden("shapes")).parameters()).keras()), KerasFaultsTest::read);
    byte[] h5 = GoldenFile.bytes("keras/shapes.h5");
    assertOnlyOurFaults(h5, bytes -> KerasModel.read(Source.of("f.h5", bytes)));
  }
}
