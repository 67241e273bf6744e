package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Softmax;
import dev.tarn.model.Node;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Normalisation, softmax and dropout.
final class NormOperators {
  static final Set<String> NAMES =
      Set.of(
          "BatchNormalization",
          "InstanceNormalization",
          "GroupNormalization",
          "LayerNormalization",
          "RMSNormalization",
          "LpNormalization",
          "MeanVarianceNormalization",
          "LRN",
          "Dropout",
          "Softmax",
          "LogSoftmax",
          "Hardmax");

  private static final double MVN_EPSILON = 1e-9;

  private NormOperators() {}

  static List<Value> read(Call call) {
    return switch (call.operator()) {
      case "BatchNormalization" -> batch(call);
      case "InstanceNormalization" -> List.of(instance(call));
      case "GroupNormalization" -> List.of(group(call));
      case "LayerNormalization" -> layer(call);
      case "RMSNormalization" -> List.of(rootMeanSquare(call));
      case "LpNormalization" -> List.of(lp(call));
      case "MeanVarianceNormalization" -> List.of(meanVariance(call));
      case "LRN" -> List.of(local(call));
      case "Dropout" -> dropout(call);
      default -> List.of(softmax(call));
    };
  }

  private static Known real(double value) {
    return Known.of(ElementType.F32, new int[0], value);
  }

  private static List<Value> batch(Call call) {
    Attributes a = call.attributes();
    double epsilon = a.real("epsilon", 1e-5);
    double momentum = a.real("momentum", 0.9);
    if (call.opset() < 9 && !a.flag("spatial", true)) {
      throw new UnsupportedException("spatial is 0, which is not supported; only 1 is.");
    }
    if (call.opset() >= 14 && a.flag("training_mode", false)) {
      return training(call, epsilon, momentum);
    }
    Emitter emit = call.emit();
    Node x = emit.planes(call.input(0));
    String[] names = {"weight", "bias", "runningMean", "runningVariance"};
    Map<String, Emitter.Filler> fillers = new HashMap<>();
    for (int i = 0; i < names.length; i++) {
      Known known = call.known(i + 1);
      if (known.elements() != x.shape().channels()) {
        throw new FormatException(
            "input %d has %d values; expected %d, one per channel."
                .formatted(i + 1, known.elements(), x.shape().channels()));
      }
      fillers.put(names[i], known::copy);
    }
    BatchNorm layer = new BatchNorm(epsilon, Math.clamp(1 - momentum, 0.0, 1.0));
    return List.of(emit.fromPlanes(emit.node(layer, fillers, x), call.input(0).type()));
  }

