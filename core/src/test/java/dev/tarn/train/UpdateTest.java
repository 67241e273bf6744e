package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// Two updates of one weight by each formula, worked out by hand.
class UpdateTest {
  /// The weight 1 after updates by the gradients 0.5 and then −1.
  private static float[] twice(Optimizer optimizer) {
    float[] weight = {9, 1};
    float[][] slots = new float[optimizer.slots()][2];
    float[] after = new float[2];
    float[][] gradients = {{7, 0.5f}, {7, -1}};
    for (int t = 1; t <= 2; t++) {
      Update.apply(
          optimizer,
          t,
          optimizer.rate(),
          optimizer.weightDecay(),
          weight,
          gradients[t - 1],
          slots,
          1,
          2);
      after[t - 1] = weight[1];
    }
    assertEquals(9f, weight[0], "a weight outside the range moved");
    return after;
  }

  private static void check(Optimizer optimizer, double first, double second) {
    float[] got = twice(optimizer);
    assertArrayEquals(
        new double[] {first, second}, new double[] {got[0], got[1]}, 3e-7, optimizer::toString);
  }

  @Test
  void sgd() {
    check(Optimizer.sgd(0.1), 0.95, 1.05);
  }

  @Test
  void sgd_with_weight_decay() {
    // 1 − 0.1·(0.5 + 0.2·1) = 0.93; 0.93 − 0.1·(−1 + 0.2·0.93) = 1.0114
    check(Optimizer.sgd(0.1).weightDecay(0.2), 0.93, 1.0114);
  }

  @Test
  void sgd_with_momentum() {
    // v = 0.5, then 0.9·0.5 − 1 = −0.55
    check(Optimizer.sgd(0.1).momentum(0.9), 0.95, 0.95 + 0.055);
  }

  @Test
  void sgd_with_nesterov_momentum() {
    // 0.5 + 0.9·0.5 = 0.95; −1 + 0.9·(−0.55) = −1.495
    check(Optimizer.sgd(0.1).momentum(0.9).nesterov(), 0.905, 0.905 + 0.1495);
  }

  @Test
  void adam() {
    // first: m̂ = 0.5, v̂ = 0.25; second: m = 0.9·0.05 − 0.1 = −0.055, m̂ = −0.055 / 0.19,
    // v = 0.999·0.00025 + 0.001 = 0.00124975, v̂ = v / 0.001999
    double second = -0.1 * (-0.055 / 0.19) / Math.sqrt(0.00124975 / 0.001999);
    check(Optimizer.adam(0.1), 0.9, 0.9 + second);
  }

  @Test
  void adam_adds_weight_decay_to_the_gradient() {
    // g = 0.5 + 0.5·1 = 1, then −1 + 0.5·0.9 = −0.55; m = 0.035, v = 0.0013015
    double second = -0.1 * (0.035 / 0.19) / Math.sqrt(0.0013015 / 0.001999);
    check(Optimizer.adam(0.1).weightDecay(0.5), 0.9, 0.9 + second);
  }

  @Test
  void adam_w_shrinks_the_weight_before_the_step() {
    double step = -0.1 * (-0.055 / 0.19) / Math.sqrt(0.00124975 / 0.001999);
    double first = 1 * (1 - 0.1 * 0.5) - 0.1;
    check(Optimizer.adamW(0.1).weightDecay(0.5), first, first * (1 - 0.1 * 0.5) + step);
  }

  @Test
  void rms_prop() {
    // v = 0.01·0.25 = 0.0025, then 0.99·0.0025 + 0.01 = 0.012475
    double first = 1 - 0.01 * 0.5 / 0.05;
    check(Optimizer.rmsProp(0.01), first, first + 0.01 / Math.sqrt(0.012475));
  }

  @Test
  void rms_prop_with_momentum() {
    // b = 10, then 9 − 1/√0.012475
    double first = 1 - 0.01 * 10;
    check(
        Optimizer.rmsProp(0.01).momentum(0.9), first, first - 0.01 * (9 - 1 / Math.sqrt(0.012475)));
  }

  @Test
  void adagrad() {
    check(Optimizer.adagrad(0.1), 0.9, 0.9 + 0.1 / Math.sqrt(1.25));
  }

  @Test
  void adagrad_with_a_falling_rate() {
    check(Optimizer.adagrad(0.1).rateDecay(1), 0.9, 0.9 + 0.05 / Math.sqrt(1.25));
  }

  @Test
  void constants_out_of_range_are_refused() {
    List<Supplier<Optimizer>> wrong =
        List.of(
            () -> Optimizer.sgd(0),
            () -> Optimizer.sgd(-0.1),
            () -> Optimizer.sgd(Double.NaN),
            () -> Optimizer.sgd(1e38),
            () -> Optimizer.adam(Double.POSITIVE_INFINITY),
            () -> Optimizer.sgd(0.1).momentum(1),
            () -> Optimizer.sgd(0.1).momentum(-0.1),
            () -> Optimizer.sgd(0.1).weightDecay(-1),
            () -> Optimizer.adam(0.1).epsilon(0),
            () -> Optimizer.adam(0.1).betas(1, 0.9),
            () -> Optimizer.adamW(0.1).betas(0.9, Double.NaN),
            () -> Optimizer.rmsProp(0.1).epsilon(0),
            () -> Optimizer.rmsProp(0.1).momentum(1),
            () -> Optimizer.adagrad(0.1).epsilon(-1),
            () -> Optimizer.adagrad(0.1).rateDecay(-1));
    for (int i = 0; i < wrong.size(); i++) {
      Supplier<Optimizer> supplier = wrong.get(i);
      int number = i;
      var e = assertThrows(ParameterException.class, supplier::get, () -> "case " + number);
      assertTrue(e.getMessage().contains("needed"), e::getMessage);
    }
    var e = assertThrows(ParameterException.class, () -> Optimizer.sgd(1e38));
    assertEquals(
        "sgd: learning rate is 1.0E38; needed above 0 and at most 1000000.0.", e.getMessage());
  }
}
