package dev.tarn.train;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.function.IntUnaryOperator;

/// Holds targets to the outputs they are compared with, before anything is computed from them.
final class TargetCheck {
  private TargetCheck() {}

  /// Refuses targets whose number, shape or values do not fit `samples` outputs of this shape.
  ///
  /// @param exampleOf the number to name sample `i` by in messages
  static void require(
      Loss loss, Shape output, Targets targets, int samples, IntUnaryOperator exampleOf) {
    switch (targets) {
      case Targets.Classes(int[] numbers) ->
          requireClasses(loss, output, numbers, samples, exampleOf);
      case Targets.Values(Tensor values) -> requireValues(loss, output, values, samples, exampleOf);
    }
  }

  private static void requireClasses(
      Loss loss, Shape output, int[] numbers, int samples, IntUnaryOperator exampleOf) {
    int positions = output.positions();
    if (numbers.length != Math.multiplyExact((long) samples, (long) positions)) {
      throw new ShapeException(
          "%s: %d class numbers for %d outputs of shape %s; needed %d for each. End the model in one number per class, or give values as targets."
              .formatted(loss.name(), numbers.length, samples, output, positions));
    }
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] < 0 || numbers[i] >= output.channels()) {
        throw new ParameterException(
            "%s: example %d has class number %d; needed 0 to %d, since the model puts out %d numbers. Correct the label, or end the model in more outputs."
                .formatted(
                    loss.name(),
                    exampleOf.applyAsInt(i / positions),
                    numbers[i],
                    output.channels() - 1,
                    output.channels()));
      }
    }
  }

  private static void requireValues(
      Loss loss, Shape output, Tensor values, int samples, IntUnaryOperator exampleOf) {
    if (!values.shape().equals(output.batch(samples))) {
      throw new ShapeException(
          "%s: targets have shape %s; needed that of the outputs, %s."
              .formatted(loss.name(), values.shape(), output.batch(samples)));
    }
    boolean shares = loss instanceof Loss.CrossEntropy || loss instanceof Loss.BinaryCrossEntropy;
    int cells = output.arraySize();
    for (int i = 0; i < samples * cells; i++) {
      float value = values.array()[i];
      if (!Float.isFinite(value) || (shares && (value < 0 || value > 1))) {
        throw new ParameterException(
            "%s: example %d has the target %s at place %d; needed %s."
                .formatted(
                    loss.name(),
                    exampleOf.applyAsInt(i / cells),
                    value,
                    i % cells,
                    shares ? "0 to 1" : "a finite number"));
      }
    }
  }
}
