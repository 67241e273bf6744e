package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Add;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Concat;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.CustomLayer;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Dropout;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Multiply;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Select;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Transpose;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Node;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Turns layers into problems, in the order of the forward pass. The `switch` has no default:
/// whoever adds a layer is led here by the compiler.
final class Lowering {
  private final Values values;
  private final TaskList tasks;

  private Step.Pass pass = Step.Pass.FORWARD;

  Lowering(Values values, TaskList tasks) {
    this.values = values;
    this.tasks = tasks;
  }

  void forward() {
    values.model.nodes().forEach(this::forward);
  }

  /// Computes a layer's output once more, during the backward pass.
  void again(Node node) {
    pass = Step.Pass.RECOMPUTE;
    forward(node);
  }

  private void forward(Node node) {
    switch (node.layer()) {
      case Input input -> values.newValue(node);
      case Conv conv -> {
        var geometry = Values.geometry(node, conv);
        Buffer x = values.input(node);
        Weights w = weights(node, geometry.outChannels(), geometry.weightSize());
        var problem =
            new ConvProblem.Forward(geometry, x, w.weight(), w.bias(), values.newValue(node));
        tasks.add(w.nodes(), pass, problem, flops(node));
      }
      case TransposedConv conv -> transposed(node, conv);
      case Dense dense -> {
        int in = node.inputs().getFirst().shape().size(0);
        Buffer x = values.input(node);
        Weights w = weights(node, dense.units(), Math.multiplyExact(in, dense.units()));
        var problem =
            new DenseProblem.Forward(
                in, dense.units(), x, w.weight(), w.bias(), values.newValue(node));
        tasks.add(w.nodes(), pass, problem, flops(node));
      }
      case Pool pool -> {
        var geometry = Values.geometry(node, pool);
        emit(
            node,
            new PoolProblem.Forward(
                geometry,
                pool.reduction(),
                values.input(node),
                values.newValue(node),
                values.argmax(node, pool, geometry)));
      }
      case MaxUnpool unpool -> {
        Node pooled = node.inputs().getLast();
        emit(
            node,
            new PoolProblem.Unpool(
                Values.geometry(pooled, (Pool) pooled.layer()),
                unpool.duplicates(),
                values.input(node),
                values.argmaxOf(pooled),
                values.newValue(node)));
      }
      case AverageUnpool unpool ->
          emit(
              node,
              new PoolProblem.Spread(
                  Values.geometry(node, unpool), values.input(node), values.newValue(node)));
      case Flatten flatten -> flatten(node, flatten);
      case Reshape reshape -> reshape(node);
      case Activate activate -> {
        boolean keepInput =
            values.training() && PointwiseProblem.ActivateBackward.needsInput(activate.function());
        Buffer x = values.input(node);
        Buffer y = keepInput ? values.newValue(node) : values.valueInPlace(node);
        emit(node, new PointwiseProblem.Activate(activate.function(), size(node), x, y));
      }
      case Softmax softmax -> {
        Buffer x = values.input(node);
        Buffer y = values.valueInPlace(node);
        emit(node, new PointwiseProblem.Softmax(positions(node), channels(node), x, y));
      }
      case BatchNorm norm when values.isFolded(node) -> values.alias(node);
      case BatchNorm norm -> batchNorm(node, norm);
      case LocalResponseNorm norm ->
          emit(node, local(node, norm, values.input(node), values.newValue(node)));
      case Dropout dropout -> {
        Buffer x = values.input(node);
        if (values.training() && dropout.rate() > 0) {
          emit(node, dropout(node, dropout, x, values.valueInPlace(node)));
        } else {
          values.alias(node);
        }
      }
      case ZeroPad pad -> emit(node, pad(node, pad, values.input(node), values.newValue(node)));
      case Upsample upsample ->
          emit(node, upsample(node, upsample, values.input(node), values.newValue(node)));
      case Add add -> emit(node, combine(node, Operator.ADD));
      case Multiply multiply -> emit(node, combine(node, Operator.MULTIPLY));
      case Concat concat -> concat(node);
      case Constant constant -> emit(node, Rearranging.constant(node, values));
      case Combine combined -> emit(node, combine(node, combined.operator()));
      case Transpose transpose ->
          emit(
              node,
              Rearranging.transpose(node, transpose, values.input(node), values.newValue(node)));
      case Select select ->
          emit(node, Rearranging.select(node, select, values.input(node), values.newValue(node)));
      case Reduce reduce ->
          emit(node, Rearranging.reduce(node, reduce, values.input(node), values.newValue(node)));
      case Resize resize ->
          emit(node, resize(node, resize, values.input(node), values.newValue(node)));
      case CustomLayer custom -> {
        List<Buffer> inputs = node.inputs().stream().map(values::value).toList();
        tasks.add(node, CustomKernels.forward(node, custom, values, inputs, values.newValue(node)));
      }
    }
  }

