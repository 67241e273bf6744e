package dev.tarn.plan;

import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Flatten;
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
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Small models whose names say which part of a plan they try.
public final class SampleModels {
  private SampleModels() {}

  public static Map<String, Model> all() {
    Map<String, Model> models = new LinkedHashMap<>();
    models.put("textbook", chain(28, 3));
    models.put("identity", Model.of(Model.input(2, 3, 3)));
    models.put("output_is_read_by_another_layer", outputReadTwice());
    models.put("residual_adds_to_itself", residual());
    models.put("twice_the_same_operand", twice());
    models.put("squeeze_and_excitation", squeeze());
    models.put("two_inputs_two_outputs", twoInputs());
    models.put("flatten_of_a_flatten", flattenTwice());
    models.put("reshape_between_maps", reshape());
    models.put("every_norm_and_activation", norms());
    models.put("unpooling", unpooling());
    models.put("one_dimension", oneDimension());
    models.put("three_dimensions", threeDimensions());
    models.put("every_pooling", poolings());
    models.put("layers_of_imported_networks", general());
    models.put("every_curve", curves());
    models.put("every_operator", operators());
    models.put("every_statistic", statistics());
    models.put(
        "custom_layer",
        Model.input(2, 3, 3).conv(3, 2).then(new Square()).flatten().dense(2).build());
    return models;
  }

  static Model chain(int side, int maps) {
    return Model.input(1, side, side).conv(maps, 5).relu().maxPool(2).flatten().dense(10).build();
  }

  private static Model outputReadTwice() {
    Node maps = Model.input(2, 6, 6).conv(4, 3).relu();
    return Model.of(maps, maps.maxPool(2).flatten().dense(3));
  }

  private static Model residual() {
    Node x = Model.input(3, 5, 5).conv(4, 3).relu();
    Node branch = x.then(Conv.of(4, 3).padding(1)).relu();
    return x.add(branch).relu().globalAveragePool().flatten().dense(2).build();
  }

  private static Model twice() {
    Node x = Model.input(2, 4, 4).conv(3, 2);
    return x.add(x, x).multiply(x).flatten().dense(2).build();
  }

  private static Model squeeze() {
    Node x = Model.input(2, 6, 6).conv(4, 3).relu();
    Node gate =
        x.globalAveragePool()
            .flatten()
            .dense(2)
            .relu()
            .dense(4)
            .activate(Activation.SIGMOID)
            .then(new Reshape(Shape.of(4, 1, 1)));
    return x.multiply(gate).maxPool(2).flatten().dense(3).build();
  }

  private static Model twoInputs() {
    Node image = Model.input(1, 6, 6).named("image").conv(2, 3).relu();
    Node number = Model.input(5).named("numbers").dense(4).activate(Activation.TANH);
    Node joined = image.flatten().concat(number);
    return Model.of(joined.dense(3).named("classes").softmax(), joined.dense(1).named("score"));
  }

  private static Model flattenTwice() {
    return Model.input(2, 4, 4).conv(3, 3).flatten().flatten().relu().dense(2).build();
  }

  private static Model reshape() {
    return Model.input(4, 3, 2)
        .conv(4, 1)
        .then(new Reshape(Shape.of(2, 4, 3)))
        .conv(2, 2)
        .then(new Flatten(Layout.NHWC))
        .dense(2)
        .build();
  }

  private static Model norms() {
    return Model.input(3, 6, 6)
        .conv(4, 3)
        .then(new BatchNorm())
        .activate(Activation.GELU)
        .then(new LocalResponseNorm(3, 0.5, 0.75, 2))
        .activate(Activation.SILU)
        .dropout(0.3)
        .then(ZeroPad.of(1))
        .activate(Activation.leakyRelu(0.1))
        .conv(2, 3)
        .activate(Activation.leakyRelu(-0.5))
        .activate(Activation.TANH)
        .softmax()
        .flatten()
        .dense(3)
        .build();
  }

  private static Model unpooling() {
    Node x = Model.input(2, 4, 6).conv(3, 1);
    Node pooled = x.maxPool(2);
    Node back = pooled.conv(3, 1).maxUnpool(pooled);
    Node even =
        pooled.then(new AverageUnpool(Regions.sliding(Window.of(2).stride(2)), List.of(4, 6)));
    return back.add(even).then(Upsample.linear(2)).then(Upsample.nearest(2, 1)).build();
  }

