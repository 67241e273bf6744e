package dev.tarn.tensor;

import dev.tarn.error.ParameterException;

/// What an average divides its sum by. Forward and backward use the same table.
public sealed interface Divisor {
  /// The cells of the input inside the window: Tarn's default, TensorFlow, PyTorch without
  /// count_include_pad.
  Divisor VALID = Counted.VALID;

  /// The cells inside the window, input or padding; what hangs over the padded input does not count
  /// (PyTorch's count_include_pad, Caffe).
  Divisor CLIPPED_WINDOW = Counted.CLIPPED_WINDOW;

  /// The cells of the whole window wherever they lie.
  Divisor KERNEL = Counted.KERNEL;

  /// Divisors that count cells.
  enum Counted implements Divisor {
    VALID("valid cells"),
    CLIPPED_WINDOW("cells of input and padding"),
    KERNEL("cells of the whole window");

    private final String words;

    Counted(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /// A number of the user's own (PyTorch's divisor_override). It may be negative; it is finite and
  /// not 0.
  ///
  /// @param value what every sum is divided by
  record Fixed(double value) implements Divisor {
    public Fixed {
      if (value == 0 || !Double.isFinite(value)) {
        throw new ParameterException(
            "divisor is %s; needed a finite number other than 0.".formatted(value));
      }
    }

    @Override
    public String toString() {
      return String.valueOf(value);
    }
  }

  static Divisor of(double value) {
    return new Fixed(value);
  }

  /// What the sum over one axis' span of output `o` contributes to the divisor, as a factor.
  static double factor(Counted counted, Spans spans, int o) {
    return switch (counted) {
      case VALID -> spans.taps(o);
      case CLIPPED_WINDOW -> spans.padded(o);
      case KERNEL -> spans.window(o);
    };
  }
}
