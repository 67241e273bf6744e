package dev.tarn.layer;

import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import java.util.List;

/// Lays all values of a sample in one row, for a dense layer: `[C, spatial…]` becomes `[features]`.
///
/// 7×7×512 flattens to 25 088 values, where global average pooling leaves 512.
///
/// @param order channel by channel (PyTorch, ONNX), or position by position (Keras)
public record Flatten(Layout order) implements Layer {
  /// Channel by channel.
  public Flatten() {
    this(Layout.NCHW);
  }

  @Override
  public String kind() {
    return "flatten";
  }

  @Override
  public Shape outputShape(List<Shape> inputs) {
    return Shape.of(Layer.requireCells(Layer.only(inputs)).arraySize());
  }

  @Override
  public long flops(List<Shape> inputs, Shape output) {
    return 0;
  }

  @Override
  public String toString() {
    return order == Layout.NCHW ? "" : "channels last";
  }
}
