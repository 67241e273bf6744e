package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Pools.H;
import static dev.tarn.engine.vector.Pools.HALF;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.engine.Space;
import dev.tarn.tensor.Operator;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Gradients of the sums and products that [CombineRows] makes, with the bits of the reference.
final class CombineGradient {
  private static final int WORTH = 1 << 15;

  private CombineGradient() {}

  static @Nullable Kernel of(PointwiseProblem.CombineBackward p) {
    PointwiseProblem.Combine forward = p.forward();
    if (!CombineRows.fits(forward)) {
      return null;
    }
    if (forward.operands().get(p.number()).positions() == forward.positions()) {
      return new Rows(p, new Shares(2L * forward.channels() + 8, WORTH));
    }
    return forward.operands().size() == 2 ? new Repeated(p) : null;
  }

  private static String name(PointwiseProblem.CombineBackward p) {
    return CombineRows.name(p.forward()) + ", gradient";
  }

  /// Of an operand with the positions of `y`: `gradY`, times the others for a product. Overwrites.
  private record Rows(PointwiseProblem.CombineBackward p, Shares shares) implements Kernel {
    @Override
    public String name() {
      return CombineGradient.name(p);
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(batch * p.forward().positions());
    }

    @Override
    public void run(Frame frame, int block) {
      PointwiseProblem.Combine forward = p.forward();
      int rows = frame.batch() * forward.positions();
      int from = shares.first(block, rows);
      int past = shares.first(block + 1, rows);
      int channels = forward.channels();
      float[] grad = frame.array(p.gradY());
      float[] to = frame.array(p.gradX());
      if (forward.operator() == Operator.ADD) {
        int at = p.gradX().at() + from * channels;
        int gradAt = p.gradY().at() + from * channels;
        System.arraycopy(grad, gradAt, to, at, (past - from) * channels);
        return;
      }
      for (int row = from; row < past; row++) {
        float[] left = grad;
        int leftAt = p.gradY().at() + row * channels;
        int at = p.gradX().at() + row * channels;
        for (int i = 0; i < forward.operands().size(); i++) {
          if (i != p.number()) {
            Operand other = forward.operands().get(i);
            int otherAt = CombineRows.at(forward, other, row);
            float[] others = frame.array(other.x());
            CombineRows.join(Operator.MULTIPLY, left, leftAt, others, otherAt, to, at, channels);
            left = to;
            leftAt = at;
          }
        }
      }
    }
  }

  /// Of an operand whose one position is repeated: summed over the positions in their order, in
  /// double. The sums lie in the nearest cache, so that memory is read from one end to the other.
  /// Overwrites.
  private static final class Repeated implements Kernel {
    /// Channels of a slice.
    private static final int SLICE = 256;

    private static final int MOST_BLOCKS = 16;

    private final PointwiseProblem.CombineBackward p;
    private final PointwiseProblem.Combine forward;
    private final Operand other;
    private final int slices;
    private final Shares shares;
    private final Buffer scratch;

    Repeated(PointwiseProblem.CombineBackward problem) {
      this.p = problem;
      this.forward = problem.forward();
      this.other = forward.operands().get(1 - problem.number());
      this.slices = (forward.channels() + SLICE - 1) / SLICE;
      long work = 2L * forward.positions() * Math.min(SLICE, forward.channels());
      this.shares = new Shares(work, WORTH, MOST_BLOCKS);
      this.scratch = Buffer.scratch(Space.ARENA, "sums", (long) MOST_BLOCKS * room());
    }

    private int room() {
      return 2 * (Math.min(SLICE, forward.channels()) + HALF);
    }

    @Override
    public String name() {
      return CombineGradient.name(p) + " summed";
    }

    @Override
    public int blocks(int batch) {
      return shares.blocks(batch * slices);
    }

    @Override
    public List<Buffer> scratch() {
      return List.of(scratch);
    }

    @Override
    public void run(Frame frame, int block) {
      int units = frame.batch() * slices;
      int past = shares.first(block + 1, units);
      int sums = scratch.at() + block * room();
      for (int unit = shares.first(block, units); unit < past; unit++) {
        int from = unit % slices * SLICE;
        sum(frame, unit / slices, from, Math.min(SLICE, forward.channels() - from), sums);
      }
    }

    private void sum(Frame frame, int sample, int from, int channels, int sums) {
      float[] memory = frame.array(scratch);
      float[] grad = frame.array(p.gradY());
      float[] others = frame.array(other.x());
      Arrays.fill(memory, sums, sums + 2 * channels, 0f);
      for (int s = 0; s < forward.positions(); s++) {
        int row = sample * forward.positions() + s;
        int gradAt = p.gradY().at() + row * forward.channels() + from;
        if (forward.operator() == Operator.ADD) {
          add(grad, gradAt, memory, sums, channels);
        } else {
          int otherAt = CombineRows.at(forward, other, row) + from;
          addProducts(grad, gradAt, others, otherAt, memory, sums, channels);
        }
      }
      put(memory, sums, frame.array(p.gradX()), sample, from, channels);
    }

    private void put(float[] memory, int sums, float[] to, int sample, int from, int channels) {
      int at = p.gradX().at() + sample * forward.channels() + from;
      for (int c = 0; c < channels; c += HALF) {
        var sum = Pools.floats(DoubleSums.load(memory, sums + 2 * c));
        sum.intoArray(to, at + c, H.indexInRange(c, channels));
      }
    }

    private static void add(float[] grad, int at, float[] memory, int sums, int channels) {
      for (int c = 0; c < channels; c += HALF) {
        var g = Pools.doubles(grad, at + c, H.indexInRange(c, channels));
        DoubleSums.store(DoubleSums.load(memory, sums + 2 * c).add(g), memory, sums + 2 * c);
      }
    }

    private static void addProducts(
        float[] grad, int at, float[] others, int otherAt, float[] memory, int sums, int channels) {
      for (int c = 0; c < channels; c += HALF) {
        var m = F.indexInRange(c, channels);
        var g = FloatVector.fromArray(F, grad, at + c, m);
        var product = Pools.half(g.mul(FloatVector.fromArray(F, others, otherAt + c, m)), 0);
        DoubleSums.store(DoubleSums.load(memory, sums + 2 * c).add(product), memory, sums + 2 * c);
      }
    }
  }
}
