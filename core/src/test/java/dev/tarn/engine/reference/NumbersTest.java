package dev.tarn.engine.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.engine.contract.NormTrials;
import dev.tarn.engine.contract.PointwiseTrials;
import dev.tarn.engine.contract.Trial;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Window;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Numbers at the edges: huge, tiny, infinite, all equal, and in an order that matters.
final class NumbersTest {
  private final Trial trial = new Trial("numbers", 1, 1);

  private Buffer given(String name, float... values) {
    Buffer buffer = trial.input(name, values.length, Trial::integer);
    trial.values(buffer, values);
    return buffer;
  }

  private static Frame run(Trial trial) {
    try (Workers workers = Workers.of(1)) {
      return trial.run(new ReferenceEngine(), workers);
    }
  }

  private static void assertFinite(Trial trial, Frame frame, Buffer buffer) {
    for (float value : trial.read(frame, buffer)) {
      assertTrue(Float.isFinite(value), () -> buffer + " has " + value);
    }
  }

  @Test
  void softmaxOfHugeScoresIsFinite() {
    Buffer x = given("x", 1e38f, -1e38f, 0, 1e38f);
    Buffer y = trial.sample("y", 4);
    trial.forward(new PointwiseProblem.Softmax(1, 4, x, y));
    assertArrayEquals(new float[] {0.5f, 0, 0, 0.5f}, trial.read(run(trial), y));
  }

  @Test
  void batchNormOfOneValueIsFinite() {
    Trial single = NormTrials.training("one value", 1, 1, 3, 1);
    Frame frame = run(single);
    single.buffers().forEach(buffer -> assertFinite(single, frame, buffer));
  }

  @Test
  void batchNormOfEqualValuesIsFinite() {
    Trial equal = NormTrials.training("equal values", 4, 9, 1, 1);
    Buffer x = equal.buffers().getFirst();
    float[] same = new float[36];
    Arrays.fill(same, 0.1f);
    equal.values(x, same);
    Frame frame = run(equal);
    equal.buffers().forEach(buffer -> assertFinite(equal, frame, buffer));
  }

  @Test
  void batchNormOfHugeValuesIsFinite() {
    // Squares of 3e38 leave float, not double.
    Buffer x = given("x", 3e38f, -3e38f);
    Buffer weight = given("weight", 1);
    Buffer bias = given("bias", 0);
    Buffer mean = given("mean", 0);
    Buffer variance = given("variance", 1);
    Buffer saved = trial.whole("saved", 2);
    Buffer y = trial.sample("y", 2);
    trial.forward(
        new NormProblem.BatchTraining(2, 1, 1e-5, 0, x, weight, bias, mean, variance, saved, y));
    float[] got = trial.read(run(trial), y);
    assertEquals(1, got[0], 1e-6f);
    assertEquals(-1, got[1], 1e-6f);
  }

  @Test
  void infinityLessInfinityIsNan() {
    Buffer x = given("x", Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY);
    Buffer w = given("w", 1, -1);
    Buffer y = trial.sample("y", 1);
    trial.forward(new DenseProblem.Forward(2, 1, x, w, null, y));
    assertTrue(Float.isNaN(trial.read(run(trial), y)[0]));
  }

  @Test
  void tinyNumbersAreKept() {
    float tiny = 1e-42f; // below the smallest normal float
    ConvGeometry g = ConvTrials.geometry(1, 1, 1, Window.of(1), 2);
    Buffer x = given("x", tiny, -tiny);
    Buffer w = given("w", 1);
    Buffer y = trial.sample("y", 2);
    trial.forward(new ConvProblem.Forward(g, x, w, null, y));
    assertArrayEquals(new float[] {tiny, -tiny}, trial.read(run(trial), y));
  }

  @Test
  void productsAreNotRoundedBeforeTheyAreAdded() {
    // (1 + u)(1 − u) = 1 − u² is 1 in float; a fused multiply-add keeps the −u².
    // Inputs 0 and 16 belong to the same of sixteen sums.
    float u = 0x1p-13f;
    float[] xs = new float[17];
    float[] ws = new float[17];
    xs[0] = -1;
    ws[0] = 1;
    xs[16] = 1 - u;
    ws[16] = 1 + u;
    Buffer x = given("x", xs);
    Buffer w = given("w", ws);
    Buffer y = trial.sample("y", 1);
    trial.forward(new DenseProblem.Forward(17, 1, x, w, null, y));
    assertArrayEquals(new float[] {-u * u}, trial.read(run(trial), y));
  }

  @Test
  void longSumsLoseNothingInDouble() {
    int positions = 1 << 20;
    Trial wide = new Trial("wide", 1, 1);
    Buffer gradY = wide.input("gradY", positions, random -> 0.1);
    Buffer gradBias = wide.gradient("gradBias", 1);
    wide.forward(new PointwiseProblem.AddBiasBackward(positions, 1, gradY, gradBias));
    assertEquals((float) (positions * (double) 0.1f), wide.read(run(wide), gradBias)[0]);
  }

  @Test
  void dropoutKeepsWhatTheSequenceSays() {
    Trial dropout = PointwiseTrials.dropout("dropout", 0.25, 3, 100, 9);
    Frame frame = run(dropout);
    Buffer x = dropout.gradients().getFirst().of();
    float[] before = dropout.values(x);
    float[] after = dropout.read(frame, dropout.buffers().get(2));
    long key = SeededRandom.of(frame.seed(), frame.step(), 9).state();
    assertEquals(key, DropoutKernel.key(frame.seed(), frame.step(), 9));
    for (int i = 0; i < before.length; i++) {
      boolean kept = (SeededRandom.at(key, i) >>> 11) * 0x1p-53 >= 0.25;
      assertEquals(kept ? before[i] * (float) (1 / 0.75) : 0, after[i], "element " + i);
    }
  }

  @Test
  void dropoutDropsItsShare() {
    Trial dropout = PointwiseTrials.dropout("dropout", 0.3, 10, 10_000, 4);
    float[] after = dropout.read(run(dropout), dropout.buffers().get(2));
    int dropped = 0;
    for (float value : after) {
      dropped += value == 0 ? 1 : 0;
    }
    // 100 000 draws: standard deviation 145.
    assertEquals(30_000.0, dropped, 600);
  }
}
