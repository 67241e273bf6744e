package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.tensor.Padding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Padding as people type it: `1` or `1x2` for the same on both sides, `0:1x1:2` for before:after
/// on each axis, `same` (also `same-upper`) or `same-lower`.
final class PaddingWord implements ITypeConverter<Padding> {
  private static final Pattern BETWEEN_AXES = Pattern.compile("[xX×,]");

  @Override
  public Padding convert(String text) {
    switch (text.toLowerCase(Locale.ROOT)) {
      case "same", "same-upper" -> {
        return Padding.SAME_UPPER;
      }
      case "same-lower" -> {
        return Padding.SAME_LOWER;
      }
      default -> {
        if (!text.contains(":")) {
          return Padding.of(Sizes.of(text).toArray());
        }
      }
    }
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (String axis : BETWEEN_AXES.split(text, -1)) {
      int colon = axis.indexOf(':');
      before.add(one(colon < 0 ? axis : axis.substring(0, colon), text));
      after.add(one(axis.substring(colon + 1), text));
    }
    return new Padding.Sides(before, after);
  }

  private static int one(String part, String text) {
    List<Integer> numbers = Sizes.of(part).numbers();
    if (numbers.size() != 1) {
      throw new TypeConversionException(
          "\"%s\" is not a padding; needed 1, 1x2, 0:1 (before:after), same or same-lower"
              .formatted(quote(text)));
    }
    return numbers.getFirst();
  }
}
