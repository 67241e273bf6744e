package dev.tarn.engine.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.engine.contract.ConvTrials;
import dev.tarn.engine.contract.DenseTrials;
import dev.tarn.engine.contract.Trial;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Spans;
import dev.tarn.tensor.Window;
import org.junit.jupiter.api.Test;

/// Each sum runs in the documented order with fused multiply-add, to the last bit: against the
/// definitions written down without any thought of speed.
final class SumOrderTest {
  private static final long SEED = Long.getLong("tests.seed", 1);
  private static final int ROUNDS = Integer.getInteger("tests.rounds", 1);

  /// The input cell that tap `k` of output `o` reads, −1 in padding.
  private static int cell(Spans spans, int o, int k) {
    long cell = (long) o * spans.stride() - spans.before() + (long) k * spans.step();
    return cell < 0 || cell >= spans.inputs() ? -1 : (int) cell;
  }

  private static ConvGeometry geometry(SeededRandom random) {
    int axes = 1 + random.nextInt(3);
    int[] sizes = new int[axes];
    int[][] numbers = new int[4][axes];
    for (int axis = 0; axis < axes; axis++) {
      numbers[0][axis] = 1 + random.nextInt(3);
      numbers[1][axis] = 1 + random.nextInt(3);
      numbers[2][axis] = 1 + random.nextInt(2);
      numbers[3][axis] = random.nextInt(4);
      sizes[axis] = 5 + random.nextInt(3);
    }
    Window window =
        Window.of(numbers[0]).stride(numbers[1]).dilation(numbers[2]).padding(numbers[3]);
    int groups = 1 + random.nextInt(2);
    int in = groups * (1 + random.nextInt(4));
    int out = groups * (1 + random.nextInt(6));
    return ConvTrials.geometry(in, out, groups, window, sizes);
  }

