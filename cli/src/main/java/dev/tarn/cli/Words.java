package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Enum constants as people type them: `ceil-caffe` for `CEIL_CAFFE`, in any case and any locale.
final class Words<E extends Enum<E>> implements ITypeConverter<E> {
  private final Class<E> type;

  Words(Class<E> type) {
    this.type = type;
  }

  @Override
  public E convert(String text) {
    for (E constant : type.getEnumConstants()) {
      if (word(constant).equalsIgnoreCase(text)) {
        return constant;
      }
    }
    throw new TypeConversionException(
        "\"%s\" is none of %s"
            .formatted(
                quote(text),
                Arrays.stream(type.getEnumConstants())
                    .map(Words::word)
                    .collect(Collectors.joining(", "))));
  }

  /// The word for a constant.
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
