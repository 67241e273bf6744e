package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.ReduceProblem;
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
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Lists the backward steps at compile time, in reverse order of the forward pass.
///
/// The first reader of a node that is met writes the node's gradient; every further one writes
/// beside it and is added.
final class BackwardLowering {
  private final Values values;
  private final TaskList tasks;
  private final Lowering forward;
  private final GradientFlow flow;

  BackwardLowering(Values values, TaskList tasks, Lowering forward) {
    this.values = values;
    this.tasks = tasks;
    this.forward = forward;
    this.flow = new GradientFlow(values, tasks);
  }

  GradientFlow flow() {
    return flow;
  }

  void backward() {
    for (Node node : values.model.nodes().reversed()) {
      Buffer gradY = flow.of(node);
      if (gradY != null && flow.needs(node) && !(node.layer() instanceof Input)) {
        backward(node, gradY);
      }
    }
  }

  private void emit(Node node, Problem problem) {
    long flops = node.layer().flops(node.inputShapes(), node.shape());
    tasks.add(node, Step.Pass.BACKWARD, problem, flops);
  }

  private Buffer parameter(Node node, String name) {
    return values.parameter(node, name, Space.PARAMETERS);
  }

  private Buffer gradient(Node node, String name) {
    return values.parameter(node, name, Space.GRADIENTS);
  }

  private @Nullable Buffer gradBias(Node node) {
    return values.parameterOrNull(node, "bias", Space.GRADIENTS);
  }

  private void backward(Node node, Buffer gradY) {
    int positions = Lowering.positions(node);
    int channels = Lowering.channels(node);
    switch (node.layer()) {
      case Input input -> {}
      case Conv conv -> conv(node, conv, gradY);
      case TransposedConv conv -> transposed(node, conv, gradY);
      case Dense dense -> dense(node, gradY);
      case Pool pool -> pool(node, pool, gradY);
      case MaxUnpool unpool -> {
        Node pooled = node.inputs().getLast();
        flow.into(
            node,
            0,
            gradX ->
                emit(
                    node,
                    new PoolProblem.UnpoolBackward(
                        Values.geometry(pooled, (Pool) pooled.layer()),
                        unpool.duplicates(),
                        gradY,
                        values.argmaxOf(pooled),
                        gradX)));
      }
      case AverageUnpool unpool -> {
        var geometry = Values.geometry(node, unpool);
        flow.into(
            node, 0, gradX -> emit(node, new PoolProblem.SpreadBackward(geometry, gradY, gradX)));
      }
      case Flatten flatten -> rows(node, flatten.order(), gradY);
      case Reshape reshape -> rows(node, Layout.NCHW, gradY);
      case Activate activate when values.isMaskedLate(node) -> flow.handOn(node, 0, gradY);
      case Activate activate -> {
        var function = activate.function();
        boolean needsInput = PointwiseProblem.ActivateBackward.needsInput(function);
        Buffer value = needsInput ? values.input(node) : values.value(node);
        int size = Lowering.size(node);
        flow.inPlace(
            node,
            gradY,
            gradX ->
                emit(
                    node,
                    new PointwiseProblem.ActivateBackward(function, size, value, gradY, gradX)));
      }
      case Softmax softmax ->
          flow.inPlace(
              node,
              gradY,
              gradX ->
                  emit(
                      node,
                      new PointwiseProblem.SoftmaxBackward(
                          positions, channels, values.value(node), gradY, gradX)));
      case BatchNorm norm -> batchNorm(node, norm, gradY);
      case LocalResponseNorm norm -> {
        var local = Lowering.local(node, norm, values.input(node), values.place(node));
        flow.into(node, 0, gradX -> emit(node, new NormProblem.LocalBackward(local, gradY, gradX)));
      }
      case Dropout dropout -> {
        if (dropout.rate() > 0) {
          flow.inPlace(
              node, gradY, gradX -> emit(node, forward.dropout(node, dropout, gradY, gradX)));
        } else {
          flow.handOn(node, 0, gradY);
        }
      }
      case ZeroPad pad -> {
        var problem = Lowering.pad(node, pad, values.inputPlace(node), values.place(node));
        flow.into(node, 0, gradX -> emit(node, new MoveProblem.PadBackward(problem, gradY, gradX)));
      }
      case Upsample upsample -> {
        var problem =
            Lowering.upsample(node, upsample, values.inputPlace(node), values.place(node));
        flow.into(
            node, 0, gradX -> emit(node, new MoveProblem.UpsampleBackward(problem, gradY, gradX)));
      }
      case Add add -> combine(node, Operator.ADD, gradY);
      case Multiply multiply -> combine(node, Operator.MULTIPLY, gradY);
      case Concat concat -> concat(node, gradY);
      case Constant constant -> {}
      case Combine combined -> combine(node, combined.operator(), gradY);
      case Transpose transpose ->
          rearrange(
              node,
              Rearranging.transpose(node, transpose, values.inputPlace(node), values.place(node)),
              gradY);
      case Select select ->
          rearrange(
              node,
              Rearranging.select(node, select, values.inputPlace(node), values.place(node)),
              gradY);
      case Reduce reduce -> {
        var problem = Rearranging.reduce(node, reduce, values.input(node), values.value(node));
        flow.into(node, 0, gradX -> emit(node, new ReduceProblem.Backward(problem, gradY, gradX)));
      }
      case Resize resize -> {
        var problem = Lowering.resize(node, resize, values.inputPlace(node), values.place(node));
        flow.into(
            node, 0, gradX -> emit(node, new MoveProblem.ResampleBackward(problem, gradY, gradX)));
      }
      case CustomLayer custom -> custom(node, custom, gradY);
    }
  }

