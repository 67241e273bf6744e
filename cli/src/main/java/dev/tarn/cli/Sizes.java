package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// One whole number per spatial axis, or one for all: `2`, `3x2`, `2x2x2`.
///
/// @param numbers 1 to 3 of them
record Sizes(List<Integer> numbers) {
  private static final Pattern BETWEEN = Pattern.compile("[xX×,]");
  private static final Pattern WHOLE = Pattern.compile("[-+]?[0-9]{1,18}");

  static Sizes of(String text) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : BETWEEN.split(text, -1)) {
      numbers.add(whole(part, text));
    }
    if (numbers.size() > 3) {
      throw new TypeConversionException(
          "\"%s\" has %d numbers; needed 1, 2 or 3, as in 2 or 3x2"
              .formatted(quote(text), numbers.size()));
    }
    return new Sizes(List.copyOf(numbers));
  }

  private static int whole(String part, String text) {
    if (!WHOLE.matcher(part).matches()) {
      throw new TypeConversionException(
          "\"%s\" is not a size; needed whole numbers, one for all axes or one per axis, as in 2 or 3x2"
              .formatted(quote(text)));
    }
    long number = Long.parseLong(part);
    if (number != (int) number) {
      throw new TypeConversionException(
          "%s is beyond %d".formatted(quote(text), Integer.MAX_VALUE));
    }
    return (int) number;
  }

  int[] toArray() {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  static final class Converter implements ITypeConverter<Sizes> {
    @Override
    public Sizes convert(String text) {
      return of(text);
    }
  }
}
