package dev.tarn.io.onnx;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.ElementType;
import dev.tarn.onnx.NodeProto;
import dev.tarn.onnx.TensorShapeProto;
import dev.tarn.onnx.TypeProto;
import dev.tarn.onnx.ValueInfoProto;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Walks a checked graph from its inputs to its outputs and makes of each node what it stands for.
///
/// First the first axis of all inputs is taken for the batch; a graph that mixes samples is walked
/// again with every value as one sample.
final class Importer {
  private final Graph graph;
  private final Cursor file;
  private final ExternalData external;
  private final OnnxOptions options;
  private final Map<String, Known> constants;
  private final Map<String, Known> known = new HashMap<>();

  /// What a graph became.
  ///
  /// @param inputs computed values of the graph's inputs, by name, in their order
  /// @param outputs values of its outputs, by name, in their order
  /// @param emitter what made them
  record Result(Map<String, Computed> inputs, Map<String, Value> outputs, Emitter emitter) {}

  /// @param constants values of inputs that may turn out to be weights or settings
  Importer(
      Graph graph,
      Cursor file,
      ExternalData external,
      OnnxOptions options,
      Map<String, Known> constants) {
    this.graph = graph;
    this.file = file;
    this.external = external;
    this.options = options;
    this.constants = constants;
  }

  Importer(Graph graph, Cursor file, ExternalData external, OnnxOptions options) {
    this(graph, file, external, options, constants(graph, options));
  }

  private static Map<String, Known> constants(Graph graph, OnnxOptions options) {
    Map<String, Known> constants = new HashMap<>();
    for (ValueInfoProto input : graph.inputs()) {
      Tensor tensor = options.constants().get(input.getName());
      if (tensor != null) {
        float[] from = tensor.reshape(tensor.shape()).array();
        double[] values = new double[from.length];
        Arrays.setAll(values, i -> from[i]);
        ElementType type = type(graph, input);
        constants.put(input.getName(), Known.of(type, tensor.shape().toArray(), values));
      }
    }
    return constants;
  }

  Result read() {
    Map<String, Known> weights = new HashMap<>();
    while (true) {
      try {
        return withWeights(weights);
      } catch (NeedsConstant needs) {
        Known value = constants.get(needs.input());
        if (value == null || weights.put(needs.input(), value) != null) {
          throw new UnsupportedException(
              "%s: input \"%s\" is used as a weight or a setting; only values that are known while reading are supported there. Give them, or make it an initializer."
                  .formatted(graph.file(), quote(needs.input())));
        }
      }
    }
  }

  /// The weights, and inputs that are likely to be some: their first size is not that of the batch.
  private Map<String, Known> perChannel(Map<String, Known> weights) {
    Map<String, Known> all = new HashMap<>(weights);
    long declared = declaredBatch(weights);
    for (ValueInfoProto input : graph.inputs()) {
      Known value = constants.get(input.getName());
      if (value != null && fixed(input) != declared) {
        all.put(input.getName(), value);
      }
    }
    return all;
  }

  private Result withWeights(Map<String, Known> weights) {
    try {
      return walk(Emitter.Batch.FIRST_AXIS, perChannel(weights));
    } catch (MixedSamples mixed) {
      for (ValueInfoProto input : graph.inputs()) {
        if (!weights.containsKey(input.getName()) && fixed(input) < 0) {
          throw new UnsupportedException(
              "%s: %s, while the batch (axis 0 of input \"%s\") is open. Give the input a fixed shape."
                  .formatted(graph.file(), mixed.getMessage(), quote(input.getName())));
        }
      }
      return walk(Emitter.Batch.NONE, weights);
    }
  }

  private ElementType type(ValueInfoProto input) {
    return type(graph, input);
  }

  private static ElementType type(Graph graph, ValueInfoProto input) {
    return Types.of(
        input.getType().getTensorType().getElemType(),
        "%s: input \"%s\"".formatted(graph.file(), quote(input.getName())));
  }

  /// The first size of an input, −1 if it is open.
  private long fixed(ValueInfoProto input) {
    Shape told = options.shapes().get(input.getName());
    if (told != null) {
      return told.rank() == 0 ? 1 : told.size(0);
    }
    TypeProto.Tensor type = input.getType().getTensorType();
    if (!type.hasShape() || type.getShape().getDimCount() == 0) {
      return type.hasShape() ? 1 : -1;
    }
    TensorShapeProto.Dimension first = type.getShape().getDim(0);
    return first.hasDimValue() && first.getDimValue() > 0 ? first.getDimValue() : -1;
  }

