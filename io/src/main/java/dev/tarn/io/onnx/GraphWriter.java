package dev.tarn.io.onnx;

import com.google.protobuf.ByteString;
import dev.tarn.onnx.AttributeProto;
import dev.tarn.onnx.GraphProto;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.TensorProto;
import dev.tarn.onnx.TensorShapeProto;
import dev.tarn.onnx.TypeProto;
import dev.tarn.onnx.ValueInfoProto;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A graph being written: nodes one after the other, constants beside them.
final class GraphWriter {
  private final GraphProto.Builder graph = GraphProto.newBuilder();
  private final Map<String, Integer> names = new HashMap<>();
  private final int opset;

  GraphWriter(String name, int opset) {
    graph.setName(name);
    this.opset = opset;
  }

  int opset() {
    return opset;
  }

  GraphProto graph() {
    return graph.build();
  }

  /// A name that nothing has yet.
  String fresh(String stem) {
    int count = names.merge(stem, 1, Integer::sum);
    return count == 1 ? stem : fresh(stem + "." + count);
  }

  void input(String name, Shape sample) {
    graph.addInput(described(name, sample));
  }

  void output(String name, Shape sample) {
    graph.addOutput(described(name, sample));
  }

  private static ValueInfoProto described(String name, Shape sample) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int size : sample.toArray()) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    TypeProto.Tensor tensor =
        TypeProto.Tensor.newBuilder().setElemType(Types.FLOAT).setShape(shape).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(tensor))
        .build();
  }

  /// A node with one output, whose name is returned.
  String node(String output, String operator, List<String> inputs, AttributeProto... settings) {
    return nodes(List.of(output), operator, inputs, settings);
  }

  /// A node with several outputs; returns the first.
  String nodes(
      List<String> outputs, String operator, List<String> inputs, AttributeProto... settings) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName(outputs.getFirst())
            .setOpType(operator)
            .addAllInput(inputs)
            .addAllOutput(outputs)
            .addAllAttribute(List.of(settings)));
    return outputs.getFirst();
  }

  /// A node between those that layers are named after.
  String step(String stem, String operator, List<String> inputs, AttributeProto... settings) {
    return node(fresh(stem), operator, inputs, settings);
  }

  /// A constant of real numbers.
  String reals(String stem, int[] dims, float... values) {
    String name = fresh(stem);
    graph.addInitializer(Known.message(name, dims, values));
    return name;
  }

  String scalar(String stem, double value) {
    return reals(stem, new int[0], (float) value);
  }

  /// A constant list of whole numbers.
  String wholes(String stem, long... values) {
    String name = fresh(stem);
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(Types.INT64);
    tensor.addDims(values.length);
    for (long value : values) {
      tensor.addInt64Data(value);
    }
    graph.addInitializer(tensor);
    return name;
  }

  static AttributeProto set(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(2).setI(value).build();
  }

  static AttributeProto set(String name, double value) {
    return AttributeProto.newBuilder().setName(name).setType(1).setF((float) value).build();
  }

  static AttributeProto set(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(3)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }

  static AttributeProto set(String name, List<Integer> values) {
    List<Long> wide = new ArrayList<>();
    values.forEach(v -> wide.add((long) v));
    return AttributeProto.newBuilder().setName(name).setType(7).addAllInts(wide).build();
  }
}
