package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.SeededRandom;
import java.util.ArrayList;
import java.util.List;

/// Arithmetic element by element, and what goes with it.
public final class PointwiseTrials {
  private static final double ROUNDING = 1e-6;

  private PointwiseTrials() {}

  /// Functions with every kind of argument.
  public static List<Activation> activations() {
    return List.of(
        Activation.RELU,
        Activation.leakyRelu(0.25),
        Activation.leakyRelu(0),
        Activation.leakyRelu(-0.5),
        Activation.SIGMOID,
        Activation.TANH,
        Activation.GELU,
        new Activation.Gelu(Activation.Gelu.Form.TANH),
        Activation.SILU);
  }

  public static Trial activate(
      String name, Activation function, int batch, int size, long seed, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, seed);
    Buffer x = trial.input("x", size, fill);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer y = trial.sample("y", size);
    Buffer gradX = trial.sample("gradX", size);
    Buffer value = PointwiseProblem.ActivateBackward.needsInput(function) ? x : y;
    return trial
        .forward(new PointwiseProblem.Activate(function, size, x, y))
        .backward(new PointwiseProblem.ActivateBackward(function, size, value, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  /// Forward over its own input, and backward over its own gradient.
  private static Trial activateInPlace(Activation function) {
    Trial trial = new Trial("in_place " + function, 3, 1);
    Buffer x = trial.input("x", 37, Trial::real);
    Buffer value = trial.input("value", 37, Trial::real);
    Buffer grad = trial.input("grad", 37, Trial::real);
    return trial
        .forward(new PointwiseProblem.Activate(function, 37, x, x))
        .backward(new PointwiseProblem.ActivateBackward(function, 37, value, grad, grad));
  }

  /// Sums and products; `shapes` are positions and channels of each operand.
  public static Trial combine(
      String name,
      Operator operator,
      int batch,
      int positions,
      int channels,
      int[][] shapes,
      long seed,
      Trial.Fill fill) {
    Trial trial = new Trial(name, batch, seed);
    int size = positions * channels;
    List<Operand> operands = new ArrayList<>();
    for (int[] shape : shapes) {
      Buffer x = trial.input("x" + operands.size(), (long) shape[0] * shape[1], fill);
      operands.add(new Operand(x, shape[0], shape[1]));
    }
    Buffer gradY = trial.input("gradY", size, fill);
    Buffer y = trial.sample("y", size);
    var combine = new PointwiseProblem.Combine(operator, positions, channels, operands, y);
    trial.forward(combine).output(y, gradY);
    for (int i = 0; i < shapes.length; i++) {
      Buffer x = operands.get(i).x();
      Buffer gradX = trial.sample("gradX" + i, x.size());
      trial.backward(new PointwiseProblem.CombineBackward(combine, i, gradY, gradX));
      trial.differentiate(x, gradX);
    }
    return trial;
  }

  public static Trial dropout(String name, double rate, int batch, int size, long seed) {
    Trial trial = new Trial(name, batch, seed);
    Buffer x = trial.input("x", size, Trial::awayFromZero);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer y = trial.sample("y", size);
    Buffer gradX = trial.sample("gradX", size);
    return trial
        .forward(new PointwiseProblem.Dropout(rate, seed, size, x, y))
        .backward(new PointwiseProblem.Dropout(rate, seed, size, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX);
  }

  public static Trial softmax(String name, int batch, int positions, int channels, long seed) {
    Trial trial = new Trial(name, batch, seed);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, Trial::real);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer y = trial.sample("y", size);
    Buffer gradX = trial.sample("gradX", size);
    return trial
        .forward(new PointwiseProblem.Softmax(positions, channels, x, y))
        .backward(new PointwiseProblem.SoftmaxBackward(positions, channels, y, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX)
        .tolerance(ROUNDING);
  }

  public static Trial bias(
      String name, int batch, int positions, int channels, long seed, Trial.Fill fill) {
    Trial trial = new Trial(name, batch, seed);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, fill);
    Buffer bias = trial.parameter("bias", channels, fill);
    Buffer gradY = trial.input("gradY", size, fill);
    Buffer y = trial.sample("y", size);
    Buffer gradBias = trial.gradient("gradBias", channels);
    return trial
        .forward(new PointwiseProblem.AddBias(positions, channels, x, bias, y))
        .backward(new PointwiseProblem.AddBiasBackward(positions, channels, gradY, gradBias))
        .output(y, gradY)
        .differentiate(bias, gradBias);
  }

  private static Trial accumulate(String name, int batch, int size) {
    Trial trial = new Trial(name, batch, 1);
    Buffer from = trial.input("from", size, Trial::real);
    Buffer into = trial.input("into", size, Trial::real);
    return trial.forward(new PointwiseProblem.Accumulate(size, from, into));
  }

  private static Trial inPlace(String name, int positions, int channels) {
    Trial trial = new Trial(name, 2, 1);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, Trial::real);
    Buffer bias = trial.parameter("bias", channels, Trial::real);
    Buffer z = trial.input("z", size, Trial::real);
    Buffer y = trial.input("y", size, Trial::positive);
    Buffer grad = trial.input("grad", size, Trial::real);
    return trial
        .forward(new PointwiseProblem.AddBias(positions, channels, x, bias, x))
        .forward(new PointwiseProblem.Dropout(0.5, 3, (int) size, x, x))
        .forward(new PointwiseProblem.Softmax(positions, channels, z, z))
        .backward(new PointwiseProblem.SoftmaxBackward(positions, channels, y, grad, grad))
        .tolerance(ROUNDING);
  }

  /// The named cases.
  public static List<Trial> table() {
    List<Trial> table = new ArrayList<>();
    for (Activation function : activations()) {
      table.add(activate("tail_of_one_lane " + function, function, 1, 17, 1, Trial::real));
      table.add(activate("many_blocks " + function, function, 7, 9001, 1, Trial::integer));
      table.add(activate("one_element " + function, function, 1, 1, 1, Trial::real));
      table.add(activate("empty_batch " + function, function, 0, 5, 1, Trial::real));
      table.add(activateInPlace(function));
    }
    int[][] equal = {{6, 19}, {6, 19}};
    int[][] gate = {{6, 19}, {1, 19}};
    int[][] mask = {{6, 19}, {6, 1}};
    int[][] three = {{1, 1}, {6, 1}, {6, 19}};
    for (Operator operator : List.of(Operator.ADD, Operator.MULTIPLY)) {
      table.add(combine("equal_shapes " + operator, operator, 3, 6, 19, equal, 1, Trial::integer));
      table.add(combine("channel_gate " + operator, operator, 2, 6, 19, gate, 1, Trial::integer));
      table.add(combine("plane_mask " + operator, operator, 2, 6, 19, mask, 1, Trial::integer));
      table.add(combine("three_shapes " + operator, operator, 2, 6, 19, three, 1, Trial::integer));
      table.add(combine("empty_batch " + operator, operator, 0, 6, 19, equal, 1, Trial::integer));
    }
    table.add(
        combine(
            "one_cell",
            Operator.MULTIPLY,
            2,
            1,
            1,
            new int[][] {{1, 1}, {1, 1}},
            1,
            Trial::integer));
    table.add(dropout("half_dropped", 0.5, 3, 301, 1));
    table.add(dropout("nothing_dropped", 0, 1, 33, 2));
    table.add(dropout("nearly_all_dropped", 0.99, 2, 5001, 3));
    table.add(softmax("ten_classes", 5, 1, 10, 1));
    table.add(softmax("one_class", 2, 3, 1, 2));
    table.add(softmax("every_position", 2, 12, 21, 3));
    table.add(softmax("many_classes", 3, 1, 1000, 4));
    table.add(bias("bias_of_a_tail_lane", 3, 5, 17, 1, Trial::integer));
    table.add(bias("bias_of_one_position", 6, 1, 4, 1, Trial::integer));
    table.add(bias("bias_of_empty_batch", 0, 3, 4, 1, Trial::integer));
    table.add(accumulate("gradients_meet", 3, 77));
    table.add(inPlace("in_place", 4, 18));
    return table;
  }

  /// A random small case of each kind in turn.
  public static Trial random(Operator operator, long seed, Trial.Fill fill) {
    SeededRandom random = SeededRandom.of(seed);
    int positions = 1 + random.nextInt(5);
    int channels = 1 + random.nextInt(5);
    int[][] shapes = new int[2 + random.nextInt(2)][];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] =
          new int[] {
            i == 0 || random.nextInt(2) == 0 ? positions : 1,
            i == 0 || random.nextInt(2) == 0 ? channels : 1
          };
    }
    int batch = 1 + random.nextInt(3);
    String name = "%s seed %d".formatted(operator, seed);
    return combine(name, operator, batch, positions, channels, shapes, seed, fill);
  }
}
