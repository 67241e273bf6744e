package dev.tarn.layer;

import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Window;
import java.util.List;

/// Surrounds every plane with zeros.
///
/// Unlike a pooling layer's own padding these cells are values: a maximum over negative values and
/// a zero is 0.
///
/// @param padding cells before and after, per spatial axis or one number for all
public record ZeroPad(Padding.Sides padding) implements Layer {
  /// The same number of zeros before and after, per axis; one number serves every axis.
  public static ZeroPad of(int... cells) {
    return new ZeroPad((Padding.Sides) Padding.of(cells));
  }

  /// Zeros before an axis of an input with this many spatial axes.
  public int before(int axis, int axes) {
    return Window.at(padding.before(), axis, axes, "padding before");
  }

  /// Zeros after an axis of an input with this many spatial axes.
  public int after(int axis, int axes) {
    return Window.at(padding.after(), axis, axes, "padding after");
  }

  @Override
  public String kind() {
    return "pad";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    Shape input = Layer.onlySpatial(inputs);
    int axes = input.spatialRank();
    int[] sizes = input.toArray();
    for (int axis = 0; axis < axes; axis++) {
      long size = (long) sizes[axis + 1] + before(axis, axes) + after(axis, axes);
      sizes[axis + 1] = Math.toIntExact(Math.min(size, Integer.MAX_VALUE));
    }
    Shape output = Shape.of(sizes);
    output.arraySize();
    return output;
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return padding.toString();
  }
}
