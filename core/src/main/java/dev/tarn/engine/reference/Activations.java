package dev.tarn.engine.reference;

import dev.tarn.engine.Exponential;
import dev.tarn.engine.Frame;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.ErrorFunction;
import java.util.Locale;

/// Activation functions and their derivatives.
///
/// What is not plain arithmetic is computed in double with [Exponential] and `StrictMath`, whose
/// answers are the same on every machine, and rounded once.
final class Activations {
  private static final double SQRT_HALF = StrictMath.sqrt(0.5);
  private static final double SQRT_2_OVER_PI = StrictMath.sqrt(2 / StrictMath.PI);
  private static final double ONE_OVER_SQRT_2PI = 1 / StrictMath.sqrt(2 * StrictMath.PI);

  /// The cubic term of Hendrycks & Gimpel's approximation.
  private static final double GELU_CUBIC = 0.044715;

  private Activations() {}

  private static String name(Activation function) {
    return switch (function) {
      case Activation.LeakyRelu leaky -> "leaky relu";
      case Curve curve -> curve.kind();
      default -> function.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    };
  }

  private static long cost(Activation function) {
    return switch (function) {
      case Activation.Relu relu -> 1;
      case Activation.LeakyRelu leaky -> 1;
      default -> 30;
    };
  }

  /// `y = function(x)`; overwrites `y`, which may be `x`.
  record Forward(PointwiseProblem.Activate problem) implements RangeKernel {
    @Override
    public String name() {
      return Activations.name(problem.function()) + " reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.size();
    }

    @Override
    public long work(int batch) {
      return cost(problem.function());
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int xAt = problem.x().at();
      int yAt = problem.y().at();
      switch (problem.function()) {
        case Activation.Relu relu -> {
          for (int i = from; i < to; i++) {
            y[yAt + i] = Math.max(x[xAt + i], 0f);
          }
        }
        case Activation.LeakyRelu(double wide) -> {
          float slope = (float) wide;
          for (int i = from; i < to; i++) {
            float value = x[xAt + i];
            y[yAt + i] = value > 0 ? value : slope * value;
          }
        }
        case Activation.Sigmoid sigmoid -> {
          for (int i = from; i < to; i++) {
            y[yAt + i] = (float) Exponential.sigmoid(x[xAt + i]);
          }
        }
        case Activation.Tanh tanh -> {
          for (int i = from; i < to; i++) {
            y[yAt + i] = (float) Exponential.tanh(x[xAt + i]);
          }
        }
        case Activation.Gelu(Activation.Gelu.Form form) -> {
          for (int i = from; i < to; i++) {
            double value = x[xAt + i];
            y[yAt + i] =
                (float) (form == Activation.Gelu.Form.EXACT ? gelu(value) : geluTanh(value));
          }
        }
        case Activation.Silu silu -> {
          for (int i = from; i < to; i++) {
            double value = x[xAt + i];
            y[yAt + i] = (float) (value * Exponential.sigmoid(value));
          }
        }
        case Curve curve -> {
          for (int i = from; i < to; i++) {
            y[yAt + i] = (float) curve.value(x[xAt + i]);
          }
        }
      }
    }
  }

  /// `gradX = gradY · function′`; overwrites `gradX`, which may be `gradY`.
  ///
  /// Where `y` is NaN, ReLU lets the gradient pass.
  record Backward(PointwiseProblem.ActivateBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return Activations.name(problem.function()) + " backward reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.size();
    }

    @Override
    public long work(int batch) {
      return cost(problem.function());
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] values = frame.array(problem.value());
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      int at = problem.value().at();
      int yAt = problem.gradY().at();
      int xAt = problem.gradX().at();
      switch (problem.function()) {
        case Activation.Relu relu -> {
          for (int i = from; i < to; i++) {
            gradX[xAt + i] = values[at + i] <= 0 ? 0f : gradY[yAt + i];
          }
        }
        case Activation.LeakyRelu(double wide) -> {
          float slope = (float) wide;
          for (int i = from; i < to; i++) {
            float grad = gradY[yAt + i];
            gradX[xAt + i] = values[at + i] > 0 ? grad : slope * grad;
          }
        }
        case Activation.Sigmoid sigmoid -> {
          for (int i = from; i < to; i++) {
            float y = values[at + i];
            gradX[xAt + i] = gradY[yAt + i] * (y * (1f - y));
          }
        }
        case Activation.Tanh tanh -> {
          for (int i = from; i < to; i++) {
            float y = values[at + i];
            gradX[xAt + i] = gradY[yAt + i] * (1f - y * y);
          }
        }
        case Activation.Gelu(Activation.Gelu.Form form) -> {
          for (int i = from; i < to; i++) {
            double x = values[at + i];
            double slope = form == Activation.Gelu.Form.EXACT ? geluSlope(x) : geluTanhSlope(x);
            gradX[xAt + i] = (float) (gradY[yAt + i] * slope);
          }
        }
        case Activation.Silu silu -> {
          for (int i = from; i < to; i++) {
            double x = values[at + i];
            double s = Exponential.sigmoid(x);
            gradX[xAt + i] = (float) (gradY[yAt + i] * (s * (1 + x * (1 - s))));
          }
        }
        case Curve curve -> {
          for (int i = from; i < to; i++) {
            gradX[xAt + i] = (float) (gradY[yAt + i] * curve.slope(values[at + i]));
          }
        }
      }
    }
  }

  /// `x·Φ(x)`, with Φ by the complementary error function, which is exact where Φ is near 0 too.
  private static double gelu(double x) {
    return x * (0.5 * ErrorFunction.erfc(-x * SQRT_HALF));
  }

  private static double geluSlope(double x) {
    double density = ONE_OVER_SQRT_2PI * StrictMath.exp(-0.5 * x * x);
    return 0.5 * ErrorFunction.erfc(-x * SQRT_HALF) + x * density;
  }

  private static double geluTanh(double x) {
    return 0.5 * x * (1 + Exponential.tanh(SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x)));
  }

  private static double geluTanhSlope(double x) {
    double tanh = Exponential.tanh(SQRT_2_OVER_PI * (x + GELU_CUBIC * x * x * x));
    double inner = SQRT_2_OVER_PI * (1 + 3 * GELU_CUBIC * x * x);
    return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * inner;
  }
}