  private void emit(Node node, Problem problem) {
    tasks.add(node, pass, problem, flops(node));
  }

  private static long flops(Node node) {
    return node.layer().flops(node.inputShapes(), node.shape());
  }

  /// What a layer multiplies by and adds, and the layers that makes up for.
  private record Weights(List<Node> nodes, Buffer weight, @Nullable Buffer bias) {}

  /// The node's parameters, or what folding the batch norm behind it makes of them.
  private Weights weights(Node node, int rows, int size) {
    Buffer weight = values.parameter(node, "weight", Space.PARAMETERS);
    Buffer bias = values.parameterOrNull(node, "bias", Space.PARAMETERS);
    Node behind = values.folded(node);
    if (behind == null || !(behind.layer() instanceof BatchNorm norm)) {
      return new Weights(List.of(node), weight, bias);
    }
    Buffer foldedWeight = Buffer.preparedConstant(weight.name() + " folded", size);
    Buffer foldedBias = Buffer.preparedConstant(node.name() + ".bias folded", rows);
    var inference = inference(behind, norm, foldedBias, foldedBias);
    tasks.prepare(
        new NormProblem.Fold(rows, size / rows, weight, bias, inference, foldedWeight, foldedBias));
    return new Weights(List.of(node, behind), foldedWeight, foldedBias);
  }

  private NormProblem.BatchInference inference(Node node, BatchNorm norm, Buffer x, Buffer y) {
    return new NormProblem.BatchInference(
        positions(node),
        channels(node),
        norm.epsilon(),
        x,
        values.parameter(node, "weight", Space.PARAMETERS),
        values.parameter(node, "bias", Space.PARAMETERS),
        values.parameter(node, "runningMean", Space.PARAMETERS),
        values.parameter(node, "runningVariance", Space.PARAMETERS),
        y);
  }

  private void transposed(Node node, TransposedConv conv) {
    Buffer y = values.newValue(node);
    emit(
        node,
        new ConvProblem.BackwardData(
            Values.geometry(node, conv),
            values.input(node),
            values.parameter(node, "weight", Space.PARAMETERS),
            y));
    Buffer bias = values.parameterOrNull(node, "bias", Space.PARAMETERS);
    if (bias != null) {
      Problem add = new PointwiseProblem.AddBias(positions(node), channels(node), y, bias, y);
      tasks.add(node, pass, add, 0);
    }
  }

  private void flatten(Node node, Flatten flatten) {
    Node input = node.inputs().getFirst();
    if (flatten.order() == Layout.NHWC || sameInBothLayouts(input.shape())) {
      values.alias(node);
    } else {
      Buffer x = values.input(node);
      emit(node, toChannelsFirst(input.shape(), x, values.newValue(node)));
    }
  }

  private void reshape(Node node) {
    Shape from = node.inputs().getFirst().shape();
    Buffer x = values.input(node);
    if (sameInBothLayouts(from) && sameInBothLayouts(node.shape())) {
      values.alias(node);
    } else if (sameInBothLayouts(from)) {
      emit(node, toChannelsLast(node.shape(), x, values.newValue(node)));
    } else if (sameInBothLayouts(node.shape())) {
      emit(node, toChannelsFirst(from, x, values.newValue(node)));
    } else {
      Buffer between = Buffer.perSample(Space.ARENA, node.name() + ".rows", from.elements());
      emit(node, toChannelsFirst(from, x, between));
      emit(node, toChannelsLast(node.shape(), between, values.newValue(node)));
    }
  }