  @Test
  void convolutionsAddInTheOrderOfTheWeight() {
    for (long round = 0; round < 60L * ROUNDS; round++) {
      String what = "tests.seed " + SEED + ", round " + round;
      SeededRandom random = SeededRandom.of(SEED, round);
      ConvGeometry g = geometry(random);
      Trial trial = new Trial(what, 2, SEED);
      Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), Trial::real);
      Buffer w = trial.parameter("w", g.weightSize(), Trial::real);
      Buffer bias = trial.parameter("bias", g.outChannels(), Trial::real);
      Buffer gradY = trial.input("gradY", (long) g.outPositions() * g.outChannels(), Trial::real);
      Buffer y = trial.sample("y", (long) g.outPositions() * g.outChannels());
      Buffer gradX = trial.sample("gradX", (long) g.inPositions() * g.inChannels());
      trial.forward(new ConvProblem.Forward(g, x, w, bias, y));
      trial.forward(new ConvProblem.BackwardData(g, gradY, w, gradX));
      float[] wantY = new float[trial.values(gradY).length];
      float[] wantGradX = new float[trial.values(x).length];
      for (int n = 0; n < 2; n++) {
        forward(g, n, trial.values(x), trial.values(w), trial.values(bias), wantY);
        backward(g, n, trial.values(gradY), trial.values(w), wantGradX);
      }
      try (Workers workers = Workers.of(2)) {
        Frame frame = trial.run(new ReferenceEngine(), workers);
        assertArrayEquals(wantY, trial.read(frame, y), what);
        assertArrayEquals(wantGradX, trial.read(frame, gradX), what);
      }
    }
  }

  private static void forward(
      ConvGeometry g, int n, float[] x, float[] w, float[] bias, float[] y) {
    int outs = g.outPositions();
    for (int p = 0; p < outs; p++) {
      for (int o = 0; o < g.outChannels(); o++) {
        int at = (n * outs + p) * g.outChannels() + o;
        y[at] = bias[o];
        for (int c = 0; c < g.groupIn(); c++) {
          for (int tap = 0; tap < g.taps(); tap++) {
            int cell = cell(g, p, tap);
            if (cell >= 0) {
              int channel = o / g.groupOut() * g.groupIn() + c;
              float value = x[(n * g.inPositions() + cell) * g.inChannels() + channel];
              y[at] = Math.fma(w[(o * g.groupIn() + c) * g.taps() + tap], value, y[at]);
            }
          }
        }
      }
    }
  }

  /// Scattering in the order output channel, tap gives each element its products in that order.
  private static void backward(ConvGeometry g, int n, float[] gradY, float[] w, float[] gradX) {
    int outs = g.outPositions();
    for (int o = 0; o < g.outChannels(); o++) {
      for (int tap = 0; tap < g.taps(); tap++) {
        for (int p = 0; p < outs; p++) {
          int cell = cell(g, p, tap);
          for (int c = 0; cell >= 0 && c < g.groupIn(); c++) {
            int channel = o / g.groupOut() * g.groupIn() + c;
            int at = (n * g.inPositions() + cell) * g.inChannels() + channel;
            float grad = gradY[(n * outs + p) * g.outChannels() + o];
            gradX[at] = Math.fma(grad, w[(o * g.groupIn() + c) * g.taps() + tap], gradX[at]);
          }
        }
      }
    }
  }

  /// The input position that a tap of the output at position `p` reads, −1 in padding.
  private static int cell(ConvGeometry g, int p, int tap) {
    int columns = g.width().outputs();
    int rows = g.height().outputs();
    int kx = tap % g.width().kernel();
    int ky = tap / g.width().kernel() % g.height().kernel();
    int kz = tap / g.width().kernel() / g.height().kernel();
    int x = cell(g.width(), p % columns, kx);
    int y = cell(g.height(), p / columns % rows, ky);
    int z = cell(g.depth(), p / columns / rows, kz);
    boolean inside = x >= 0 && y >= 0 && z >= 0;
    return inside ? (z * g.height().inputs() + y) * g.width().inputs() + x : -1;
  }

  @Test
  void denseLayersAddInTheOrderOfInputsOutputsAndBatch() {
    for (long round = 0; round < 60L * ROUNDS; round++) {
      String what = "tests.seed " + SEED + ", round " + round;
      SeededRandom random = SeededRandom.of(SEED, round);
      int batch = 1 + random.nextInt(20);
      int in = 1 + random.nextInt(40);
      int out = 1 + random.nextInt(11);
      Trial trial = new Trial(what, batch, SEED);
      Buffer x = trial.input("x", in, Trial::real);
      Buffer w = trial.parameter("w", (long) in * out, Trial::real);
      Buffer bias = trial.parameter("bias", out, Trial::real);
      Buffer gradY = trial.input("gradY", out, Trial::real);
      Buffer y = trial.sample("y", out);
      Buffer gradX = trial.sample("gradX", in);
      Buffer gradW = trial.gradient("gradW", (long) in * out);
      Buffer gradBias = trial.gradient("gradBias", out);
      trial.forward(new DenseProblem.Forward(in, out, x, w, bias, y));
      trial.forward(new DenseProblem.BackwardData(in, out, gradY, w, gradX));
      trial.forward(new DenseProblem.BackwardWeights(in, out, x, gradY, gradW, gradBias));
      float[] wantY = new float[batch * out];
      float[] wantGradX = new float[batch * in];
      float[] wantGradW = new float[in * out];
      float[] wantGradBias = new float[out];
      for (int n = 0; n < batch; n++) {
        for (int o = 0; o < out; o++) {
          float grad = trial.values(gradY)[n * out + o];
          wantGradBias[o] += grad;
          wantY[n * out + o] =
              DenseTrials.product(
                  trial.values(x), n * in, trial.values(w), o * in, in, trial.values(bias)[o]);
          for (int i = 0; i < in; i++) {
            float value = trial.values(x)[n * in + i];
            float weight = trial.values(w)[o * in + i];
            wantGradX[n * in + i] = Math.fma(grad, weight, wantGradX[n * in + i]);
            wantGradW[o * in + i] = Math.fma(grad, value, wantGradW[o * in + i]);
          }
        }
      }
      try (Workers workers = Workers.of(2)) {
        Frame frame = trial.run(new ReferenceEngine(), workers);
        assertArrayEquals(wantY, trial.read(frame, y), what);
        assertArrayEquals(wantGradX, trial.read(frame, gradX), what);
        assertArrayEquals(wantGradW, trial.read(frame, gradW), what);
        assertArrayEquals(wantGradBias, trial.read(frame, gradBias), what);
      }
    }
  }

  @Test
  void weightGradientsOfConvolutionsAddInRunsAndBlocks() {
    for (long round = 0; round < 60L * ROUNDS; round++) {
      String what = "tests.seed " + SEED + ", round " + round;
      SeededRandom random = SeededRandom.of(SEED, round);
      ConvGeometry g = geometry(random);
      int batch = random.nextInt(20);
      Trial trial = new Trial(what, batch, SEED);
      Buffer x = trial.input("x", (long) g.inPositions() * g.inChannels(), Trial::real);
      Buffer gradY = trial.input("gradY", (long) g.outPositions() * g.outChannels(), Trial::real);
      Buffer gradW = trial.gradient("gradW", g.weightSize());
      Buffer gradBias = trial.gradient("gradBias", g.outChannels());
      var problem = new ConvProblem.BackwardWeights(g, x, gradY, gradW, gradBias);
      trial.forward(problem);
      int blocks = Math.max(1, problem.sampleBlocks(batch));
      float[][] wantW = new float[blocks][g.weightSize()];
      float[][] wantBias = new float[blocks][g.outChannels()];
      for (int block = 0; block < blocks; block++) {
        int from = batch * block / blocks * g.outPositions();
        int to = batch * (block + 1) / blocks * g.outPositions();
        for (int q = from; q < to; q += ConvProblem.BackwardWeights.RUN) {
          float[] runW = new float[g.weightSize()];
          float[] runBias = new float[g.outChannels()];
          int past = Math.min(to, q + ConvProblem.BackwardWeights.RUN);
          for (int p = q; p < past; p++) {
            weights(g, p, trial.values(x), trial.values(gradY), runW, runBias);
          }
          add(runW, wantW[block]);
          add(runBias, wantBias[block]);
        }
      }
      try (Workers workers = Workers.of(2)) {
        Frame frame = trial.run(new ReferenceEngine(), workers);
        assertArrayEquals(tree(wantW), trial.read(frame, gradW), what);
        assertArrayEquals(tree(wantBias), trial.read(frame, gradBias), what);
      }
    }
  }

  private static void add(float[] from, float[] into) {
    for (int i = 0; i < into.length; i++) {
      into[i] += from[i];
    }
  }

  /// Neighbours are added, then neighbouring pairs, and so on.
  private static float[] tree(float[][] blocks) {
    for (int apart = 1; apart < blocks.length; apart *= 2) {
      for (int block = 0; block + apart < blocks.length; block += 2 * apart) {
        add(blocks[block + apart], blocks[block]);
      }
    }
    return blocks[0];
  }

  /// Adds what the output at position `q`, counted over all samples, gives.
  private static void weights(
      ConvGeometry g, int q, float[] x, float[] gradY, float[] gradW, float[] gradBias) {
    int n = q / g.outPositions();
    int p = q % g.outPositions();
    for (int o = 0; o < g.outChannels(); o++) {
      float grad = gradY[q * g.outChannels() + o];
      gradBias[o] += grad;
      for (int tap = 0; tap < g.taps(); tap++) {
        int cell = cell(g, p, tap);
        for (int c = 0; cell >= 0 && c < g.groupIn(); c++) {
          int channel = o / g.groupOut() * g.groupIn() + c;
          float value = x[(n * g.inPositions() + cell) * g.inChannels() + channel];
          int at = (o * g.groupIn() + c) * g.taps() + tap;
          gradW[at] = Math.fma(grad, value, gradW[at]);
        }
      }
    }
  }
}
