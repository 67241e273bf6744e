package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Adds the blocks of [ConvWeightGemm] as a tree and turns `[tap][input channel][output channel]`
/// into the order of the weight.
final class WeightGradientSum implements Kernel {
  private final ConvProblem.BackwardWeights problem;
  private final Buffer partial;
  private final ConvGeometry g;
  private final int each;

  WeightGradientSum(ConvProblem.BackwardWeights problem, Buffer partial) {
    this.problem = problem;
    this.partial = partial;
    this.g = problem.geometry();
    this.each = g.weightSize() + g.outChannels();
  }

  @Override
  public String name() {
    return "sum of weight gradients";
  }

  @Override
  public int blocks(int batch) {
    // One block of input channels of one group each, if there is enough to share.
    return (long) g.weightSize() * problem.sampleBlocks(batch) < 1 << 16
        ? 1
        : Math.min(16, g.groupIn());
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int first = block * g.groupIn() / blocks;
    int past = (block + 1) * g.groupIn() / blocks;
    for (int group = 0; group < g.groups(); group++) {
      for (int tap = 0; tap < g.taps(); tap++) {
        int row = (group * g.taps() + tap) * g.groupIn();
        int at = partial.at() + (row + first) * g.groupOut();
        tree(frame, at, (past - first) * g.groupOut());
        scatter(frame, group, tap, first, past, at);
      }
    }
    Buffer gradBias = problem.gradBias();
    if (block == 0 && gradBias != null) {
      int at = partial.at() + g.weightSize();
      tree(frame, at, g.outChannels());
      System.arraycopy(frame.arena(), at, frame.array(gradBias), gradBias.at(), g.outChannels());
    }
  }

  /// Adds `n` numbers of all blocks into those of the first.
  private void tree(Frame frame, int at, int n) {
    int blocks = problem.sampleBlocks(frame.batch());
    float[] p = frame.arena();
    if (blocks == 0) {
      Arrays.fill(p, at, at + n, 0f);
    }
    for (int s = 1; s < blocks; s *= 2) {
      for (int i = 0; i + s < blocks; i += 2 * s) {
        int to = at + i * each;
        int from = to + s * each;
        for (int j = 0; j < n; j += V) {
          var m = F.indexInRange(j, n);
          FloatVector.fromArray(F, p, to + j, m)
              .add(FloatVector.fromArray(F, p, from + j, m))
              .intoArray(p, to + j, m);
        }
      }
    }
  }

  private void scatter(Frame frame, int group, int tap, int first, int past, int at) {
    float[] p = frame.arena();
    float[] w = frame.array(problem.gradW());
    int taps = g.taps();
    int filter = g.groupIn() * taps;
    int to = problem.gradW().at() + group * g.groupOut() * filter + tap;
    for (int c = first; c < past; c++) {
      int from = at + (c - first) * g.groupOut();
      for (int o = 0; o < g.groupOut(); o++) {
        w[to + o * filter + c * taps] = p[from + o];
      }
    }
  }
}
