package dev.tarn.gradient;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.f64.engine.Frame;
import dev.tarn.f64.engine.Workers;
import dev.tarn.f64.layer.BatchNorm;
import dev.tarn.f64.layer.Layer;
import dev.tarn.f64.model.Model;
import dev.tarn.f64.model.Node;
import dev.tarn.f64.model.Parameter;
import dev.tarn.f64.model.Parameters;
import dev.tarn.f64.plan.Plan;
import dev.tarn.f64.plan.PlanOptions;
import dev.tarn.f64.plan.SampleModels;
import dev.tarn.f64.tensor.SeededRandom;
import dev.tarn.f64.tensor.Tensor;
import dev.tarn.f64.train.Loss;
import dev.tarn.f64.train.Targets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The gradients of whole models by parameters and inputs, by central differences in double: every
/// layer kind, branches that meet, several inputs and outputs, a layer of the user's own.
final class ModelGradientTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int BATCH = 3;

  /// Numbers of one parameter or input that are tried.
  private static final int MOST = 20;

  static List<String> models() {
    return List.copyOf(SampleModels.all().keySet());
  }

  @Test
  void everyKindOfLayerIsTried() {
    Set<Class<?>> tried =
        SampleModels.all().values().stream()
            .flatMap(model -> model.nodes().stream())
            .map(node -> node.layer().getClass())
            .collect(Collectors.toSet());
    for (Class<?> kind : Layer.class.getPermittedSubclasses()) {
      boolean found = tried.stream().anyMatch(kind::isAssignableFrom);
      assertTrue(found, () -> "no sample model has a " + kind.getSimpleName());
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void model(String name) {
    check(name, SampleModels.all().get(name), Set.of());
  }

  @ParameterizedTest
  @MethodSource("models")
  void modelWithFrozenNorms(String name) {
    Model model = SampleModels.all().get(name);
    Set<String> norms =
        model.nodes().stream()
            .filter(node -> node.layer() instanceof BatchNorm)
            .map(Node::name)
            .collect(Collectors.toSet());
    if (!norms.isEmpty()) {
      check(name, model, norms);
    }
  }

  /// `L = Σ outputs · weights` with random weights.
  private static void check(String name, Model model, Set<String> frozen) {
    SeededRandom random = SeededRandom.of(SEED, name.hashCode());
    Parameters parameters = Parameters.initialize(model, SEED);
    for (Parameter parameter : model.parameters()) {
      // Biases and shifts start at 0, where a wrong gradient could hide.
      for (int i = 0; i < parameter.size() && parameter.learned(); i++) {
        parameters.array()[parameter.at() + i] += 0.2 * random.gaussian();
      }
    }
    List<Tensor> inputs = randoms(model.inputs(), random);
    List<Tensor> weights = randoms(model.outputs(), random);
    PlanOptions options =
        PlanOptions.training(BATCH)
            .frozen(frozen)
            .gradients(PlanOptions.Gradients.PARAMETERS_AND_INPUTS);
    Plan plan = Plan.of(model, options);
    Frame frame = plan.frame(parameters);
    frame.randomness(SEED, 3);
    try (Workers workers = Workers.of(1)) {
      DoubleSupplier loss =
          () -> {
            forward(plan, frame, workers, inputs);
            double sum = 0;
            for (int o = 0; o < weights.size(); o++) {
              double[] output = plan.output(frame, o, BATCH).array();
              for (int i = 0; i < output.length; i++) {
                sum += output[i] * weights.get(o).array()[i];
              }
            }
            return sum;
          };
      forward(plan, frame, workers, inputs);
      for (int o = 0; o < weights.size(); o++) {
        plan.gradOutput(frame, o, weights.get(o).array(), 0, BATCH);
      }
      plan.backward(frame, workers, BATCH);
      double[] gradients = frame.gradients().clone();
      for (Parameter parameter : model.parameters()) {
        if (parameter.learned() && !frozen.contains(parameter.node())) {
          double[] slice =
              Arrays.copyOfRange(gradients, parameter.at(), parameter.at() + parameter.size());
          String what = "%s, %s, seed %d".formatted(name, parameter.name(), SEED);
          compare(what, parameters.array(), parameter.at(), slice, loss, random);
        }
      }
      forward(plan, frame, workers, inputs);
      for (int o = 0; o < weights.size(); o++) {
        plan.gradOutput(frame, o, weights.get(o).array(), 0, BATCH);
      }
      plan.backward(frame, workers, BATCH);
      List<double[]> byInputs = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        byInputs.add(plan.gradInput(frame, i, BATCH).array());
      }
      for (int i = 0; i < inputs.size(); i++) {
        String what = "%s, input %d, seed %d".formatted(name, i, SEED);
        compare(what, inputs.get(i).array(), 0, byInputs.get(i), loss, random);
      }
    }
  }

  private static List<Tensor> randoms(List<Node> nodes, SeededRandom random) {
    List<Tensor> tensors = new ArrayList<>();
    for (Node node : nodes) {
      Tensor tensor = Tensor.zeros(node.shape().batch(BATCH));
      for (int i = 0; i < tensor.array().length; i++) {
        tensor.array()[i] = random.gaussian();
      }
      tensors.add(tensor);
    }
    return tensors;
  }

  private static void forward(Plan plan, Frame frame, Workers workers, List<Tensor> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      plan.input(frame, i, inputs.get(i));
    }
    plan.forward(frame, workers, BATCH);
  }

  private static void compare(
      String what,
      double[] values,
      int at,
      double[] gradient,
      DoubleSupplier loss,
      SeededRandom random) {
    int[] order = random.permutation(gradient.length);
    for (int k = 0; k < Math.min(MOST, order.length); k++) {
      int i = order[k];
      assertTrue(
          agrees(values, at + i, gradient[i], loss),
          () -> "%s[%d]: %s is not the slope".formatted(what, i, gradient[i]));
    }
  }

  /// Whether the gradient is the slope. Somewhere in a model a ReLU or a maximum may have its
  /// corner within ε; then a smaller ε, which has more rounding but fewer corners, decides.
  private static boolean agrees(double[] values, int at, double gradient, DoubleSupplier loss) {
    double old = values[at];
    for (double epsilon = CentralDifferences.EPSILON; epsilon > 5e-8; epsilon /= 10) {
      values[at] = old + epsilon;
      double above = loss.getAsDouble();
      values[at] = old - epsilon;
      double below = loss.getAsDouble();
      values[at] = old;
      if (CentralDifferences.near((above - below) / (2 * epsilon), gradient)) {
        return true;
      }
    }
    return false;
  }

  @Test
  void trainingStepOfTheTextbookModelThroughCrossEntropy() {
    Model model = SampleModels.all().get("textbook");
    SeededRandom random = SeededRandom.of(SEED);
    Parameters parameters = Parameters.initialize(model, SEED);
    Tensor images = randoms(model.inputs(), random).getFirst();
    Targets targets = Targets.classes(3, 9, 0);
    Loss loss = Loss.crossEntropy();
    Plan plan = Plan.training(model, BATCH);
    Frame frame = plan.frame(parameters);
    try (Workers workers = Workers.of(1)) {
      DoubleSupplier value =
          () -> {
            forward(plan, frame, workers, List.of(images));
            return loss.value(plan.output(frame, 0, BATCH), targets);
          };
      forward(plan, frame, workers, List.of(images));
      Tensor gradOutput = loss.gradient(plan.output(frame, 0, BATCH), targets);
      plan.gradOutput(frame, 0, gradOutput.array(), 0, BATCH);
      plan.backward(frame, workers, BATCH);
      double[] gradients = frame.gradients().clone();
      for (Parameter parameter : model.parameters()) {
        double[] slice =
            Arrays.copyOfRange(gradients, parameter.at(), parameter.at() + parameter.size());
        compare(parameter.name(), parameters.array(), parameter.at(), slice, value, random);
      }
    }
  }
}
