package dev.tarn.io.model;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.json.JsonText;
import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Layer;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelJsonTest {
  private static final String SMALL = JsonText.compact(ModelJson.write(SampleModels.small()));

  private static Model read(String json) {
    return ModelJson.read(JsonCursor.parse("m.json", json));
  }

  private static <T extends TarnException> void refuse(
      Class<T> type, String from, String to, String... parts) {
    String changed = SMALL.replace(from, to);
    assertTrue(!changed.equals(SMALL), from);
    assertFault(type, () -> read(changed), parts);
  }

  @Test
  void every_layer_with_every_choice_is_read_back_the_same() {
    Model model = SampleModels.everything();
    Json json = ModelJson.write(model);
    Model back = ModelJson.read(new JsonCursor("m.json", "$", json));
    assertEquals(json, ModelJson.write(back));
    assertEquals(
        model.nodes().stream().map(Node::toString).toList(),
        back.nodes().stream().map(Node::toString).toList());
    assertEquals(
        model.nodes().stream().map(Node::layer).toList(),
        back.nodes().stream().map(Node::layer).toList());
    assertEquals(
        model.outputs().stream().map(Node::name).toList(),
        back.outputs().stream().map(Node::name).toList());
    assertEquals(model.parameters(), back.parameters(), "the same order and places");
  }

  @Test
  void the_sample_has_every_layer_there_is() {
    var all =
        java.util.Arrays.stream(Layer.class.getPermittedSubclasses())
            .filter(c -> c != CustomLayer.class)
            .map(Class::getSimpleName)
            .collect(Collectors.toCollection(TreeSet::new));
    var used =
        SampleModels.everything().nodes().stream()
            .map(n -> n.layer().getClass().getSimpleName())
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(all, used);
    assertEquals(all.size(), LayerJson.WORDS.size());
  }

  @Test
  void the_text_is_what_people_can_read() {
    assertEquals(
        """
        {"layers":[{"name":"input","layer":"input","shape":[1,4,4]},\
        {"name":"conv1","layer":"conv","outChannels":2,"window":{"kernel":[3],"stride":[1],"dilation":[1],"padding":{"before":[0],"after":[0]},"rounding":"floor"},"groups":1,"bias":true,"initializer":{"kind":"he"},"from":["input"]},\
        {"name":"relu1","layer":"activate","function":"relu","from":["conv1"]},\
        {"name":"pool1","layer":"pool","reduction":{"kind":"max","nan":"propagate","ties":"first"},"regions":{"kind":"sliding","window":{"kernel":[2],"stride":[2],"dilation":[1],"padding":{"before":[0],"after":[0]},"rounding":"floor"}},"from":["relu1"]},\
        {"name":"flatten1","layer":"flatten","order":"nchw","from":["pool1"]},\
        {"name":"dense1","layer":"dense","units":2,"bias":true,"initializer":{"kind":"he"},"from":["flatten1"]}],"outputs":["dense1"]}\
        """,
        SMALL);
  }

  @Test
  void unknown_layers_are_all_named_at_once() {
    String two =
        SMALL
            .replace("\"layer\":\"flatten\"", "\"layer\":\"java.lang.Runtime\"")
            .replace("\"layer\":\"dense\"", "\"layer\":\"lambda\"");
    assertFault(
        UnsupportedException.class,
        () -> read(two),
        "m.json",
        "[java.lang.Runtime, lambda]",
        "batchNorm",
        "zeroPad");
  }

  @Test
  void what_constructors_refuse_is_the_files_fault() {
    refuse(
        FormatException.class,
        "\"kernel\":[3]",
        "\"kernel\":[0]",
        "m.json: $.layers[1] is not possible",
        "kernel is 0 on spatial axis 0",
        "at least 1");
    refuse(
        FormatException.class,
        "\"kernel\":[3]",
        "\"kernel\":[9]",
        "$.layers[1] is not possible",
        "smaller than the window");
    refuse(FormatException.class, "\"units\":2", "\"units\":0", "units is 0");
    refuse(
        FormatException.class,
        "\"name\":\"dense1\"",
        "\"name\":\"a b\"",
        "\"a b\" is not possible");
    refuse(
        FormatException.class,
        "\"outputs\":[\"dense1\"]",
        "\"outputs\":[]",
        "$.outputs is not possible",
        "no outputs");
    refuse(FormatException.class, "\"groups\":1", "\"groups\":2", "multiple of groups 2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"kernel\":[3] | \"kernel\":[3.5] | $.layers[1].window.kernel[0] is the number 3.5",
        "\"kernel\":[3] | \"kernel\":[2000000] | from 0 to 1000000",
        "\"kernel\":[3] | \"kernel\":3 | expected a list",
        "\"rounding\":\"floor\"},\"groups\" | \"rounding\":\"up\"},\"groups\" | one of [floor, ceil, ceil_caffe, exact]",
        "\"padding\":{\"before\":[0],\"after\":[0]},\"rounding\":\"floor\"},\"groups\" | \"padding\":\"same\",\"rounding\":\"floor\"},\"groups\" | same_upper, same_lower",
        "\"kind\":\"he\"},\"from\":[\"input\"] | \"kind\":\"hi\"},\"from\":[\"input\"] | he, glorot, constant or normal",
        "\"kind\":\"max\" | \"kind\":\"most\" | max, min, average, sum or lp",
        "\"kind\":\"sliding\" | \"kind\":\"slide\" | sliding, adaptive, even or global",
        "\"function\":\"relu\" | \"function\":\"exec\" | leakyRelu",
        "\"function\":\"relu\" | \"function\":\"relu\",\"slope\":1 | has a member \"slope\"",
        "\"units\":2 | \"units\":\"2\" | $.layers[5].units is the text",
        "\"units\":2 | \"units\":2,\"x\":1 | has a member \"x\"",
        "\"bias\":true,\"initializer\":{\"kind\":\"he\"},\"from\":[\"input\"] | \"bias\":1,\"initializer\":{\"kind\":\"he\"},\"from\":[\"input\"] | true or false",
        "\"shape\":[1,4,4] | \"shape\":[] | has 0 axes",
        "\"shape\":[1,4,4] | \"shape\":[1,1,1,1,1] | has 5 axes",
        "\"shape\":[1,4,4] | \"shape\":[1,-4,4] | $.layers[0].shape[1] is the number -4",
        "\"from\":[\"flatten1\"] | \"from\":[\"dense1\"] | the name of a layer before it",
        "\"from\":[\"flatten1\"] | \"from\":[\"pool1\"] | has 3 axes; needed [features]",
        "\"outputs\":[\"dense1\"] | \"outputs\":[\"pool1\"] | lead to no output",
        "\"name\":\"relu1\" | \"name\":\"conv1\" | is \"conv1\" again",
      })
  void every_field_is_checked(String from, String to, String part) {
    refuse(FormatException.class, from, to, "m.json", part);
  }

  @Test
  void sizes_no_memory_could_hold() {
    refuse(
        LimitException.class,
        "\"shape\":[1,4,4]",
        "\"shape\":[1,2147483639,4]",
        "m.json",
        "$.layers[0]",
        "2147483639");
    String many = "{\"layers\":[%s{}],\"outputs\":[]}".formatted("{},".repeat(10_000));
    assertFault(LimitException.class, () -> read(many), "10001 layers", "10000");
    refuse(LimitException.class, "\"outChannels\":2", "\"outChannels\":2147483647", "m.json");
  }

  /// A user's own layer.
  private record Twice() implements CustomLayer {
    @Override
    public String kind() {
      return "twice";
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
      return inputs.getFirst();
    }

    @Override
    public Tensor forward(List<Tensor> inputs, List<Tensor> parameters) {
      return inputs.getFirst();
    }

    @Override
    public Gradients backward(
        List<Tensor> inputs, List<Tensor> parameters, Tensor output, Tensor gradOutput) {
      return new Gradients(List.of(gradOutput), List.of());
    }
  }

  @Test
  void layers_of_the_users_own_are_all_named() {
    Model model = Model.input(1, 2, 2).then(new Twice()).then(new Twice()).build();
    assertFault(
        UnsupportedException.class,
        () -> ModelJson.write(model),
        "[twice1, twice2]",
        "holds no code",
        ".safetensors");
  }

  @Test
  void mutations_end_in_our_faults() {
    String everything = JsonText.compact(ModelJson.write(SampleModels.everything()));
    assertOnlyOurFaults(
        everything.getBytes(StandardCharsets.UTF_8),
        bytes -> read(new String(bytes, StandardCharsets.UTF_8)));
  }
}
