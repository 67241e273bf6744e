package dev.tarn.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.io.onnx.OnnxModel;
import dev.tarn.io.onnx.OnnxWriter;
import dev.tarn.layer.Activate;
import dev.tarn.layer.AverageUnpool;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Combine;
import dev.tarn.layer.Constant;
import dev.tarn.layer.Conv;
import dev.tarn.layer.Flatten;
import dev.tarn.layer.Layer;
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
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import dev.tarn.tensor.Tensor;
import dev.tarn.tensor.Window;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What Tarn writes as ONNX, ONNX Runtime runs to the same numbers, and Tarn reads again.
final class OnnxRuntimeTest {
  private static final double TOLERANCE = 1e-4;
  private static final int BATCH = 2;

  @TempDir Path folder;

  private static Map<String, Layer> layers() {
    Map<String, Layer> layers = new LinkedHashMap<>();
    layers.put("max", Pool.max(3).stride(2).padding(1));
    layers.put("max_ceil", Pool.max(3).stride(2).rounding(Rounding.CEIL));
    layers.put("max_dilated", Pool.max(2).stride(1).dilation(3));
    layers.put("max_same", Pool.max(3).stride(2).padding(Padding.SAME_LOWER));
    layers.put("max_adaptive", Pool.adaptive(Reduction.max(), 3, 2));
    layers.put("max_global", Pool.global(Reduction.max()));
    layers.put("min", Pool.of(Reduction.min(), 2));
    layers.put("min_adaptive", Pool.adaptive(Reduction.min(), 3));
    layers.put("average", Pool.average(2));
    layers.put("average_padded", Pool.average(3).stride(2).padding(1));
    layers.put("average_ceil", Pool.average(3).stride(2).rounding(Rounding.CEIL));
    layers.put(
        "average_clipped",
        Pool.average(3)
            .stride(2)
            .padding(1)
            .rounding(Rounding.CEIL)
            .divisor(Divisor.CLIPPED_WINDOW));
    layers.put("average_kernel", Pool.average(3).stride(2).padding(1).divisor(Divisor.KERNEL));
    layers.put("average_fixed", Pool.average(3).stride(2).padding(1).divisor(Divisor.of(-2.5)));
    layers.put("average_dilated", Pool.average(2).stride(1).dilation(2));
    layers.put("average_adaptive", Pool.adaptive(Reduction.average(), 3, 4));
    layers.put("average_even", new Pool(Reduction.average(), new Regions.Even(List.of(3, 2))));
    layers.put("average_global", Pool.global(Reduction.average()));
    layers.put("sum", Pool.of(Reduction.sum(), 3).stride(2).padding(1));
    layers.put("sum_global", Pool.global(Reduction.sum()));
    for (double p :
        new double[] {0.5, 1, 2, 2.5, 3, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      layers.put("lp_" + p, Pool.lp(p, 3).stride(2).padding(1));
      layers.put("lp_adaptive_" + p, Pool.adaptive(Reduction.lp(p), 3, 2));
    }
    layers.put("lp_global", Pool.global(Reduction.lp(3)));
    layers.put(
        "lp_signed",
        new Pool(
            new Reduction.Lp(2, Reduction.Sign.SIGNED),
            Regions.sliding(Window.of(3).stride(2).padding(1))));
    layers.put(
        "average_unpool",
        new AverageUnpool(Regions.sliding(Window.of(2).stride(1)), List.of(8, 9)));
    layers.put("conv_same", Conv.of(4, 3).stride(2).padding(Padding.SAME_UPPER));
    layers.put("conv_grouped", Conv.of(6, 2, 3).groups(3).dilation(2, 1).padding(1, 2));
    layers.put("conv_ceil", Conv.of(2, 2).stride(2).rounding(Rounding.CEIL));
    layers.put("deconv", TransposedConv.of(4, 3).stride(2).padding(1).outputPadding(1));
    layers.put("deconv_same", TransposedConv.of(2, 3).stride(2).padding(Padding.SAME_UPPER));
    layers.put("norm", new BatchNorm());
    layers.put("lrn", new LocalResponseNorm(3, 0.5, 0.75, 2));
    layers.put("pad", new ZeroPad(new Padding.Sides(List.of(1, 2), List.of(0, 3))));
    layers.put("upsample_nearest", Upsample.nearest(2, 3));
    layers.put("upsample_linear", Upsample.linear(3, 2));
    layers.put("flatten_rows", new Flatten(Layout.NHWC));
    layers.put("reshape", new Reshape(Shape.of(8, 7, 3)));
    layers.put("transpose", Transpose.of(2, 0, 1));
    layers.put(
        "select", Select.all(Shape.of(3, 7, 8)).axis(1, List.of(6, 0, Select.NONE, 0)).fill(0.5));
    layers.put(
        "resize",
        new Resize(
            List.of(
                new Blend(7, List.of(0, 2, 2, 3), List.of(0, 6, 1), List.of(0.25, 0.75, -1.5)),
                new Blend(8, List.of(0, 1), List.of(3), List.of(1.0)))));
    for (Statistic statistic : Statistic.values()) {
      layers.put("reduce_" + statistic, Reduce.of(statistic, 1));
    }
    for (Curve curve : Function.values()) {
      layers.put("function_" + curve, new Activate(curve));
    }
    for (Activation function :
        List.of(
            Activation.RELU,
            Activation.leakyRelu(0.1),
            Activation.SIGMOID,
            Activation.TANH,
            Activation.GELU,
            new Activation.Gelu(Activation.Gelu.Form.TANH),
            Activation.SILU,
            new Curve.Elu(0.5, 1),
            new Curve.Elu(1.5, 1.25),
            new Curve.Celu(0.5),
            new Curve.HardSigmoid(0.2, 0.4),
            new Curve.Clip(-0.5, Double.POSITIVE_INFINITY),
            new Curve.ThresholdedRelu(0.3),
            new Curve.Shrink(0.1, 0.3),
            new Curve.Swish(1.5),
            new Curve.Affine(2, -1))) {
      layers.put("activate_" + function, new Activate(function));
    }
    return layers;
  }

  static List<String> names() {
    List<String> names = new ArrayList<>(layers().keySet());
    names.addAll(
        List.of("unpooling", "operators", "one_dimension", "three_dimensions", "features"));
    return names;
  }

  private static Model model(String name) {
    Node x = Model.input(3, 7, 8);
    return switch (name) {
      case "unpooling" -> {
        Node pooled = x.maxPool(2);
        yield pooled.conv(3, 1).maxUnpool(pooled).build();
      }
      case "operators" -> {
        Node constant = Node.of(new Constant(Shape.of(3, 1, 8)));
        Node shifted =
            Node.of(
                new Combine(Operator.SUBTRACT),
                x,
                constant.then(Select.all(Shape.of(3, 1, 8)).axis(1, List.of(0, 0, 0, 0, 0, 0, 0))));
        Node gate = x.globalAveragePool().activate(new Curve.Affine(0.5, 2));
        List<Node> outputs = new ArrayList<>(List.of(shifted, x.concat(x), x.add(x, gate)));
        for (Operator operator : Operator.values()) {
          outputs.add(Node.of(new Combine(operator), operator == Operator.POWER ? gate : x, gate));
        }
        yield Model.of(outputs.toArray(Node[]::new));
      }
      case "one_dimension" ->
          Model.input(2, 9)
              .then(Conv.of(4, 3).groups(2).stride(2))
              .then(Pool.adaptive(Reduction.average(), 3))
              .then(TransposedConv.of(3, 3).stride(2).outputPadding(1))
              .then(Upsample.linear(2))
              .build();
      case "three_dimensions" ->
          Model.input(2, 5, 4, 6)
              .then(Conv.of(2, 2, 3, 2).padding(1, 1, 0))
              .then(Pool.lp(3, 2).stride(1))
              .then(Pool.adaptive(Reduction.max(), 2, 2, 3))
              .build();
      case "features" -> {
        Node features = Model.input(5).dense(6);
        Node map = Model.input(6, 2, 2);
        yield Model.of(features.then(new LocalResponseNorm(3)).softmax(), features.multiply(map));
      }
      default -> x.then(layers().get(name)).build();
    };
  }

  @ParameterizedTest
  @MethodSource("names")
  void layer(String name) throws OrtException {
    check(model(name), 17, TOLERANCE);
    check(model(name), 21, TOLERANCE);
  }

  @ParameterizedTest
  @EnumSource(
      value = Zoo.class,
      names = {"TEXTBOOK", "TEXTBOOK2", "LENET5"})
  void smallNetworks(Zoo zoo) throws OrtException {
    check(zoo.model(), 17, TOLERANCE);
  }

  static List<String> networksOfPairs() {
    return Pair.networkNames();
  }

  @ParameterizedTest
  @MethodSource("networksOfPairs")
  void pairs(String name) throws OrtException {
    check(Pair.network(name).orElseThrow(), 17, TOLERANCE);
  }

  @Tag("long")
  @ParameterizedTest
  @EnumSource(
      value = Zoo.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"TEXTBOOK", "TEXTBOOK2", "LENET5"})
  void largeNetworks(Zoo zoo) throws OrtException {
    double difference = check(zoo.model(), 17, TOLERANCE);
    System.out.printf(
        Locale.ROOT,
        "%s in ONNX Runtime: scores differ by %.1e of the largest%n",
        zoo.id(),
        difference);
  }