  private void batchNorm(Node node, BatchNorm norm) {
    Buffer x = values.input(node);
    if (values.training() && !values.frozen(node)) {
      var problem =
          new NormProblem.BatchTraining(
              positions(node),
              channels(node),
              norm.epsilon(),
              norm.momentum(),
              x,
              values.parameter(node, "weight", Space.PARAMETERS),
              values.parameter(node, "bias", Space.PARAMETERS),
              values.parameter(node, "runningMean", Space.PARAMETERS),
              values.parameter(node, "runningVariance", Space.PARAMETERS),
              values.saved(node),
              values.newValue(node));
      emit(node, pass == Step.Pass.FORWARD ? problem : new NormProblem.BatchRepeat(problem));
    } else {
      Buffer y = values.training() ? values.newValue(node) : values.valueInPlace(node);
      emit(node, inference(node, norm, x, y));
    }
  }

  private void concat(Node node) {
    Buffer y = values.newValue(node);
    int at = 0;
    for (Node input : node.inputs()) {
      int count = input.shape().channels();
      emit(
          node,
          new MoveProblem.CopyChannels(
              positions(node), count, values.value(input), count, 0, y, channels(node), at));
      at += count;
    }
  }

  private PointwiseProblem.Combine combine(Node node, Operator operator) {
    return combine(node, operator, values::value, values.newValue(node));
  }

  /// @param operand where each input lies
  static PointwiseProblem.Combine combine(
      Node node, Operator operator, Function<Node, Buffer> operand, Buffer y) {
    List<Operand> operands =
        node.inputs().stream()
            .map(i -> new Operand(operand.apply(i), positions(i), channels(i)))
            .toList();
    return new PointwiseProblem.Combine(operator, positions(node), channels(node), operands, y);
  }

  PointwiseProblem.Dropout dropout(Node node, Dropout dropout, Buffer x, Buffer y) {
    long salt = values.model.nodes().indexOf(node);
    return new PointwiseProblem.Dropout(dropout.rate(), salt, size(node), x, y);
  }

  static NormProblem.Local local(Node node, LocalResponseNorm norm, Buffer x, Buffer y) {
    return new NormProblem.Local(
        positions(node), channels(node), norm.size(), norm.alpha(), norm.beta(), norm.k(), x, y);
  }

  static MoveProblem.Pad pad(Node node, ZeroPad pad, Buffer x, Buffer y) {
    Shape input = node.inputs().getFirst().shape();
    int axes = input.spatialRank();
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (int axis = axes - 3; axis < axes; axis++) {
      before.add(axis < 0 ? 0 : pad.before(axis, axes));
      after.add(axis < 0 ? 0 : pad.after(axis, axes));
    }
    return new MoveProblem.Pad(input.channels(), Values.three(input), before, after, x, y);
  }

  static MoveProblem.Upsample upsample(Node node, Upsample upsample, Buffer x, Buffer y) {
    Shape input = node.inputs().getFirst().shape();
    int axes = input.spatialRank();
    List<Integer> factors =
        IntStream.range(axes - 3, axes)
            .mapToObj(axis -> axis < 0 ? 1 : upsample.factor(axis, axes))
            .toList();
    return new MoveProblem.Upsample(
        input.channels(), Values.three(input), factors, upsample.interpolation(), x, y);
  }

  static MoveProblem.Resample resize(Node node, Resize resize, Buffer x, Buffer y) {
    List<Blend> axes = new ArrayList<>(resize.axes());
    while (axes.size() < 3) {
      axes.addFirst(new Blend(1, List.of(0, 1), List.of(0), List.of(1.0)));
    }
    return new MoveProblem.Resample(channels(node), axes, x, y);
  }

  static Problem toChannelsFirst(Shape shape, Buffer x, Buffer y) {
    return new MoveProblem.ToChannelsFirst(shape.positions(), shape.channels(), x, y);
  }

  static Problem toChannelsLast(Shape shape, Buffer x, Buffer y) {
    return new MoveProblem.ToChannelsLast(shape.positions(), shape.channels(), x, y);
  }

  /// Whether channels first and channels last are the same order of memory.
  static boolean sameInBothLayouts(Shape shape) {
    return shape.channels() == 1 || shape.positions() == 1;
  }

  static int positions(Node node) {
    return node.shape().positions();
  }

  static int channels(Node node) {
    return node.shape().channels();
  }

  static int size(Node node) {
    return node.shape().arraySize();
  }
}
