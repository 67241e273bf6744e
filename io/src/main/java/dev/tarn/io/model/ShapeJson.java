package dev.tarn.io.model;

import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.layer.Bias;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Shapes, windows and choices as JSON and back.
final class ShapeJson {
  /// More cells than any window, padding or output of a pooling layer has; a file that says more
  /// would only make this program compute tables of that length.
  private static final int MOST_CELLS = 1_000_000;

  private ShapeJson() {}

  static Json sizes(Shape shape) {
    return Json.wholes(IntStream.of(shape.toArray()).boxed().toList());
  }

  static Shape sizes(JsonCursor at) {
    List<Long> sizes = at.list(size -> size.whole(1, Shape.MOST_ELEMENTS));
    if (sizes.isEmpty() || sizes.size() > 8) {
      throw at.malformed("has %d axes".formatted(sizes.size()), "1 to 8");
    }
    return Shape.of(sizes.stream().mapToInt(Math::toIntExact).toArray());
  }

  static List<Integer> cells(JsonCursor at) {
    return at.list(cell -> (int) cell.whole(0, MOST_CELLS));
  }

  static Json bias(Bias bias) {
    return new Json.Truth(bias == Bias.WITH);
  }

  static Bias bias(JsonCursor at) {
    return at.truth() ? Bias.WITH : Bias.WITHOUT;
  }

  /// An enum's constant by its name in lower case.
  static Json choice(Enum<?> constant) {
    return new Json.Text(word(constant));
  }

  static <E extends Enum<E>> E choice(JsonCursor at, E[] constants) {
    String wanted = at.text();
    for (E constant : constants) {
      if (word(constant).equals(wanted)) {
        return constant;
      }
    }
    throw at.malformed(
        "is \"%s\"".formatted(wanted),
        "one of " + Arrays.stream(constants).map(ShapeJson::word).toList());
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static Json window(Window window) {
    return Json.members()
        .with("kernel", Json.wholes(window.kernel()))
        .with("stride", Json.wholes(window.stride()))
        .with("dilation", Json.wholes(window.dilation()))
        .with("padding", padding(window.padding()))
        .with("rounding", choice(window.rounding()));
  }

  static Window window(JsonCursor at) {
    at.only("kernel", "stride", "dilation", "padding", "rounding");
    return new Window(
        cells(at.get("kernel")),
        cells(at.get("stride")),
        cells(at.get("dilation")),
        padding(at.get("padding")),
        choice(at.get("rounding"), Rounding.values()));
  }

  static Json padding(Padding padding) {
    return switch (padding) {
      case Padding.Same same -> new Json.Text("same_" + word(same));
      case Padding.Sides(var before, var after) ->
          Json.members().with("before", Json.wholes(before)).with("after", Json.wholes(after));
    };
  }

  static Padding padding(JsonCursor at) {
    if (!(at.value() instanceof Json.Text(String text))) {
      return sides(at);
    }
    return switch (text) {
      case "same_upper" -> Padding.SAME_UPPER;
      case "same_lower" -> Padding.SAME_LOWER;
      default ->
          throw at.malformed(
              "is \"%s\"".formatted(text), "same_upper, same_lower, or before and after");
    };
  }

  static Padding.Sides sides(JsonCursor at) {
    at.only("before", "after");
    return new Padding.Sides(cells(at.get("before")), cells(at.get("after")));
  }
}
