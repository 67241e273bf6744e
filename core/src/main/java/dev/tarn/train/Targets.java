package dev.tarn.train;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;

/// What a network should have answered to a batch: class numbers, or values of the output's shape.
public sealed interface Targets {
  /// The number of samples for an output of this per-sample shape.
  int size(Shape output);

  /// The target value of one sample at one cell, `channel · positions + position`: of class
  /// numbers, 1 at the right class and 0 elsewhere ("one-hot").
  ///
  /// @param cells channels times positions
  double at(int cells, int positions, int sample, int cell);

  /// One class number for each sample, or for each position of each sample where outputs have
  /// spatial axes.
  static Targets classes(int... numbers) {
    return new Classes(numbers);
  }

  /// Values `N, C, spatial…`, as many as the outputs.
  static Targets values(Tensor values) {
    return new Values(values.to(Layout.NCHW));
  }

  /// Class numbers, from 0.
  @SuppressWarnings("ArrayRecordComponent") // a view of a batch, never compared
  record Classes(int[] numbers) implements Targets {
    @Override
    public int size(Shape output) {
      return numbers.length / output.positions();
    }

    @Override
    public double at(int cells, int positions, int sample, int cell) {
      return numbers[sample * positions + cell % positions] == cell / positions ? 1 : 0;
    }
  }

  /// Values in logical order.
  record Values(Tensor values) implements Targets {
    public Values {
      if (values.shape().rank() < 2 || values.layout() != Layout.NCHW) {
        throw new ShapeException(
            "targets: shape %s, layout %s; needed [N, C, spatial…] or [N, features] in NCHW."
                .formatted(values.shape(), values.layout()));
      }
    }

    @Override
    public int size(Shape output) {
      return values.shape().size(0);
    }

    @Override
    public double at(int cells, int positions, int sample, int cell) {
      return values.array()[sample * cells + cell];
    }
  }
}
