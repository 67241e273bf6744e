package dev.tarn.io.model;

import dev.tarn.layer.Activate;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Initializer;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Pool;
import dev.tarn.layer.Reduce;
import dev.tarn.layer.Reshape;
import dev.tarn.layer.Resize;
import dev.tarn.layer.Select;
import dev.tarn.layer.Transpose;
import dev.tarn.layer.TransposedConv;
import dev.tarn.layer.Upsample;
import dev.tarn.layer.ZeroPad;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import dev.tarn.train.EpochResult;
import dev.tarn.train.Schedule;
import dev.tarn.train.TrainerState;
import java.util.List;

/// Models for tests of files.
final class SampleModels {
  private SampleModels() {}

  /// The smallest network with a convolution, a pooling and a dense layer.
  static Model small() {
    return Model.input(1, 4, 4).conv(2, 3).relu().maxPool(2).flatten().dense(2).build();
  }

  /// Every layer, every kind of region, reduction, padding and choice that a file can name.
  static Model everything() {
    Node input = Model.input(4, 8, 8).named("image");
    Conv first =
        new Conv(
            6,
            Window.of(3, 3).padding(new Padding.Sides(List.of(1, 2), List.of(1, 0))).dilation(1, 1),
            2,
            Bias.WITHOUT,
            Initializer.GLOROT);
    Node conv = input.then(first).named("stem/conv");
    Node normal =
        conv.then(new BatchNorm(1e-3, 0.01))
            .relu()
            .then(new LocalResponseNorm(3, 1e-4, 0.75, 2))
            .then(new Activate(Activation.leakyRelu(0.01)))
            .then(new Activate(Activation.SIGMOID))
            .then(new Activate(Activation.TANH))
            .then(new Activate(Activation.GELU))
            .then(new Activate(new Activation.Gelu(Activation.Gelu.Form.TANH)))
            .then(new Activate(Activation.SILU))
            .dropout(0.25);
    Node pool = normal.then(Pool.max(2).nan(NanPolicy.IGNORE).ties(Ties.SPLIT));
    Node small = pool.then(Conv.of(6, 1).initializer(Initializer.normal(0.01)));
    Node back = small.maxUnpool(pool);
    Node average =
        back.then(Pool.average(3).stride(2).padding(1).divisor(Divisor.CLIPPED_WINDOW))
            .then(Pool.lp(2, 2).stride(1).padding(Padding.SAME_UPPER))
            .then(Pool.of(Reduction.min(), 2).stride(1).padding(Padding.SAME_LOWER))
            .then(
                Pool.of(new Reduction.Lp(Double.POSITIVE_INFINITY, Reduction.Sign.ABSOLUTE), 2)
                    .stride(1)
                    .rounding(Rounding.CEIL_CAFFE))
            .then(new Pool(new Reduction.Lp(3, Reduction.Sign.SIGNED), Regions.adaptive(3, 2)))
            .then(new Pool(Reduction.sum(), new Regions.Even(List.of(2))))
            .then(Pool.average(1).divisor(Divisor.of(-0.5)));
    Node large =
        average
            .then(new AverageUnpool(Regions.sliding(Window.of(2).stride(2)), List.of(4, 4)))
            .then(Upsample.linear(2))
            .then(ZeroPad.of(1, 0))
            .then(Pool.adaptive(Reduction.max(), 4))
            .then(
                TransposedConv.of(6, 2)
                    .stride(2)
                    .outputPadding(1)
                    .groups(3)
                    .initializer(Initializer.constant(0.5)));
    Node gate = large.globalAveragePool();
    Node general = general(gate);
    Node both = large.multiply(gate).add(large).concat(large.then(Upsample.nearest(1)));
    Node scores =
        both.then(new Reshape(Shape.of(2, both.shape().elements() == 0 ? 1 : 6, 81)))
            .then(new Flatten(Layout.NHWC))
            .then(new Dense(3, Bias.WITHOUT, Initializer.ZERO))
            .named("scores");
    return Model.of(scores.softmax(), gate, general);
  }

  /// Layers that only imported networks have, and functions beyond the usual ones.
  private static Node general(Node x) {
    Node one = Node.of(new Constant(Shape.of(6, 1, 1)));
    Node sum = Node.of(new Combine(Operator.SUBTRACT), x, one);
    Node wide = sum.then(Select.all(sum.shape()).axis(1, List.of(0, -1, 0)).fill(0.5));
    Node curves = wide;
    for (Activation function :
        List.of(
            Function.HARD_SWISH,
            new Curve.Elu(0.5, 2),
            new Curve.Celu(0.5),
            new Curve.HardSigmoid(0.2, 0.5),
            new Curve.Clip(Double.NEGATIVE_INFINITY, 6),
            new Curve.ThresholdedRelu(0.1),
            new Curve.Shrink(0.1, 0.2),
            new Curve.Swish(1.5),
            new Curve.Affine(2, -1))) {
      curves = curves.activate(function);
    }
    return curves
        .then(Transpose.of(0, 2, 1))
        .then(
            new Resize(
                List.of(
                    new Blend(1, List.of(0, 1), List.of(0), List.of(1.0)),
                    new Blend(3, List.of(0, 2, 3), List.of(0, 1, 2), List.of(0.25, 0.75, -1.5)))))
        .then(Reduce.of(Statistic.LOG_SUM_EXP, 1, 2));
  }

  /// A state in the middle of an epoch, with numbers that text could lose.
  static TrainerState state(Model model, int step) {
    float[] parameters = new float[model.parameterArraySize()];
    float[] slot = parameters.clone();
    float[] best = parameters.clone();
    for (var p : model.parameters()) {
      for (int i = p.at(); i < p.at() + p.size(); i++) {
        parameters[i] = (i + step) / 3f;
        slot[i] = -i * 1e-7f;
        best[i] = i == p.at() ? Float.NaN : -0f;
      }
    }
    return new TrainerState(
        Long.MIN_VALUE + 1,
        60_000,
        32,
        3,
        step,
        1L << 40,
        parameters,
        "Adam",
        List.of(slot, best.clone()),
        new Schedule.State(Double.POSITIVE_INFINITY, 2, 0.1),
        new TrainerState.Sums(1.0 / 3, 17.25, 5, 9, 1e-300),
        List.of(
            new EpochResult(0, 0.1, Math.PI, 0.5, Double.NaN, Double.NaN),
            new EpochResult(1, 0.1, 2.0, 0.75, 1e17, -0.0)),
        1,
        best);
  }

  /// As [#state], without weights kept as the best.
  static TrainerState withoutBest(TrainerState s) {
    return new TrainerState(
        s.seed(),
        s.examples(),
        s.stepSize(),
        s.epoch(),
        s.step(),
        s.updates(),
        s.parameters(),
        s.optimizer(),
        s.slots(),
        s.schedule(),
        s.sums(),
        s.history(),
        -1,
        new float[0]);
  }
}
