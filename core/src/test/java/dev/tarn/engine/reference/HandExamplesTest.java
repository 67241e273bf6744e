package dev.tarn.engine.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.engine.contract.Trial;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Interpolation;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Window;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Every kernel on numbers small enough to check by hand.
final class HandExamplesTest {
  private final Trial trial = new Trial("by hand", 1, 1);

  private Buffer given(String name, float... values) {
    Buffer buffer = trial.input(name, values.length, Trial::integer);
    trial.values(buffer, values);
    return buffer;
  }

  private Frame run() {
    try (Workers workers = Workers.of(1)) {
      return trial.run(new ReferenceEngine(), workers);
    }
  }

  private void expect(Frame frame, Buffer buffer, float... values) {
    assertArrayEquals(values, trial.read(frame, buffer), buffer.name());
  }

  @Test
  void convolutionOfAMap() {
    // Diagonal differences of 1 … 9: every x[i][j] − x[i+1][j+1] is −4.
    ConvGeometry g = ConvTrials.geometry(1, 1, 1, Window.of(2), 3, 3);
    Buffer x = given("x", 1, 2, 3, 4, 5, 6, 7, 8, 9);
    Buffer w = given("w", 1, 0, 0, -1);
    Buffer bias = given("bias", 10);
    Buffer gradY = given("gradY", 1, 2, 3, 4);
    Buffer y = trial.sample("y", 4);
    Buffer gradX = trial.sample("gradX", 9);
    Buffer gradW = trial.gradient("gradW", 4);
    Buffer gradBias = trial.gradient("gradBias", 1);
    trial.forward(new ConvProblem.Forward(g, x, w, bias, y));
    trial.forward(new ConvProblem.BackwardData(g, gradY, w, gradX));
    trial.forward(new ConvProblem.BackwardWeights(g, x, gradY, gradW, gradBias));
    Frame frame = run();
    expect(frame, y, 6, 6, 6, 6);
    expect(frame, gradX, 1, 2, 0, 3, 3, -2, 0, -3, -4);
    // 1·1+2·2+3·4+4·5, and so on one cell further.
    expect(frame, gradW, 37, 47, 67, 77);
    expect(frame, gradBias, 10);
  }

  @Test
  void windowsWhollyInPaddingGiveTheBias() {
    ConvGeometry g = ConvTrials.geometry(1, 1, 1, Window.of(1).padding(1), 1, 2);
    Buffer x = given("x", 3, 4);
    Buffer w = given("w", 2);
    Buffer bias = given("bias", 100);
    Buffer y = trial.sample("y", 12);
    trial.forward(new ConvProblem.Forward(g, x, w, bias, y));
    expect(run(), y, 100, 100, 100, 100, 100, 106, 108, 100, 100, 100, 100, 100);
  }

  @Test
  void channelsLieLast() {
    // Two channels in, two out, one position: filter 0 takes the difference, filter 1 ten times it.
    ConvGeometry g = ConvTrials.geometry(2, 2, 1, Window.of(1), 2);
    Buffer x = given("x", 5, 3, 1, 2);
    Buffer w = given("w", 1, -1, 10, -10);
    Buffer y = trial.sample("y", 4);
    trial.forward(new ConvProblem.Forward(g, x, w, null, y));
    expect(run(), y, 2, 20, -1, -10);
  }

  @Test
  void denseLayer() {
    Buffer x = given("x", 1, 2, 3);
    Buffer w = given("w", 1, 1, 1, 0, -1, 2);
    Buffer bias = given("bias", 10, 20);
    Buffer gradY = given("gradY", 1, 2);
    Buffer y = trial.sample("y", 2);
    Buffer gradX = trial.sample("gradX", 3);
    Buffer gradW = trial.gradient("gradW", 6);
    Buffer gradBias = trial.gradient("gradBias", 2);
    trial.forward(new DenseProblem.Forward(3, 2, x, w, bias, y));
    trial.forward(new DenseProblem.BackwardData(3, 2, gradY, w, gradX));
    trial.forward(new DenseProblem.BackwardWeights(3, 2, x, gradY, gradW, gradBias));
    Frame frame = run();
    expect(frame, y, 16, 24);
    expect(frame, gradX, 1, -1, 5);
    expect(frame, gradW, 1, 2, 3, 2, 4, 6);
    expect(frame, gradBias, 1, 2);
  }

  @Test
  void rectifiers() {
    Buffer x = given("x", -2, -0f, 0, 3, Float.NaN, Float.NEGATIVE_INFINITY);
    Buffer y = trial.sample("y", 6);
    Buffer leaky = trial.sample("leaky", 6);
    trial.forward(new PointwiseProblem.Activate(Activation.RELU, 6, x, y));
    trial.forward(new PointwiseProblem.Activate(Activation.leakyRelu(0.5), 6, x, leaky));
    Frame frame = run();
    expect(frame, y, 0, 0, 0, 3, Float.NaN, 0);
    expect(frame, leaky, -1, -0f, 0, 3, Float.NaN, Float.NEGATIVE_INFINITY);
  }

