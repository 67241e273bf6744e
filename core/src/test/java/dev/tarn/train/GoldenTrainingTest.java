package dev.tarn.train;

import dev.tarn.golden.Findings;
import dev.tarn.golden.GoldenCases.Case;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Losses, optimizers and schedules give PyTorch's numbers.
class GoldenTrainingTest {
  @Test
  void losses() {
    Findings.of(
        "loss",
        90,
        (c, findings) -> {
          Loss loss = loss(c);
          Targets targets =
              c.has("labels")
                  ? Targets.classes(c.ints("labels"))
                  : Targets.values(c.tensor("target"));
          findings.number("loss", c.doubles("loss")[0], loss.value(c.tensor("x"), targets), 2e-7);
          findings.near("dx", loss.gradient(c.tensor("x"), targets), 2e-7, 1e-12);
        });
  }

  private static Loss loss(Case c) {
    return switch (c.word("op")) {
      case "cross-entropy" -> {
        var plain = Loss.crossEntropy().smoothing(c.number("smoothing", 0));
        yield c.has("weights") ? plain.classWeights(c.doubles("weights")) : plain;
      }
      case "binary-cross-entropy" -> Loss.binaryCrossEntropy();
      case "mean-squared-error" -> Loss.meanSquaredError();
      case "huber" -> Loss.huber(c.number("delta", 1));
      default -> throw new IllegalStateException(c.word("op"));
    };
  }

  @Test
  void fiveUpdatesOfEveryOptimizer() {
    Findings.of(
        "optimizer",
        20,
        (c, findings) -> {
          Optimizer optimizer = optimizer(c);
          Shape shape = c.shape("w");
          int size = shape.size(1);
          float[] expected = c.floats("w");
          float[] gradients = c.floats("g");
          float[] weights = Arrays.copyOf(expected, size);
          float[] rows = Arrays.copyOf(weights, expected.length);
          float[][] slots = new float[optimizer.slots()][size];
          for (int t = 1; t < shape.size(0); t++) {
            float[] gradient = Arrays.copyOfRange(gradients, (t - 1) * size, t * size);
            Update.apply(
                optimizer,
                t,
                optimizer.rate(),
                optimizer.weightDecay(),
                weights,
                gradient,
                slots,
                0,
                size);
            System.arraycopy(weights, 0, rows, t * size, size);
          }
          findings.near("w", Tensor.of(shape, rows), 1e-6, 2e-7);
        });
  }

  private static Optimizer optimizer(Case c) {
    double rate = c.number("lr", 0);
    double decay = c.number("weight_decay", 0);
    double momentum = c.number("momentum", 0);
    double epsilon = c.number("eps", 0);
    var all = Optimizer.Decay.ALL;
    return switch (c.word("op")) {
      case "sgd" -> {
        var sgd = Optimizer.sgd(rate).momentum(momentum).weightDecay(decay).decay(all);
        yield c.words().containsKey("nesterov") ? sgd.nesterov() : sgd;
      }
      case "adam" -> new Optimizer.Adam(rate, beta(c, 0), beta(c, 1), epsilon, decay, all);
      case "adamw" -> new Optimizer.AdamW(rate, beta(c, 0), beta(c, 1), epsilon, decay, all);
      case "rmsprop" ->
          new Optimizer.RmsProp(rate, c.number("alpha", 0), epsilon, momentum, decay, all);
      case "adagrad" -> new Optimizer.Adagrad(rate, 0, epsilon, decay, all);
      default -> throw new IllegalStateException(c.word("op"));
    };
  }

  private static double beta(Case c, int number) {
    return Double.parseDouble(c.word("betas").split(",", -1)[number]);
  }

  @Test
  void schedules() {
    Findings.of(
        "schedule",
        12,
        (c, findings) -> {
          Schedule schedule = schedule(c);
          double[] rates = c.doubles("rate");
          double[] losses = c.has("metric") ? c.doubles("metric") : new double[rates.length];
          Schedule.State state = Schedule.State.START;
          for (int epoch = 0; epoch < rates.length; epoch++) {
            double rate = c.number("rate", 0) * schedule.factor(epoch, 0, 1, state);
            findings.number("epoch " + epoch, rates[epoch], rate, 1e-12);
            state = schedule.after(state, losses[epoch]);
          }
        });
  }

  private static Schedule schedule(Case c) {
    double least = c.number("least", 0) / c.number("rate", 1);
    return switch (c.word("op")) {
      case "step" -> Schedule.step(c.numbers("every")[0], c.number("factor", 0));
      case "cosine" -> Schedule.cosine(c.numbers("epochs")[0]).least(least);
      case "warm-up" -> Schedule.constant().warmUp(c.numbers("steps")[0]);
      case "plateau" ->
          new Schedule.Plateau(
              c.numbers("patience")[0], c.number("factor", 0), c.number("threshold", 0), least);
      default -> throw new IllegalStateException(c.word("op"));
    };
  }
}
