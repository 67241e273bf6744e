package dev.tarn.io.onnx;

import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;

/// What an ONNX file leaves open.
///
/// @param shapes full shapes, batch included, of inputs whose sizes are open
/// @param constants values of inputs that are used as weights or settings
public record OnnxOptions(Map<String, Shape> shapes, Map<String, Tensor> constants) {
  /// Nothing is open.
  public static final OnnxOptions NONE = new OnnxOptions(Map.of(), Map.of());

  public OnnxOptions {
    shapes = Map.copyOf(shapes);
    constants = Map.copyOf(constants);
  }

  /// The same with the shape of one input, batch included.
  public OnnxOptions shape(String input, Shape shape) {
    Map<String, Shape> more = new HashMap<>(shapes);
    more.put(input, shape);
    return new OnnxOptions(more, constants);
  }

  /// The same with values for an input that turns out to be a weight or a setting.
  public OnnxOptions constant(String input, Tensor values) {
    Map<String, Tensor> more = new HashMap<>(constants);
    more.put(input, values);
    return new OnnxOptions(shapes, more);
  }
}