  /// By the statistics of this very batch, which also move the running ones.
  private static List<Value> training(Call call, double epsilon, double momentum) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    if (emit.batch() == Emitter.Batch.FIRST_AXIS) {
      throw new MixedSamples("batch normalisation in training mode");
    }
    List<Integer> axes = IntStream.range(0, x.rank()).filter(i -> i != 1).boxed().toList();
    Value mean = emit.reduce(x, Statistic.MEAN, axes, x.type());
    Value centred = emit.combine(Operator.SUBTRACT, x, mean);
    Value variance =
        emit.reduce(
            emit.combine(Operator.MULTIPLY, centred, centred), Statistic.MEAN, axes, x.type());
    Value y =
        scaled(emit, centred, variance, epsilon, perChannel(call, 1, x), perChannel(call, 2, x));
    List<Value> all = new ArrayList<>(List.of(y));
    int channels = x.dims()[1];
    for (int i = 0; i < 2; i++) {
      Value now = emit.reshape(i == 0 ? mean : variance, channels);
      Value old = emit.combine(Operator.MULTIPLY, call.known(i + 3), real(momentum));
      Value part = emit.combine(Operator.MULTIPLY, now, real(1 - momentum));
      all.add(emit.combine(Operator.ADD, part, old));
    }
    return all;
  }

  /// One value per channel, beside the axes that come after.
  private static Value perChannel(Call call, int input, Value x) {
    int[] dims = new int[x.rank() - 1];
    Arrays.fill(dims, 1);
    dims[0] = x.dims()[1];
    return call.emit().reshape(call.known(input), dims);
  }

  /// `centred / √(variance + epsilon) · weight + bias`.
  private static Value scaled(
      Emitter emit,
      Value centred,
      Value variance,
      double epsilon,
      @Nullable Value weight,
      @Nullable Value bias) {
    Value deviation =
        emit.activate(emit.activate(variance, new Curve.Affine(1, epsilon)), Function.SQRT);
    Value y = emit.combine(Operator.DIVIDE, centred, deviation);
    if (weight != null) {
      y = emit.combine(Operator.MULTIPLY, y, weight);
    }
    return bias == null ? y : emit.combine(Operator.ADD, y, bias);
  }

  private static Value normalized(
      Emitter emit,
      Value x,
      List<Integer> axes,
      double epsilon,
      @Nullable Value weight,
      @Nullable Value bias) {
    Value mean = emit.reduce(x, Statistic.MEAN, axes, x.type());
    Value centred = emit.combine(Operator.SUBTRACT, x, mean);
    Value variance =
        emit.reduce(
            emit.combine(Operator.MULTIPLY, centred, centred), Statistic.MEAN, axes, x.type());
    return scaled(emit, centred, variance, epsilon, weight, bias);
  }

  private static List<Integer> from(int first, int rank) {
    return IntStream.range(first, rank).boxed().toList();
  }

  private static Value instance(Call call) {
    Value x = call.input(0);
    Emitter.requireRank(x, 3, 5);
    double epsilon = call.attributes().real("epsilon", 1e-5);
    return normalized(
        call.emit(), x, from(2, x.rank()), epsilon, perChannel(call, 1, x), perChannel(call, 2, x));
  }

  private static Value group(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    Emitter.requireRank(x, 3, 5);
    double epsilon = call.attributes().real("epsilon", 1e-5);
    int groups = call.attributes().within("num_groups", 0, 1, Integer.MAX_VALUE);
    call.attributes().pass("stash_type");
    int[] dims = x.dims();
    if (dims[1] % groups != 0) {
      throw new FormatException(
          "%d channels do not make %d groups; expected a multiple.".formatted(dims[1], groups));
    }
    int[] split = new int[dims.length + 1];
    split[0] = dims[0];
    split[1] = groups;
    split[2] = dims[1] / groups;
    System.arraycopy(dims, 2, split, 3, dims.length - 2);
    Value grouped = emit.reshape(x, split);
    boolean perGroup = call.opset() < 21;
    Value weight = perGroup ? emit.reshape(call.known(1), ones(groups, split.length - 1)) : null;
    Value bias = perGroup ? emit.reshape(call.known(2), ones(groups, split.length - 1)) : null;
    Value y = normalized(emit, grouped, from(2, split.length), epsilon, weight, bias);
    Value back = emit.reshape(y, dims);
    if (perGroup) {
      return back;
    }
    Value scaled = emit.combine(Operator.MULTIPLY, back, perChannel(call, 1, x));
    return emit.combine(Operator.ADD, scaled, perChannel(call, 2, x));
  }

  private static int[] ones(int first, int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, 1);
    dims[0] = first;
    return dims;
  }

  private static List<Value> layer(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    int axis = Call.axis(call.attributes().whole("axis", -1), x.rank());
    double epsilon = call.attributes().real("epsilon", 1e-5);
    call.attributes().pass("stash_type");
    List<Integer> axes = from(axis, x.rank());
    Value bias = call.has(2) ? call.input(2) : null;
    if (call.outputCount() < 2) {
      return List.of(normalized(emit, x, axes, epsilon, call.input(1), bias));
    }
    Value mean = emit.reduce(x, Statistic.MEAN, axes, x.type());
    Value centred = emit.combine(Operator.SUBTRACT, x, mean);
    Value variance =
        emit.reduce(
            emit.combine(Operator.MULTIPLY, centred, centred), Statistic.MEAN, axes, x.type());
    Value y = scaled(emit, centred, variance, epsilon, call.input(1), bias);
    Value deviation =
        emit.activate(emit.activate(variance, new Curve.Affine(1, epsilon)), Function.SQRT);
    return List.of(y, mean, emit.activate(deviation, Function.RECIPROCAL));
  }

  private static Value rootMeanSquare(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    int axis = Call.axis(call.attributes().whole("axis", -1), x.rank());
    double epsilon = call.attributes().real("epsilon", 1e-5);
    call.attributes().pass("stash_type");
    Value squares = emit.combine(Operator.MULTIPLY, x, x);
    Value mean = emit.reduce(squares, Statistic.MEAN, from(axis, x.rank()), x.type());
    return scaled(emit, x, mean, epsilon, call.input(1), null);
  }

  private static Value lp(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    int axis = Call.axis(call.attributes().whole("axis", -1), x.rank());
    int p = call.attributes().within("p", 2, 1, 2);
    Value norm = emit.reduce(x, p == 1 ? Statistic.L1 : Statistic.L2, List.of(axis), x.type());
    // Of zeros the norm is 0, and so is what is divided by it.
    Value empty = emit.activate(norm, Function.NOT);
    return emit.combine(Operator.DIVIDE, x, emit.combine(Operator.ADD, norm, empty));
  }

  private static Value meanVariance(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    List<Long> told = call.attributes().wholes("axes");
    List<Integer> axes = Call.axes(told == null ? List.of(0L, 2L, 3L) : told, x.rank());
    Value mean = emit.reduce(x, Statistic.MEAN, axes, x.type());
    Value centred = emit.combine(Operator.SUBTRACT, x, mean);
    Value variance =
        emit.reduce(
            emit.combine(Operator.MULTIPLY, centred, centred), Statistic.MEAN, axes, x.type());
    Value deviation = emit.activate(variance, Function.SQRT);
    return emit.combine(
        Operator.DIVIDE, centred, emit.activate(deviation, new Curve.Affine(1, MVN_EPSILON)));
  }

  private static Value local(Call call) {
    Attributes a = call.attributes();
    int size = a.within("size", 0, 1, Integer.MAX_VALUE);
    var layer =
        new LocalResponseNorm(size, a.real("alpha", 1e-4), a.real("beta", 0.75), a.real("bias", 1));
    Emitter emit = call.emit();
    Node x = emit.planes(call.input(0));
    return emit.fromPlanes(emit.node(layer, x), call.input(0).type());
  }

  private static List<Value> dropout(Call call) {
    Attributes a = call.attributes();
    Emitter emit = call.emit();
    Value x = call.input(0);
    Known ratio = call.opset() < 12 ? null : call.knownOrNull(1);
    double rate =
        call.opset() < 12 ? a.real("ratio", 0.5) : ratio == null ? 0.5 : ratio.scalar("ratio");
    a.pass("seed");
    Known training = call.opset() < 12 ? null : call.knownOrNull(2);
    if (training != null && training.scalar("training_mode") != 0 && rate > 0) {
      throw new UnsupportedException(
          "training_mode is on, whose random numbers only its own framework has. Export the network for inference.");
    }
    Value y = x;
    if (x instanceof Computed computed && computed.hasBatch() && rate < 1 && rate >= 0) {
      y = new Computed(emit.node(new Dropout(rate), computed.node()), x.dims(), x.type());
    }
    if (!call.wants(1)) {
      return List.of(y);
    }
    if (emit.batch() == Emitter.Batch.FIRST_AXIS) {
      throw new MixedSamples("the mask of a dropout is as large as the batch");
    }
    Known one = Known.of(ElementType.BOOL, new int[0], 1);
    return List.of(y, emit.expand(one, x.dims()));
  }

  private static Value softmax(Call call) {
    Emitter emit = call.emit();
    Value x = call.input(0);
    boolean rows = call.opset() < 13;
    int rank = x.rank();
    long told = call.attributes().whole("axis", rows ? 1 : -1);
    // A row may begin behind the last axis, and is then a single value.
    int axis = rows && told == rank ? rank : Call.axis(told, rank);
    List<Integer> axes = rows ? from(axis, rank) : List.of(axis);
    return switch (call.operator()) {
      case "LogSoftmax" ->
          emit.combine(Operator.SUBTRACT, x, emit.reduce(x, Statistic.LOG_SUM_EXP, axes, x.type()));
      case "Hardmax" -> hardmax(emit, x, axes);
      default -> softmax(emit, x, axes);
    };
  }

  private static Value hardmax(Emitter emit, Value x, List<Integer> axes) {
    int[] dims = x.dims();
    int first = axes.getFirst();
    int size = axes.stream().mapToInt(axis -> dims[axis]).reduce(1, Math::multiplyExact);
    int[] flat = IntStream.concat(IntStream.of(dims).limit(first), IntStream.of(size)).toArray();
    boolean last = axes.getLast() == dims.length - 1;
    Value row = last ? emit.reshape(x, flat) : x;
    Value best = emit.reduce(row, Statistic.ARGMAX, List.of(first), ElementType.I64);
    double[] numbers = new double[size];
    Arrays.setAll(numbers, i -> i);
    int[] shape = ones(size, row.rank() - first);
    Value number = Known.of(ElementType.I64, shape, numbers);
    Value is = emit.as(emit.compare(Operator.EQUAL, number, best), x.type());
    return emit.reshape(is, dims);
  }

  private static Value softmax(Emitter emit, Value x, List<Integer> axes) {
    int[] dims = x.dims();
    Computed from = emit.computed(x, 1);
    int skip = from.hasBatch() ? 1 : 0;
    int first = axes.isEmpty() ? dims.length : axes.getFirst();
    if (first < skip) {
      throw new MixedSamples("a softmax goes over samples");
    }
    if (axes.isEmpty()) {
      return emit.activate(emit.activate(x, new Curve.Affine(0, 0)), new Curve.Affine(0, 1));
    }
    int size = axes.stream().mapToInt(axis -> dims[axis]).reduce(1, Math::multiplyExact);
    int[] flat =
        IntStream.concat(
                IntStream.concat(IntStream.of(dims).limit(first), IntStream.of(size)),
                IntStream.of(dims).skip(first + (long) axes.size()))
            .toArray();
    int[] order = Emitter.axisFirst(flat.length, skip, first);
    Computed turned = (Computed) emit.transpose(emit.reshape(from, flat), order);
    Value y = new Computed(emit.node(new Softmax(), turned.node()), turned.dims(), x.type());
    return emit.reshape(emit.transpose(y, Emitter.inverse(order)), dims);
  }
}