  @Test
  void smoothFunctionsAtKnownPlaces() {
    // By mpmath with 60 digits: x·Φ(x) for GELU, x/(1 + e^−x) at 0 and the ends.
    Buffer x = given("x", -8, -3, -0.5f, 0, 2, 100, -100);
    Buffer gelu = trial.sample("gelu", 7);
    Buffer sigmoid = trial.sample("sigmoid", 7);
    Buffer tanh = trial.sample("tanh", 7);
    Buffer silu = trial.sample("silu", 7);
    trial.forward(new PointwiseProblem.Activate(Activation.GELU, 7, x, gelu));
    trial.forward(new PointwiseProblem.Activate(Activation.SIGMOID, 7, x, sigmoid));
    trial.forward(new PointwiseProblem.Activate(Activation.TANH, 7, x, tanh));
    trial.forward(new PointwiseProblem.Activate(Activation.SILU, 7, x, silu));
    Frame frame = run();
    expect(
        frame,
        gelu,
        (float) -4.976768459417427e-15,
        (float) -0.0040496940948902835,
        (float) -0.15426876936299344,
        0,
        (float) 1.9544997361036416,
        100,
        -0f);
    float[] halves = trial.read(frame, sigmoid);
    assertArrayEquals(
        new float[] {0.5f, 1, 3.8e-44f}, new float[] {halves[3], halves[5], halves[6]});
    float[] units = trial.read(frame, tanh);
    assertArrayEquals(new float[] {0, 1, -1}, new float[] {units[3], units[5], units[6]});
    float[] swish = trial.read(frame, silu);
    assertArrayEquals(new float[] {0, 100}, new float[] {swish[3], swish[5]});
  }

  @Test
  void channelGate() {
    Buffer x = given("x", 1, 2, 3, 4);
    Buffer gate = given("gate", 10, 100);
    Buffer gradY = given("gradY", 1, 1, 1, 1);
    Buffer y = trial.sample("y", 4);
    Buffer gradX = trial.sample("gradX", 4);
    Buffer gradGate = trial.sample("gradGate", 2);
    List<Operand> operands = List.of(new Operand(x, 2, 2), new Operand(gate, 1, 2));
    var product = new PointwiseProblem.Combine(Operator.MULTIPLY, 2, 2, operands, y);
    trial.forward(product);
    trial.forward(new PointwiseProblem.CombineBackward(product, 0, gradY, gradX));
    trial.forward(new PointwiseProblem.CombineBackward(product, 1, gradY, gradGate));
    Frame frame = run();
    expect(frame, y, 10, 200, 30, 400);
    expect(frame, gradX, 10, 100, 10, 100);
    expect(frame, gradGate, 4, 6);
  }

  @Test
  void biasAndItsGradient() {
    Buffer x = given("x", 1, 2, 3, 4);
    Buffer bias = given("bias", 10, 100);
    Buffer y = trial.sample("y", 4);
    Buffer gradBias = trial.gradient("gradBias", 2);
    Buffer into = given("into", 1, 1, 1, 1);
    trial.forward(new PointwiseProblem.AddBias(2, 2, x, bias, y));
    trial.forward(new PointwiseProblem.AddBiasBackward(2, 2, x, gradBias));
    trial.forward(new PointwiseProblem.Accumulate(4, x, into));
    Frame frame = run();
    expect(frame, y, 11, 102, 13, 104);
    expect(frame, gradBias, 4, 6);
    expect(frame, into, 2, 3, 4, 5);
  }

  @Test
  void softmaxOfEqualScores() {
    Buffer x = given("x", 7, 7, 7, 7);
    Buffer gradY = given("gradY", 4, 0, 0, 0);
    Buffer y = trial.sample("y", 4);
    Buffer gradX = trial.sample("gradX", 4);
    trial.forward(new PointwiseProblem.Softmax(1, 4, x, y));
    trial.forward(new PointwiseProblem.SoftmaxBackward(1, 4, y, gradY, gradX));
    Frame frame = run();
    expect(frame, y, 0.25f, 0.25f, 0.25f, 0.25f);
    expect(frame, gradX, 0.75f, -0.25f, -0.25f, -0.25f);
  }

  @Test
  void batchNormOfTwoValues() {
    // Mean 3, variance 4, epsilon 0: −1 and 1; then times 10 plus 100. Unbiased variance 8.
    Buffer x = given("x", 1, 5);
    Buffer weight = given("weight", 10);
    Buffer bias = given("bias", 100);
    Buffer mean = given("mean", 0);
    Buffer variance = given("variance", 0);
    Buffer gradY = given("gradY", 1, 3);
    Buffer saved = trial.whole("saved", 2);
    Buffer y = trial.sample("y", 2);
    Buffer gradX = trial.sample("gradX", 2);
    Buffer gradWeight = trial.gradient("gradWeight", 1);
    Buffer gradBias = trial.gradient("gradBias", 1);
    trial.forward(
        new NormProblem.BatchTraining(2, 1, 0, 0.25, x, weight, bias, mean, variance, saved, y));
    trial.forward(
        new NormProblem.BatchBackward(2, 1, x, weight, saved, gradY, gradX, gradWeight, gradBias));
    Frame frame = run();
    expect(frame, y, 90, 110);
    expect(frame, saved, 3, 0.5f);
    expect(frame, mean, 0.75f);
    expect(frame, variance, 2);
    expect(frame, gradBias, 4);
    expect(frame, gradWeight, 2);
    // Two values always become −1 and 1, so nothing moves the output.
    expect(frame, gradX, 0, 0);
  }