  private static Model oneDimension() {
    return Model.input(2, 9)
        .then(Conv.of(4, 3).groups(2).stride(2))
        .relu()
        .then(TransposedConv.of(3, 3).stride(2).outputPadding(1))
        .averagePool(2)
        .flatten()
        .dense(2)
        .build();
  }

  private static Model threeDimensions() {
    return Model.input(1, 5, 4, 6)
        .then(Conv.of(2, 2, 3, 2).padding(1, 1, 0))
        .relu()
        .then(Pool.lp(3, 2))
        .flatten()
        .dense(2)
        .build();
  }

  private static Model general() {
    Node x = Model.input(2, 4, 3).conv(3, 2);
    Node shifted = Node.of(new Combine(Operator.SUBTRACT), x, Node.of(new Constant(x.shape())));
    return shifted
        .then(Transpose.of(2, 0, 1))
        .then(Select.all(Shape.of(2, 3, 3)).axis(1, List.of(2, 0, 0, Select.NONE)).fill(0.5))
        .then(
            new Resize(
                List.of(
                    new Blend(4, List.of(0, 2, 2, 3), List.of(0, 3, 1), List.of(0.25, 0.75, -1.5)),
                    new Blend(3, List.of(0, 1, 3), List.of(2, 0, 1), List.of(1.0, 0.5, 0.5)))))
        .then(Reduce.of(Statistic.MEAN, 0, 2))
        .flatten()
        .dense(2)
        .build();
  }

  /// Every curve on values where it is smooth, side by side.
  private static Model curves() {
    Node x = Model.input(6).dense(4).activate(Activation.SIGMOID);
    List<Curve> curves = new ArrayList<>(List.of(Function.values()));
    curves.removeAll(List.of(Function.ACOSH, Function.ATANH));
    curves.addAll(
        List.of(
            new Curve.Elu(0.7, 1.3),
            new Curve.Celu(0.6),
            new Curve.HardSigmoid(0.3, 0.4),
            new Curve.Clip(-0.4, 0.5),
            new Curve.ThresholdedRelu(0.2),
            new Curve.Shrink(0.1, 0.3),
            new Curve.Swish(1.7)));
    Node both = x.concat(x.activate(new Curve.Affine(-0.9, 0.05)));
    List<Node> outputs = new ArrayList<>();
    for (Curve curve : curves) {
      boolean positive =
          curve == Function.LOG || curve == Function.SQRT || curve == Function.RECIPROCAL;
      outputs.add((positive ? x : both).activate(curve));
    }
    outputs.add(x.activate(new Curve.Affine(1, 1.5)).activate(Function.ACOSH));
    outputs.add(x.activate(new Curve.Affine(0.9, 0.01)).activate(Function.ATANH));
    return Model.of(outputs.toArray(Node[]::new));
  }

  /// Every operator, its second operand repeated over the positions.
  private static Model operators() {
    Node x = Model.input(2, 3, 3).conv(3, 2).activate(Activation.SIGMOID);
    Node gate = x.globalAveragePool().activate(new Curve.Affine(1.5, -0.2));
    List<Node> outputs = new ArrayList<>();
    for (Operator operator : Operator.values()) {
      outputs.add(Node.of(new Combine(operator), x, gate));
    }
    return Model.of(outputs.toArray(Node[]::new));
  }

  private static Model statistics() {
    Node x = Model.input(2, 4, 3).conv(3, 2).activate(Activation.SIGMOID);
    List<Node> outputs = new ArrayList<>();
    for (Statistic statistic : Statistic.values()) {
      outputs.add(x.then(Reduce.of(statistic, 0, 2)));
    }
    return Model.of(outputs.toArray(Node[]::new));
  }

  private static Model poolings() {
    Node x = Model.input(2, 7, 7).conv(3, 2);
    return x.then(Pool.max(3).stride(2).padding(1))
        .add(
            x.then(Pool.average(3).stride(2).padding(1)),
            x.then(Pool.lp(2, 3).stride(2).padding(1)),
            x.then(Pool.of(Reduction.min(), 3).stride(2).padding(1)),
            x.then(Pool.of(Reduction.sum(), 3).stride(2).padding(1)))
        .then(Pool.adaptive(Reduction.average(), 3, 2))
        .then(Pool.global(Reduction.max()))
        .flatten()
        .dense(2)
        .build();
  }
}
