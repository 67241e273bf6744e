package dev.tarn.layer;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.List;
import java.util.stream.IntStream;

/// Makes every plane larger by whole factors (ONNX `Resize` with half-pixel coordinates, PyTorch
/// without align_corners).
///
/// @param factors factor per spatial axis, or one for all; at least 1
/// @param interpolation how new cells get their values
public record Upsample(List<Integer> factors, Interpolation interpolation) implements Layer {
  public Upsample {
    factors = List.copyOf(factors);
    if (factors.isEmpty() || factors.stream().anyMatch(f -> f < 1)) {
      throw new ParameterException(
          "upsampling: factors are %s; needed whole numbers of at least 1.".formatted(factors));
    }
  }

  /// Repeats each cell.
  public static Upsample nearest(int... factors) {
    return new Upsample(IntStream.of(factors).boxed().toList(), Interpolation.NEAREST);
  }

  /// Mixes neighbouring cells linearly.
  public static Upsample linear(int... factors) {
    return new Upsample(IntStream.of(factors).boxed().toList(), Interpolation.LINEAR);
  }

  public int factor(int axis, int axes) {
    return Window.at(factors, axis, axes, "factors");
  }

  @Override
  public String kind() {
    return "upsample";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    int[] sizes = input.toArray();
    for (int axis = 0; axis < input.spatialRank(); axis++) {
      long size = (long) sizes[axis + 1] * factor(axis, input.spatialRank());
      sizes[axis + 1] = Math.toIntExact(Math.min(size, Integer.MAX_VALUE));
    }
    Shape output = Shape.of(sizes);
    output.arraySize();
    return output;
  }

  @Override
  public String toString() {
    return "%s, factors %s".formatted(interpolation, factors);
  }
}