  /// All sizes of an input, the first as the batch if it has axes.
  private int[] sizes(ValueInfoProto input) {
    String where = "%s: input \"%s\"".formatted(graph.file(), quote(input.getName()));
    Shape told = options.shapes().get(input.getName());
    TypeProto.Tensor type = input.getType().getTensorType();
    if (told == null && !type.hasShape()) {
      throw new UnsupportedException(where + " has no shape; give one.");
    }
    int rank = told == null ? type.getShape().getDimCount() : told.rank();
    if (rank > 8) {
      throw new LimitException("%s has %d axes; at most 8 are possible.".formatted(where, rank));
    }
    int[] dims = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      if (told != null) {
        dims[axis] = told.size(axis);
        continue;
      }
      TensorShapeProto.Dimension dim = type.getShape().getDim(axis);
      long size = dim.getDimValue();
      if (axis > 0 && !dim.hasDimValue()) {
        throw new UnsupportedException(
            "%s has the open size \"%s\" on axis %d; only the batch, axis 0, may be open. Give a shape."
                .formatted(where, quote(dim.getDimParam()), axis));
      }
      if (size < 0 || size > Shape.MOST_ELEMENTS) {
        throw new FormatException(
            "%s has size %d on axis %d; expected 0 to %d."
                .formatted(where, size, axis, Shape.MOST_ELEMENTS));
      }
      dims[axis] = (int) size;
    }
    if (rank > 0) {
      dims[0] = Computed.BATCH;
    }
    return dims;
  }

  private Result walk(Emitter.Batch batch, Map<String, Known> weights) {
    long declared = declaredBatch(weights);
    var emitter = new Emitter(batch, declared);
    Map<String, Value> values = new HashMap<>(weights);
    Map<String, Computed> inputs = new LinkedHashMap<>();
    for (ValueInfoProto input : graph.inputs()) {
      if (!weights.containsKey(input.getName())) {
        int[] dims = sizes(input);
        if (batch == Emitter.Batch.NONE && dims.length > 0) {
          dims[0] = Math.toIntExact(fixed(input));
        } else if (batch == Emitter.Batch.FIRST_AXIS
            && (dims.length == 0 || fixed(input) != declared)) {
          throw new MixedSamples("inputs do not have the same first size");
        }
        if (Computed.sample(dims).elements() == 0 && batch == Emitter.Batch.FIRST_AXIS) {
          throw new MixedSamples("an input has no values");
        }
        if (Computed.sample(dims).elements() == 0) {
          values.put(input.getName(), Known.of(type(input), dims));
          continue;
        }
        Computed value = emitter.input(input.getName(), type(input), dims);
        inputs.put(input.getName(), value);
        values.put(input.getName(), value);
      }
    }
    for (NodeProto node : graph.nodes()) {
      emitter.stem(node.getName().isEmpty() ? node.getOutput(0) : node.getName());
      try {
        read(node, emitter, values);
      } catch (TarnException e) {
        throw e.at(graph.file() + ": " + Graph.describe(node));
      } catch (IndexOutOfBoundsException
          | ClassCastException
          | NegativeArraySizeException e) { // of ranks that the operator does not take
        throw new FormatException(
            "%s: %s: its inputs do not fit the operator, or each other."
                .formatted(graph.file(), Graph.describe(node)),
            e);
      } catch (ArithmeticException e) {
        throw new LimitException(
            "%s: %s: a size is too large for a tensor."
                .formatted(graph.file(), Graph.describe(node)),
            e);
      }
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    for (ValueInfoProto output : graph.outputs()) {
      outputs.put(output.getName(), output(emitter, value(output.getName(), values)));
    }
    return new Result(inputs, outputs, emitter);
  }

  private static Value output(Emitter emitter, Value value) {
    if (value instanceof Known known && known.hasBatch()) {
      throw new MixedSamples("an output depends on the size of the batch");
    }
    return value instanceof Computed computed && computed.pooled() != null
        ? PlaceNumbers.of(emitter, computed)
        : value;
  }

  /// The first size that all inputs have in common, −1 if it is open.
  private long declaredBatch(Map<String, Known> weights) {
    return graph.inputs().stream()
        .filter(i -> !weights.containsKey(i.getName()))
        .findFirst()
        .map(this::fixed)
        .orElse(-1L);
  }

  private void read(NodeProto node, Emitter emitter, Map<String, Value> values) {
    List<@Nullable Value> inputs = new ArrayList<>();
    for (String input : node.getInputList()) {
      inputs.add(input.isEmpty() ? null : value(input, values));
    }
    Call call =
        new Call(node, inputs, emitter, graph.opset(), tensor -> Known.of(tensor, file, external));
    List<Value> outputs = Operators.read(call);
    call.attributes().requireAllRead();
    for (int i = 0; i < node.getOutputCount(); i++) {
      if (i < outputs.size()) {
        values.put(node.getOutput(i), outputs.get(i));
      } else if (!node.getOutput(i).isEmpty()) {
        throw new UnsupportedException(
            "output %d, \"%s\", is not supported.".formatted(i, quote(node.getOutput(i))));
      }
    }
  }

  private Value value(String name, Map<String, Value> values) {
    Value value = values.get(name);
    if (value == null) {
      var tensor = graph.constants().get(name);
      if (tensor == null) {
        throw new FormatException("\"%s\" is not known here.".formatted(quote(name)));
      }
      return known.computeIfAbsent(name, n -> Known.of(tensor, file, external));
    }
    return value;
  }
}
