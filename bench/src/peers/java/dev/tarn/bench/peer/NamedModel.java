package dev.tarn.bench.peer;

import dev.tarn.layer.Conv;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.zoo.Zoo;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A case's name as a network, of one layer for pooling and convolution, so that a library needs
/// one way into it only.
///
/// @param model the network
/// @param batch samples
/// @param work what to do with it
record NamedModel(Model model, int batch, Work work) {
  /// What one run of a case is.
  enum Work {
    /// Outputs for inputs.
    FORWARD,
    /// Outputs, and the gradients of the inputs for gradients of the outputs.
    FORWARD_BACKWARD,
    /// One step of SGD with momentum.
    STEP
  }

  static final float LEARNING_RATE = 0.001f;
  static final float MOMENTUM = 0.9f;

  private static final Pattern POOL =
      Pattern.compile("(pool|poolfb)\\.(\\w+)\\.nchw\\.(\\d+)x(\\d+)x(\\d+)x(\\d+)");
  private static final Pattern SLIDING = Pattern.compile("(max|avg|l2_)(\\d+)s(\\d+)");
  private static final Pattern CONV =
      Pattern.compile("conv\\.nchw\\.c(\\d+)-(\\d+)-(\\d+)(?:s(\\d+))?-(\\d+)");
  private static final Pattern INFER = Pattern.compile("infer\\.(\\w+)\\.b(\\d+)\\.nchw");
  private static final Pattern TRAIN = Pattern.compile("train\\.(\\w+)\\.b(\\d+)\\.step");

  /// Null if it names nothing in channels-first memory, which is all these libraries have.
  static @Nullable NamedModel of(String name) {
    Matcher pool = POOL.matcher(name);
    if (pool.matches()) {
      Node input = Model.input(number(pool, 4), number(pool, 5), number(pool, 6));
      Work work = pool.group(1).equals("pool") ? Work.FORWARD : Work.FORWARD_BACKWARD;
      return new NamedModel(input.then(pooling(pool.group(2))).build(), number(pool, 3), work);
    }
    Matcher conv = CONV.matcher(name);
    if (conv.matches()) {
      int kernel = number(conv, 3);
      int stride = conv.group(4) == null ? 1 : number(conv, 4);
      Conv layer =
          Conv.of(number(conv, 5), kernel).stride(stride).padding(stride == 1 ? kernel / 2 : 0);
      Node input = Model.input(number(conv, 1), number(conv, 2), number(conv, 2));
      return new NamedModel(input.then(layer).build(), 1, Work.FORWARD);
    }
    Matcher infer = INFER.matcher(name);
    if (infer.matches()) {
      return new NamedModel(network(infer.group(1)), number(infer, 2), Work.FORWARD);
    }
    Matcher train = TRAIN.matcher(name);
    return train.matches()
        ? new NamedModel(network(train.group(1)), number(train, 2), Work.STEP)
        : null;
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  private static Pool pooling(String kind) {
    if (kind.equals("gap")) {
      return Pool.global(Reduction.average());
    }
    Matcher sliding = SLIDING.matcher(kind);
    if (!sliding.matches()) {
      throw new IllegalArgumentException(kind);
    }
    int kernel = number(sliding, 2);
    int stride = number(sliding, 3);
    Pool pool =
        switch (sliding.group(1)) {
          case "max" -> Pool.max(kernel);
          case "avg" -> Pool.average(kernel);
          default -> Pool.lp(2, kernel);
        };
    return pool.stride(stride).padding(stride == 1 ? (kernel - 1) / 2 : 0);
  }

  private static Model network(String name) {
    return name.equals("alexnet") ? Zoo.ALEXNET_ONE_COLUMN.model() : Zoo.of(name).model();
  }

  /// The shape of a batch of inputs.
  Shape inputShape() {
    return model.inputs().getFirst().shape().batch(batch);
  }

  /// The shape of a batch of outputs.
  Shape outputShape() {
    return model.outputs().getFirst().shape().batch(batch);
  }

  /// Normal numbers for a batch of inputs, in logical order.
  float[] inputs() {
    var random = SeededRandom.of(2);
    float[] values = new float[inputShape().arraySize()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.gaussian();
    }
    return values;
  }

  /// A class for each sample.
  int[] labels() {
    var random = SeededRandom.of(4);
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      labels[i] = random.nextInt(model.outputs().getFirst().shape().size(0));
    }
    return labels;
  }
}
