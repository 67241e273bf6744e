package dev.tarn.layer;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;
import java.util.List;

/// One layer's configuration and shape rule, and nothing else: no weights, no buffers, no
/// arithmetic.
///
/// Shapes here are per sample, without the batch: `[C, spatial…]` or `[features]`. Every layer is
/// immutable; its constructor refuses parameters outside their range.
public sealed interface Layer
    permits Input,
        Conv,
        TransposedConv,
        Dense,
        Pool,
        MaxUnpool,
        AverageUnpool,
        Flatten,
        Reshape,
        Activate,
        Softmax,
        BatchNorm,
        LocalResponseNorm,
        Dropout,
        ZeroPad,
        Upsample,
        Add,
        Multiply,
        Concat,
        Constant,
        Combine,
        Transpose,
        Select,
        Reduce,
        Resize,
        CustomLayer {
  /// The stem of automatic names: `conv` gives `conv1`, `conv2`, …
  String kind();

  /// The shape of the output for inputs of these shapes.
  ///
  /// @throws ShapeException if the inputs do not fit the layer or each other
  Shape outputShape(List<Shape> inputs);

  /// What the layer learns or remembers, for inputs of these shapes; nothing for most layers.
  default List<ParameterSpec> parameters(List<Shape> inputs) {
    return List.of();
  }

  /// Multiplications and additions of one forward pass over one sample, counted separately.
  default long flops(List<Shape> inputs, Shape output) {
    return output.elements();
  }

  /// The only input's shape.
  ///
  /// @throws ShapeException if there is not exactly one
  static Shape only(List<Shape> inputs) {
    if (inputs.size() != 1) {
      throw new ShapeException("has %d inputs; needed 1.".formatted(inputs.size()));
    }
    return inputs.getFirst();
  }

  /// The only input's shape, which must have channels and at least one spatial axis, all of size 1
  /// or more.
  static Shape onlySpatial(List<Shape> inputs) {
    Shape input = only(inputs);
    if (input.spatialRank() < 1 || input.spatialRank() > 3) {
      throw new ShapeException(
          "input %s has %d spatial axes; needed [C, spatial…] with 1, 2 or 3. Reshape it first."
              .formatted(input, input.spatialRank()));
    }
    return requireCells(input);
  }

  /// Refuses axes of size 0.
  static Shape requireCells(Shape shape) {
    if (shape.elements() == 0) {
      throw new ShapeException(
          "input %s is empty; every axis needs a size of at least 1. (Only a batch may be empty.)"
              .formatted(shape));
    }
    return shape;
  }
}
