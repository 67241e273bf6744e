package dev.tarn.io.json;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;

/// A place in a JSON tree that knows how it was reached, so that every fault says where:
/// `$.layers[3].kernel`.
///
/// @param file what messages call the origin
/// @param path from the root `$`
/// @param value what is there
public record JsonCursor(String file, String path, Json value) {
  /// The root of a text.
  public static JsonCursor parse(String file, String text) {
    return new JsonCursor(file, "$", JsonText.parse(file, text));
  }

  /// All members of an object.
  public SequencedMap<String, JsonCursor> members() {
    var cursors = new LinkedHashMap<String, JsonCursor>();
    object().members().forEach((name, member) -> cursors.put(name, at("." + quote(name), member)));
    return cursors;
  }

  /// A member that must be there.
  public JsonCursor get(String name) {
    Json member = object().members().get(name);
    if (member == null) {
      throw malformed("has no \"%s\"".formatted(name), "an object with that member");
    }
    return at("." + name, member);
  }

  public boolean has(String name) {
    return object().members().containsKey(name);
  }

  /// Refuses members of any other name: what is not understood is not skipped.
  public JsonCursor only(String... names) {
    Set<String> known = Set.of(names);
    for (String name : object().members().keySet()) {
      if (!known.contains(name)) {
        throw malformed("has a member \"%s\"".formatted(name), "only " + String.join(", ", names));
      }
    }
    return this;
  }

  /// The items of a list.
  public List<JsonCursor> items() {
    if (!(value instanceof Json.Items(List<Json> items))) {
      throw malformed("is " + value.kind(), "a list");
    }
    var cursors = new ArrayList<JsonCursor>();
    for (Json item : items) {
      cursors.add(at("[%d]".formatted(cursors.size()), item));
    }
    return cursors;
  }

  /// The items of a list, each read by `read`.
  public <T> List<T> list(Function<JsonCursor, T> read) {
    return items().stream().map(read).toList();
  }

  public String text() {
    if (value instanceof Json.Text(String text)) {
      return text;
    }
    throw malformed("is " + value.kind(), "a text");
  }

  /// A whole number from `least` to `most`.
  public long whole(long least, long most) {
    if (value instanceof Json.Whole(long number) && number >= least && number <= most) {
      return number;
    }
    throw malformed("is " + value.kind(), "a whole number from %d to %d".formatted(least, most));
  }

  /// A whole number that fits in an int.
  public int integer() {
    return (int) whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /// A number; the texts `Infinity`, `-Infinity` and `NaN` stand for what JSON numbers cannot say.
  public double real() {
    return switch (value) {
      case Json.Whole(long number) -> (double) number;
      case Json.Real(double number) -> number;
      case Json.Text(String text) when text.equals("Infinity") -> Double.POSITIVE_INFINITY;
      case Json.Text(String text) when text.equals("-Infinity") -> Double.NEGATIVE_INFINITY;
      case Json.Text(String text) when text.equals("NaN") -> Double.NaN;
      default -> throw malformed("is " + value.kind(), "a number");
    };
  }

  public boolean truth() {
    if (value instanceof Json.Truth(boolean truth)) {
      return truth;
    }
    throw malformed("is " + value.kind(), "true or false");
  }

  /// The number as [#real] reads it back.
  public static Json real(double value) {
    return Double.isFinite(value) ? new Json.Real(value) : new Json.Text(Double.toString(value));
  }

  /// The fault "this place `found`"; the caller throws it.
  public FormatException malformed(String found, String expected) {
    return new FormatException(
        "%s: %s %s; expected %s."
            .formatted(quote(file), quote(path), quote(found), quote(expected)));
  }

  private Json.Members object() {
    if (value instanceof Json.Members members) {
      return members;
    }
    throw malformed("is " + value.kind(), "an object");
  }

  private JsonCursor at(String step, Json there) {
    return new JsonCursor(file, path + step, there);
  }
}