  private double check(Model model, int opset, double tolerance) throws OrtException {
    SeededRandom random = SeededRandom.of(7);
    Parameters parameters = Parameters.initialize(model, 3);
    model.parameters().stream()
        .filter(p -> !p.spec().name().equals("weight"))
        .forEach(p -> {
          for (int i = 0; i < p.size(); i++) {
            parameters.array()[p.at() + i] += (float) (0.3 * random.uniform(0, 1));
          }
        });
    parameters.changed();
    Path file = folder.resolve("model.onnx");
    OnnxWriter.standard().opset(opset).write(file, parameters);
    List<Tensor> inputs = new ArrayList<>();
    for (Node input : model.inputs()) {
      Tensor tensor = Tensor.zeros(input.shape().batch(BATCH));
      for (int i = 0; i < tensor.array().length; i++) {
        tensor.array()[i] = (float) random.uniform(-0.99, 0.99);
      }
      inputs.add(tensor);
    }
    List<Tensor> wanted = run(model, parameters, inputs);
    OnnxModel again = OnnxModel.load(file);
    List<Tensor> ordered =
        again.inputs().stream()
            .map(n -> inputs.get(model.inputs().indexOf(model.node(n))))
            .toList();
    List<Tensor> reread = run(again.model(), again.parameters(), ordered);
    List<float[]> foreign = OnnxRuntime.run(file, model, inputs);
    double difference = 0;
    for (int i = 0; i < wanted.size(); i++) {
      String what = "output %d, opset %d".formatted(i, opset);
      float[] ours = wanted.get(i).array();
      difference =
          Math.max(difference, near(what + " by ONNX Runtime", foreign.get(i), ours, tolerance));
      near(what + " read again", ours, reread.get(i).array(), tolerance);
    }
    return difference;
  }

  private static List<Tensor> run(Model model, Parameters parameters, List<Tensor> inputs) {
    Plan plan = Plan.inference(model, BATCH);
    Frame frame = plan.frame(parameters);
    List<Tensor> outputs = new ArrayList<>();
    try (Workers workers = Workers.of(1)) {
      for (int i = 0; i < inputs.size(); i++) {
        plan.input(frame, i, inputs.get(i));
      }
      plan.forward(frame, workers, BATCH);
      for (int i = 0; i < model.outputs().size(); i++) {
        outputs.add(plan.output(frame, i, BATCH));
      }
    }
    return outputs;
  }

  /// The largest difference as a part of the largest value; it is at most the tolerance.
  private static double near(String what, float[] wanted, float[] got, double tolerance) {
    assertEquals(wanted.length, got.length, what);
    double largest = 1e-3;
    for (float value : wanted) {
      largest = Float.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
    }
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      if (Float.compare(wanted[i], got[i]) != 0) {
        int at = i;
        double part = Math.abs((double) wanted[i] - got[i]) / largest;
        assertTrue(
            part <= tolerance, () -> "%s [%d]: %s and %s".formatted(what, at, wanted[at], got[at]));
        difference = Math.max(difference, part);
      }
    }
    return difference;
  }
}
