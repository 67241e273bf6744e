package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// An amount of memory: `2GB`, `1.5GiB`, `800MB`, or bytes alone. GB, MB and kB are powers of 1000,
/// GiB, MiB and KiB of 1024.
///
/// @param bytes at least 1
record MemorySize(long bytes) {
  private static final Pattern FORM =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?) ?(|b|kb|mb|gb|tb|kib|mib|gib|tib)");

  static MemorySize of(String text) {
    Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new TypeConversionException(
          "\"%s\" is not an amount of memory; needed a number with MB, GB, MiB or GiB, as in 2GB"
              .formatted(quote(text)));
    }
    String unit = matcher.group(2);
    BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor(unit)));
    if (bytes.compareTo(BigDecimal.ONE) < 0
        || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
      throw new TypeConversionException(
          "%s is no possible amount of memory; needed at least 1 byte".formatted(quote(text)));
    }
    return new MemorySize(bytes.longValue());
  }

  private static long factor(String unit) {
    long base = unit.endsWith("ib") ? 1024 : 1000;
    int power = unit.isEmpty() ? 0 : "bkmgt".indexOf(unit.charAt(0));
    long factor = 1;
    for (int i = 0; i < power; i++) {
      factor *= base;
    }
    return factor;
  }

  static final class Converter implements ITypeConverter<MemorySize> {
    @Override
    public MemorySize convert(String text) {
      return of(text);
    }
  }
}