  private void rearrange(Node node, MoveProblem.Rearrange problem, Buffer gradY) {
    flow.into(
        node, 0, gradX -> emit(node, new MoveProblem.RearrangeBackward(problem, gradY, gradX)));
  }

  private void conv(Node node, Conv conv, Buffer gradY) {
    var geometry = Values.geometry(node, conv);
    if (flow.learns(node)) {
      emit(
          node,
          new ConvProblem.BackwardWeights(
              geometry, values.input(node), gradY, gradient(node, "weight"), gradBias(node)));
    }
    Buffer w = parameter(node, "weight");
    flow.into(
        node, 0, gradX -> emit(node, new ConvProblem.BackwardData(geometry, gradY, w, gradX)));
  }

  private void transposed(Node node, TransposedConv conv, Buffer gradY) {
    var geometry = Values.geometry(node, conv);
    if (flow.learns(node)) {
      emit(
          node,
          new ConvProblem.BackwardWeights(
              geometry, gradY, values.input(node), gradient(node, "weight"), null));
      Buffer gradBias = gradBias(node);
      if (gradBias != null) {
        emit(
            node,
            new PointwiseProblem.AddBiasBackward(
                Lowering.positions(node), Lowering.channels(node), gradY, gradBias));
      }
    }
    Buffer w = parameter(node, "weight");
    flow.into(
        node, 0, gradX -> emit(node, new ConvProblem.Forward(geometry, gradY, w, null, gradX)));
  }

  private void dense(Node node, Buffer gradY) {
    int in = node.inputs().getFirst().shape().size(0);
    int out = node.shape().size(0);
    if (flow.learns(node)) {
      emit(
          node,
          new DenseProblem.BackwardWeights(
              in, out, values.input(node), gradY, gradient(node, "weight"), gradBias(node)));
    }
    Buffer w = parameter(node, "weight");
    flow.into(
        node, 0, gradX -> emit(node, new DenseProblem.BackwardData(in, out, gradY, w, gradX)));
  }

  private void pool(Node node, Pool pool, Buffer gradY) {
    var geometry = Values.geometry(node, pool);
    boolean whole = PoolProblem.Backward.needsValues(pool.reduction());
    boolean places = PoolProblem.Backward.needsArgmax(pool.reduction());
    Buffer x = whole ? values.input(node) : null;
    Buffer y = whole ? values.value(node) : null;
    Buffer argmax = places ? values.argmaxOf(node) : null;
    if (values.masks(node) && flow.needs(node.inputs().getFirst())) {
      Buffer value = values.value(node);
      var relu =
          new PointwiseProblem.ActivateBackward(
              Activation.RELU, Lowering.size(node), value, gradY, gradY);
      tasks.add(node, Step.Pass.BACKWARD, relu, Lowering.size(node));
    }
    flow.into(
        node,
        0,
        gradX ->
            emit(
                node,
                new PoolProblem.Backward(geometry, pool.reduction(), gradY, gradX, x, y, argmax)));
  }

