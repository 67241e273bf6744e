package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.Input;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.TensorProto;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One node of the graph with what its inputs are: what an operator is made of.
final class Call {
  private final NodeProto node;
  private final List<@Nullable Value> inputs;
  private final Attributes attributes;
  private final Emitter emitter;
  private final int opset;
  private final Function<TensorProto, Known> tensors;

  Call(
      NodeProto node,
      List<@Nullable Value> inputs,
      Emitter emitter,
      int opset,
      Function<TensorProto, Known> tensors) {
    this.tensors = tensors;
    this.node = node;
    this.inputs = inputs;
    this.attributes = new Attributes(node);
    this.emitter = emitter;
    this.opset = opset;
  }

  /// An array that stands in an attribute.
  Known tensor(TensorProto tensor) {
    return tensors.apply(tensor);
  }

  String operator() {
    return node.getOpType();
  }

  int opset() {
    return opset;
  }

  Attributes attributes() {
    return attributes;
  }

  Emitter emit() {
    return emitter;
  }

  int inputCount() {
    return inputs.size();
  }

  /// Whether output `i` has a name, so that somebody may take it.
  boolean wants(int i) {
    return i < node.getOutputCount() && !node.getOutput(i).isEmpty();
  }

  int outputCount() {
    return node.getOutputCount();
  }

  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  /// An input that must be there.
  Value input(int i) {
    Value value = i < inputs.size() ? inputs.get(i) : null;
    if (value == null) {
      throw new FormatException("input %d is missing; the operator needs it.".formatted(i));
    }
    if (value instanceof Computed computed && computed.pooled() != null) {
      return PlaceNumbers.of(emitter, computed);
    }
    return value;
  }

  /// An input as it is, places of a pooling layer included.
  @Nullable Value raw(int i) {
    return i < inputs.size() ? inputs.get(i) : null;
  }

  List<Value> all() {
    List<Value> all = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      all.add(input(i));
    }
    if (all.isEmpty()) {
      throw new FormatException("has no inputs; expected at least one.");
    }
    return all;
  }

  /// An input whose values must be known while reading.
  Known known(int i) {
    return switch (input(i)) {
      case Known known -> {
        if (known.hasBatch()) {
          throw new MixedSamples("a setting depends on the size of the batch");
        }
        yield known;
      }
      case Computed computed -> {
        if (computed.node().layer() instanceof Input) {
          throw new NeedsConstant(node.getInput(i));
        }
        throw new UnsupportedException(
            "input %d, \"%s\", is computed by the network; only constants are supported there."
                .formatted(i, quote(node.getInput(i))));
      }
    };
  }

  /// Sizes that must be known while reading, but for that of the batch.
  Known sizes(int i) {
    return input(i) instanceof Known known ? known : known(i);
  }

  @Nullable Known knownOrNull(int i) {
    return has(i) ? known(i) : null;
  }

  /// An axis, counted from the end if below 0.
  static int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new FormatException(
          "axis %d of a value with %d axes; expected %d to %d."
              .formatted(axis, rank, -rank, rank - 1));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /// Different axes, counted from the end if below 0.
  static List<Integer> axes(List<Long> axes, int rank) {
    List<Integer> all = new ArrayList<>();
    for (long axis : axes) {
      int one = axis(axis, rank);
      if (all.contains(one)) {
        throw new FormatException("axes %s name one twice.".formatted(quote(axes.toString())));
      }
      all.add(one);
    }
    return all;
  }
}
