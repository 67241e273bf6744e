package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;

/// How a parameter starts before training.
public sealed interface Initializer {
  /// Normal with variance `2 / fanIn`, for ReLU networks (He et al. 2015, equation 10).
  Initializer HE = new He();

  /// Uniform in `±√(6 / (fanIn + fanOut))` (Glorot & Bengio 2010, equation 16).
  Initializer GLOROT = new Glorot();

  Initializer ZERO = new Constant(0);
  Initializer ONE = new Constant(1);

  record He() implements Initializer {}

  record Glorot() implements Initializer {}

  /// Every value the same.
  ///
  /// @param value any finite number
  record Constant(double value) implements Initializer {
    public Constant {
      if (!Double.isFinite(value)) {
        throw new ParameterException(
            "initializer: constant is %s; needed a finite number.".formatted(value));
      }
    }
  }

  /// Normal with mean 0.
  ///
  /// @param deviation standard deviation, at least 0
  record Normal(double deviation) implements Initializer {
    public Normal {
      if (!(deviation >= 0 && Double.isFinite(deviation))) {
        throw new ParameterException(
            "initializer: standard deviation is %s; needed a finite number of at least 0."
                .formatted(deviation));
      }
    }
  }

  static Initializer constant(double value) {
    return new Constant(value);
  }

  static Initializer normal(double deviation) {
    return new Normal(deviation);
  }

  /// Writes the starting values of a weight of shape `[out, in, kernel…]` to `to[at …]`.
  static void fill(Initializer initializer, Shape shape, SeededRandom random, float[] to, int at) {
    int elements = shape.arraySize();
    double kernel = shape.rank() < 2 ? 1 : shape.sample().sample().elements();
    double fanIn = shape.rank() < 2 ? elements : shape.size(1) * kernel;
    double fanOut = shape.rank() < 2 ? elements : shape.size(0) * kernel;
    for (int i = 0; i < elements; i++) {
      to[at + i] =
          (float)
              switch (initializer) {
                case He() -> random.gaussian() * Math.sqrt(2 / fanIn);
                case Glorot() -> random.uniform(-1, 1) * Math.sqrt(6 / (fanIn + fanOut));
                case Constant(double value) -> value;
                case Normal(double deviation) -> random.gaussian() * deviation;
              };
    }
  }
}