  /// The gradient of flatten and reshape: the same values in the input's order.
  private void rows(Node node, Layout order, Buffer gradY) {
    Shape from = node.inputs().getFirst().shape();
    Shape to = node.shape();
    boolean sameFrom = order == Layout.NHWC || Lowering.sameInBothLayouts(from);
    if (sameFrom && Lowering.sameInBothLayouts(to)) {
      flow.handOn(node, 0, gradY);
    } else if (sameFrom) {
      flow.into(node, 0, gradX -> emit(node, Lowering.toChannelsFirst(to, gradY, gradX)));
    } else if (Lowering.sameInBothLayouts(to)) {
      flow.into(node, 0, gradX -> emit(node, Lowering.toChannelsLast(from, gradY, gradX)));
    } else {
      Buffer between = Buffer.perSample(Space.ARENA, node.name() + ".rows.grad", to.elements());
      flow.into(
          node,
          0,
          gradX -> {
            emit(node, Lowering.toChannelsFirst(to, gradY, between));
            emit(node, Lowering.toChannelsLast(from, between, gradX));
          });
    }
  }

  private void batchNorm(Node node, BatchNorm norm, Buffer gradY) {
    int positions = Lowering.positions(node);
    int channels = Lowering.channels(node);
    Buffer x = values.input(node);
    Consumer<Buffer> problem =
        gradX ->
            emit(
                node,
                values.frozen(node)
                    ? new NormProblem.BatchFrozenBackward(
                        positions,
                        channels,
                        norm.epsilon(),
                        x,
                        parameter(node, "weight"),
                        parameter(node, "runningMean"),
                        parameter(node, "runningVariance"),
                        gradY,
                        gradX,
                        gradient(node, "weight"),
                        gradient(node, "bias"))
                    : new NormProblem.BatchBackward(
                        positions,
                        channels,
                        x,
                        parameter(node, "weight"),
                        values.saved(node),
                        gradY,
                        gradX,
                        gradient(node, "weight"),
                        gradient(node, "bias")));
    if (flow.needs(node.inputs().getFirst())) {
      flow.into(node, 0, problem);
    } else {
      problem.accept(GradientFlow.newGradient(node.inputs().getFirst()));
    }
  }

  private void combine(Node node, Operator operator, Buffer gradY) {
    // The gradient of a sum needs no operand.
    Function<Node, Buffer> operand = operator == Operator.ADD ? values::place : values::value;
    var problem = Lowering.combine(node, operator, operand, values.place(node));
    for (int i = node.inputs().size() - 1; i >= 0; i--) {
      int number = i;
      Node input = node.inputs().get(i);
      boolean same =
          operator == Operator.ADD && input.shape().elements() == node.shape().elements();
      // Only one operand may own gradY; it must come last, after the others have read it.
      if (same && i == 0) {
        flow.handOn(node, 0, gradY);
      } else {
        flow.into(
            node,
            number,
            gradX ->
                emit(node, new PointwiseProblem.CombineBackward(problem, number, gradY, gradX)));
      }
    }
  }

  private void concat(Node node, Buffer gradY) {
    int at = 0;
    for (int i = 0; i < node.inputs().size(); i++) {
      int from = at;
      int count = node.inputs().get(i).shape().channels();
      flow.into(
          node,
          i,
          gradX ->
              emit(
                  node,
                  new MoveProblem.CopyChannels(
                      Lowering.positions(node),
                      count,
                      gradY,
                      Lowering.channels(node),
                      from,
                      gradX,
                      count,
                      0)));
      at += count;
    }
  }

  private void custom(Node node, CustomLayer custom, Buffer gradY) {
    List<@Nullable Buffer> own = new ArrayList<>();
    for (Node input : node.inputs()) {
      own.add(flow.needs(input) ? GradientFlow.newGradient(input) : null);
    }
    List<Buffer> inputs = node.inputs().stream().map(values::value).toList();
    tasks.add(
        node, CustomKernels.backward(node, custom, values, inputs, values.value(node), gradY, own));
    for (int i = 0; i < own.size(); i++) {
      Buffer mine = own.get(i);
      if (mine != null) {
        flow.handOn(node, i, mine);
      }
    }
  }
}
