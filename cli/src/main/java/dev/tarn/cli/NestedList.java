package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tensors as people type them: `[[2,2],[9,4]]`, of any shape up to eight axes.
final class NestedList {
  private static final int DEEPEST = 8;
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?(?:[0-9]+\\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\\.[0-9]+(?:[eE][-+]?[0-9]+)?|(?i:nan|infinity|inf))");

  private final String text;
  private final List<Float> values = new ArrayList<>();
  private final int[] sizes = new int[DEEPEST];
  private int depth = -1;
  private int at;

  private NestedList(String text) {
    this.text = text;
    Arrays.fill(sizes, -1);
  }

  /// The tensor whose shape is that of the nesting.
  ///
  /// @throws FormatException at the first character that does not fit
  /// @throws ShapeException if lists at one depth have different lengths
  static Tensor parse(String text) {
    var list = new NestedList(text);
    list.blanks();
    list.value(0);
    list.blanks();
    if (list.at < text.length()) {
      throw list.unexpected("the end");
    }
    float[] values = new float[list.values.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.values.get(i);
    }
    return Tensor.of(Shape.of(Arrays.copyOf(list.sizes, list.depth)), values);
  }

  private void value(int level) {
    if (peek() == '[') {
      list(level);
    } else {
      number(level);
    }
  }

  private void list(int level) {
    int from = at++;
    if (level == DEEPEST || level == depth) {
      throw new ShapeException(
          "list: a list at character %d where %s."
              .formatted(
                  from + 1,
                  level == DEEPEST
                      ? "it is nested more than %d deep".formatted(DEEPEST)
                      : "the lists before it have numbers; needed the same depth everywhere"));
    }
    int length = 0;
    blanks();
    if (peek() == ']') {
      throw new ShapeException(
          "list: empty at character %d; every list needs at least one number.".formatted(from + 1));
    }
    while (true) {
      value(level + 1);
      length++;
      blanks();
      if (peek() == ',') {
        at++;
        blanks();
      } else if (peek() == ']') {
        at++;
        break;
      } else {
        throw unexpected("\",\" or \"]\"");
      }
    }
    if (sizes[level] >= 0 && sizes[level] != length) {
      throw new ShapeException(
          "list: the one at character %d has %d items, those before it %d; needed the same length for all."
              .formatted(from + 1, length, sizes[level]));
    }
    sizes[level] = length;
  }

  private void number(int level) {
    Matcher matcher = NUMBER.matcher(text).region(at, text.length());
    if (!matcher.lookingAt()) {
      throw unexpected(level == 0 ? "\"[\"" : "a number or \"[\"");
    }
    if ((depth >= 0 && depth != level) || level == 0) {
      throw new ShapeException(
          "list: a number at character %d where %s."
              .formatted(
                  at + 1,
                  level == 0
                      ? "a list is needed"
                      : "the lists before it have lists in their place"));
    }
    depth = level;
    String found = matcher.group();
    float value = parseFloat(found);
    if (Float.isInfinite(value) && found.chars().anyMatch(Character::isDigit)) {
      throw new FormatException(
          "list: %s at character %d is beyond float32 (about ±3.4e38)."
              .formatted(quote(found), at + 1));
    }
    values.add(value);
    at = matcher.end();
  }

  private static float parseFloat(String found) {
    String lower = found.toLowerCase(Locale.ROOT);
    if (lower.endsWith("nan")) {
      return Float.NaN;
    }
    if (lower.endsWith("inf") || lower.endsWith("infinity")) {
      return lower.startsWith("-") ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
    }
    return Float.parseFloat(lower);
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : -1;
  }

  private void blanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private FormatException unexpected(String needed) {
    String found = at < text.length() ? "\"%s\"".formatted(text.charAt(at)) : "the end";
    return new FormatException(
        "list: %s at character %d; needed %s, as in [[2,2],[9,4]]."
            .formatted(quote(found), at + 1, needed));
  }

  /// The tensor as [#parse] reads it, in logical order.
  static String format(Tensor tensor) {
    var text = new StringBuilder();
    append(text, tensor.to(Layout.NCHW).array(), tensor.shape(), 0, new int[1]);
    return text.toString();
  }

  private static void append(StringBuilder text, float[] values, Shape shape, int axis, int[] at) {
    if (axis == shape.rank()) {
      text.append(number(values[at[0]++]));
      return;
    }
    text.append('[');
    for (int i = 0; i < shape.size(axis); i++) {
      if (i > 0) {
        text.append(',');
      }
      append(text, values, shape, axis + 1, at);
    }
    text.append(']');
  }

  /// The tensor as JSON; each number is the shortest that names the float.
  static Json json(Tensor tensor) {
    return json(tensor.to(Layout.NCHW).array(), tensor.shape(), 0, new int[1]);
  }

  private static Json json(float[] values, Shape shape, int axis, int[] at) {
    if (axis == shape.rank()) {
      float value = values[at[0]++];
      return value == Math.rint(value) && Math.abs(value) < 1e9f
          ? new Json.Whole((long) value)
          : JsonCursor.real(Double.parseDouble(Float.toString(value)));
    }
    List<Json> items = new ArrayList<>();
    for (int i = 0; i < shape.size(axis); i++) {
      items.add(json(values, shape, axis + 1, at));
    }
    return new Json.Items(items);
  }

  /// A value to four decimals: `9`, `4.25`, `10.2470`, where trailing zeros say that it is rounded;
  /// very large and small ones as `1.0E20`.
  static String number(float value) {
    float size = Math.abs(value);
    if (value == Math.rint(value) && size < 1e9f) {
      return Long.toString((long) value);
    }
    if (!(size >= 1e-3f && size < 1e7f)) {
      return Float.toString(value);
    }
    String rounded = String.format(Locale.ROOT, "%.4f", value);
    if (Float.parseFloat(rounded) != value) {
      return rounded;
    }
    return rounded.replaceAll("0+$", "");
  }
}
