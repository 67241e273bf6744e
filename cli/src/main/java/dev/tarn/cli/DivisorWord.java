package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.tensor.Divisor;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// What an average divides by, as people type it: `valid`, `clipped-window`, `kernel` or a number.
final class DivisorWord implements ITypeConverter<Divisor> {
  @Override
  public Divisor convert(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "valid" -> Divisor.VALID;
      case "clipped-window" -> Divisor.CLIPPED_WINDOW;
      case "kernel" -> Divisor.KERNEL;
      default -> {
        try {
          yield Divisor.of(Double.parseDouble(text));
        } catch (NumberFormatException e) {
          throw new TypeConversionException(
              "\"%s\" is none of valid, clipped-window, kernel, and not a number"
                  .formatted(quote(text)));
        }
      }
    };
  }
}