  @Test
  void batchNormWithGivenStatistics() {
    Buffer x = given("x", 1, 5);
    Buffer weight = given("weight", 3);
    Buffer bias = given("bias", 100);
    Buffer mean = given("mean", 1);
    Buffer variance = given("variance", 3);
    Buffer y = trial.sample("y", 2);
    Buffer gradX = trial.sample("gradX", 2);
    Buffer gradWeight = trial.gradient("gradWeight", 1);
    Buffer gradBias = trial.gradient("gradBias", 1);
    trial.forward(new NormProblem.BatchInference(2, 1, 1, x, weight, bias, mean, variance, y));
    trial.forward(
        new NormProblem.BatchFrozenBackward(
            2, 1, 1, x, weight, mean, variance, x, gradX, gradWeight, gradBias));
    Frame frame = run();
    expect(frame, y, 100, 106);
    expect(frame, gradX, 1.5f, 7.5f);
    expect(frame, gradWeight, 10);
    expect(frame, gradBias, 6);
  }

  @Test
  void localResponseNorm() {
    // size 3, alpha 3, beta 1, k 1: x_c / (1 + Σ x²).
    Buffer x = given("x", 1, 2, 1);
    Buffer y = trial.sample("y", 3);
    trial.forward(new NormProblem.Local(1, 3, 3, 3, 1, 1, x, y));
    expect(run(), y, 1f / 6, 2f / 7, 1f / 6);
  }

  @Test
  void localResponseNormOfEvenSizeLooksFurtherForward() {
    // size 2: a channel and the one after it.
    Buffer x = given("x", 1, 2, 3);
    Buffer y = trial.sample("y", 3);
    trial.forward(new NormProblem.Local(1, 3, 2, 2, 1, 1, x, y));
    expect(run(), y, 1f / 6, 2f / 14, 3f / 10);
  }

  @Test
  void layouts() {
    Buffer x = given("x", 1, 10, 2, 20, 3, 30);
    Buffer first = trial.sample("first", 6);
    Buffer last = trial.sample("last", 6);
    trial.forward(new MoveProblem.ToChannelsFirst(3, 2, x, first));
    trial.forward(new MoveProblem.ToChannelsLast(3, 2, first, last));
    Frame frame = run();
    expect(frame, first, 1, 2, 3, 10, 20, 30);
    expect(frame, last, 1, 10, 2, 20, 3, 30);
  }

  @Test
  void someChannelsCopied() {
    Buffer x = given("x", 1, 2, 3, 4);
    Buffer y = given("y", 0, 0, 0, 0, 0, 0);
    trial.forward(new MoveProblem.CopyChannels(2, 1, x, 2, 1, y, 3, 2));
    expect(run(), y, 0, 0, 2, 0, 0, 4);
  }

  @Test
  void zerosAround() {
    Buffer x = given("x", 1, 2);
    Buffer y = trial.sample("y", 8);
    Buffer gradX = trial.sample("gradX", 2);
    var pad = new MoveProblem.Pad(1, List.of(1, 1, 2), List.of(0, 0, 1), List.of(0, 1, 1), x, y);
    Buffer gradY = given("gradY", 1, 2, 3, 4, 5, 6, 7, 8);
    trial.forward(pad);
    trial.forward(new MoveProblem.PadBackward(pad, gradY, gradX));
    Frame frame = run();
    expect(frame, y, 0, 1, 2, 0, 0, 0, 0, 0);
    expect(frame, gradX, 2, 3);
  }

  @Test
  void twiceAsWide() {
    Buffer x = given("x", 4, 8);
    Buffer gradY = given("gradY", 1, 2, 3, 4);
    Buffer nearest = trial.sample("nearest", 4);
    Buffer linear = trial.sample("linear", 4);
    Buffer gradNearest = trial.sample("gradNearest", 2);
    Buffer gradLinear = trial.sample("gradLinear", 2);
    List<Integer> sizes = List.of(1, 1, 2);
    List<Integer> factors = List.of(1, 1, 2);
    var repeat = new MoveProblem.Upsample(1, sizes, factors, Interpolation.NEAREST, x, nearest);
    var mix = new MoveProblem.Upsample(1, sizes, factors, Interpolation.LINEAR, x, linear);
    trial.forward(repeat);
    trial.forward(mix);
    trial.forward(new MoveProblem.UpsampleBackward(repeat, gradY, gradNearest));
    trial.forward(new MoveProblem.UpsampleBackward(mix, gradY, gradLinear));
    Frame frame = run();
    expect(frame, nearest, 4, 4, 8, 8);
    expect(frame, linear, 4, 5, 7, 8);
    expect(frame, gradNearest, 3, 7);
    expect(frame, gradLinear, 1 + 1.5f + 0.75f, 0.5f + 2.25f + 4);
  }
}
