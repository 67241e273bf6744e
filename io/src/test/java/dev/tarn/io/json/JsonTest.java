package dev.tarn.io.json;

import static dev.tarn.io.Faults.assertFault;
import static dev.tarn.io.Faults.assertOnlyOurFaults;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private static final String SAMPLE =
      """
      {"name":"größe \\u001b \\"x\\"","sizes":[1,-2,9223372036854775807],"rate":1.0E-4,"minus":-0.0,"on":true,"off":false,"none":null,"empty":{},"list":[]}\
      """;

  @Test
  void what_is_written_is_read_back_the_same() {
    Json value = JsonText.parse("t", SAMPLE);
    assertEquals(SAMPLE.replace("\\u001b", "\\u001B"), JsonText.compact(value));
    assertEquals(value, JsonText.parse("t", JsonText.compact(value)));
    assertEquals(value, JsonText.parse("t", JsonText.indented(value)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'a':1}",
        "{a:1}",
        "[1,]",
        "{\"a\":1,}",
        "// x\n1",
        "[NaN]",
        "[Infinity]",
        "[01]",
        "[+1]",
        "[.5]",
        "[1.]",
        "[\"\t\"]",
        "[\"\\x\"]",
        "[",
        "{\"a\"",
        "{\"a\":",
        "tru",
        "\uFEFF{}",
        "{} {}",
        "{}x",
        "[1 2]"
      })
  void leniencies_of_other_parsers_are_refused(String text) {
    assertFault(FormatException.class, () -> JsonText.parse("m.json", text), "m.json: character ");
  }

  @Test
  void an_empty_text_is_not_a_value() {
    assertFault(FormatException.class, () -> JsonText.parse("m.json", "  "), "m.json", "empty");
  }

  @Test
  void duplicate_names_are_refused_where_others_keep_the_last() {
    assertFault(
        FormatException.class,
        () -> JsonText.parse("m.json", "{\"a\":1,\"b\":{\"x\":1,\"x\":2}}"),
        "m.json: character",
        "Duplicate",
        "'x'");
  }

  @Test
  void half_a_surrogate_pair_is_not_text() {
    assertFault(FormatException.class, () -> JsonText.parse("m", "[\"\\ud800\"]"), "surrogate");
    assertFault(FormatException.class, () -> JsonText.parse("m", "{\"\\udc00\":1}"), "surrogate");
    assertEquals(
        new Json.Items(List.of(new Json.Text("😀"))), JsonText.parse("m", "[\"\\ud83d\\ude00\"]"));
  }

  @Test
  void depth_length_and_number_size_are_limited() {
    assertEquals("an object", JsonText.parse("m", nested(16)).kind());
    assertFault(LimitException.class, () -> JsonText.parse("m", nested(17)), "m: ", "depth 16");
    assertFault(LimitException.class, () -> JsonText.parse("m", nested(100_000)), "depth 16");
    assertFault(
        LimitException.class,
        () -> JsonText.parse("m", "[\"" + "x".repeat(1_000_001) + "\"]"),
        "1000000");
    assertFault(
        LimitException.class, () -> JsonText.parse("m", "[" + "9".repeat(1000) + "]"), "m: ");
    assertFault(
        LimitException.class,
        () -> JsonText.parse("m", " ".repeat(25_000_001)),
        "25000001",
        "25000000");
    assertFault(
        FormatException.class, () -> JsonText.parse("m", "[18446744073709551614]"), "64 bits");
    assertFault(FormatException.class, () -> JsonText.parse("m", "[1e999]"), "1e999", "double");
  }

  private static String nested(int depth) {
    return "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
  }

  @Test
  void cursor_says_which_place_is_wrong() {
    JsonCursor root =
        JsonCursor.parse("m.json", "{\"layers\":[{\"kernel\":3},{\"kernel\":\"three\"}]}");
    JsonCursor second = root.get("layers").items().get(1);
    assertEquals(3, root.get("layers").items().getFirst().get("kernel").integer());
    assertFault(
        FormatException.class,
        () -> second.get("kernel").integer(),
        "m.json: $.layers[1].kernel is the text \"three\"",
        "a whole number");
    assertFault(FormatException.class, () -> second.get("stride"), "$.layers[1] has no \"stride\"");
    assertFault(
        FormatException.class,
        () -> second.only("stride", "pad"),
        "has a member \"kernel\"",
        "only stride, pad");
    assertFault(FormatException.class, () -> root.get("layers").text(), "$.layers is a list of 2");
    assertFault(FormatException.class, () -> root.items(), "$ is an object; expected a list");
    assertFault(FormatException.class, () -> root.get("layers").get("x"), "expected an object");
    assertFault(FormatException.class, () -> second.get("kernel").truth(), "true or false");
    assertFault(
        FormatException.class,
        () -> root.get("layers").items().getFirst().get("kernel").whole(5, 9),
        "is the number 3",
        "from 5 to 9");
  }

  @Test
  void numbers_json_cannot_say_are_texts() {
    for (double value :
        new double[] {1.5, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN, -0.0}) {
      String text = JsonText.compact(JsonCursor.real(value));
      assertEquals(value, JsonCursor.parse("m", text).real());
    }
    assertFault(ParameterException.class, () -> JsonText.compact(new Json.Real(Double.NaN)), "NaN");
    assertFault(
        FormatException.class, () -> JsonCursor.parse("m", "\"1\"").real(), "expected a number");
  }

  @Test
  void mutations_end_in_our_faults() {
    assertOnlyOurFaults(
        SAMPLE.getBytes(StandardCharsets.UTF_8),
        bytes -> JsonText.parse("m", new String(bytes, StandardCharsets.UTF_8)));
  }
}
