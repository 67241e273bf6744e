package dev.tarn.golden;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.layer.Activate;
import dev.tarn.layer.BatchNorm;
import dev.tarn.layer.Bias;
import dev.tarn.layer.Dense;
import dev.tarn.layer.Layer;
import dev.tarn.layer.LocalResponseNorm;
import dev.tarn.layer.Softmax;
import dev.tarn.layer.Upsample;
import dev.tarn.model.Model;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Single-layer models give the frameworks' answers through a plan, on every engine: outputs,
/// gradients, and the running statistics of batch norm.
class GoldenPlanTest {
  private static final Workers WORKERS = Workers.of(1);

  static Stream<Arguments> files() {
    Stream<Arguments> layers =
        Engines.all().stream()
            .flatMap(engine ->
                Stream.of(
                    Arguments.of(engine, "convolution", 500),
                    Arguments.of(engine, "transposed-convolution", 200),
                    Arguments.of(engine, "normalisation", 100),
                    Arguments.of(engine, "activation", 40),
                    Arguments.of(engine, "dense-upsample", 50)));
    // Every engine's pooling has a test of its own; this one is about the plan around it.
    Engine one = Engines.all().getLast();
    Stream<Arguments> pooling =
        Stream.of(
            Arguments.of(one, "max-pytorch", 700),
            Arguments.of(one, "average-pytorch", 500),
            Arguments.of(one, "lp-pytorch", 200));
    return Stream.concat(layers, pooling);
  }

  @ParameterizedTest
  @MethodSource("files")
  void singleLayer(Engine engine, String file, int least) {
    Findings.of(file, least, (c, findings) -> check(engine, c, findings));
  }

  private static void check(Engine engine, Case c, Findings findings) {
    Layer layer = layer(c);
    Tensor x = c.tensor("x");
    // A single axis is features of one sample.
    Tensor input = x.shape().rank() == 1 ? x.reshape(Shape.of(1, x.array().length)) : x;
    int samples = input.shape().size(0);
    Model model = Model.sequential(input.shape().sample(), layer);
    Parameters parameters = Parameters.zeros(model);
    Map<String, String> arrays = names(layer);
    for (Parameter p : model.parameters()) {
      parameters.set(p.name(), c.tensor(arrays.get(p.spec().name())));
    }
    boolean frozen = c.word("mode", "training").equals("inference");
    Plan plan =
        Plan.of(
            model,
            PlanOptions.training(samples)
                .engine(engine)
                .gradients(PlanOptions.Gradients.PARAMETERS_AND_INPUTS)
                .frozen(frozen ? Set.of(model.nodes().getLast().name()) : Set.of()));
    Frame frame = plan.frame(parameters);
    Arrays.fill(frame.arena(), Float.NaN);
    Arrays.fill(frame.gradients(), Float.NaN);
    plan.input(frame, 0, input);
    plan.forward(frame, WORKERS, samples);
    findings.near(c.ours("y"), plan.output(frame, 0, samples).reshape(c.shape("y")));
    if (!c.has("dx")) {
      return;
    }
    plan.gradOutput(frame, 0, c.floats("dy"), 0, samples);
    plan.backward(frame, WORKERS, samples);
    findings.near(c.ours("dx"), plan.gradInput(frame, 0, samples).reshape(c.shape("x")));
    for (Parameter p : model.parameters()) {
      String array = arrays.get(p.spec().name());
      if (p.learned()) {
        float[] gradient = Arrays.copyOfRange(frame.gradients(), p.at(), p.at() + p.size());
        findings.near("d" + array, Tensor.of(p.spec().shape(), gradient));
      } else if (c.has(array + "_after")) {
        findings.near(array + "_after", parameters.get(p.name()));
      }
    }
  }

  /// The arrays that hold a layer's parameters.
  private static Map<String, String> names(Layer layer) {
    return layer instanceof BatchNorm
        ? Map.of(
            "weight", "scale", "bias", "bias", "runningMean", "mean", "runningVariance", "variance")
        : Map.of("weight", "w", "bias", "b");
  }

  private static Layer layer(Case c) {
    return switch (c.word("op")) {
      case "convolution" -> GoldenLayers.convolution(c);
      case "transposed-convolution" -> GoldenLayers.transposed(c);
      case "batch-norm" -> new BatchNorm(c.number("epsilon", 0), c.number("momentum", 0));
      case "lrn" ->
          new LocalResponseNorm(
              c.numbers("size")[0], c.number("alpha", 0), c.number("beta", 0), c.number("k", 0));
      case "dense" -> Dense.of(c.shape("w").size(0)).bias(c.has("b") ? Bias.WITH : Bias.WITHOUT);
      case "upsample" ->
          c.word("mode").equals("nearest")
              ? Upsample.nearest(c.numbers("factor"))
              : Upsample.linear(c.numbers("factor"));
      case "softmax" -> new Softmax();
      case "relu" -> new Activate(Activation.RELU);
      case "leaky-relu" -> new Activate(Activation.leakyRelu(c.number("slope", 0)));
      case "sigmoid" -> new Activate(Activation.SIGMOID);
      case "tanh" -> new Activate(Activation.TANH);
      case "gelu" -> new Activate(Activation.GELU);
      case "gelu-tanh" -> new Activate(new Activation.Gelu(Activation.Gelu.Form.TANH));
      case "silu" -> new Activate(Activation.SILU);
      default -> GoldenLayers.pool(c);
    };
  }
}
