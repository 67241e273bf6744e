package dev.tarn.engine.vector;

import dev.tarn.engine.Choice;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.reference.ReferenceEngine;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Kernels on the Vector API for the problems that take the time, the reference's for the others.
///
/// All sums run in the order of the reference unless a kernel says otherwise.
public final class VectorEngine implements Engine {
  /// Largest stride or dilation of matrix kernels, so that their offsets fit in an int.
  private static final int FARTHEST = 1 << 10;

  private final ReferenceEngine reference = new ReferenceEngine();

  public VectorEngine() {}

  @Override
  public String name() {
    return "vector " + Lanes.BITS;
  }

  @Override
  public Choice choose(Problem problem) {
    var refusals = new ArrayList<String>();
    Kernel kernel =
        switch (problem) {
          case ConvProblem conv -> convolution(conv, refusals);
          case DenseProblem dense -> dense(dense);
          case PoolProblem pool -> Pools.of(pool, refusals);
          case PointwiseProblem pointwise -> Pointwise.of(pointwise);
          default -> null;
        };
    if (kernel != null) {
      return new Choice(kernel, refusals);
    }
    Choice plain = reference.choose(problem);
    refusals.addAll(plain.refusals());
    return new Choice(plain.kernel(), refusals);
  }

  private static @Nullable Kernel convolution(ConvProblem problem, List<String> refusals) {
    ConvGeometry g = problem.geometry();
    if (g.depth().inputs() != 1 || g.depth().outputs() != 1 || g.depth().kernel() != 1) {
      refusals.add("gemm: three spatial axes, needs at most two");
      return null;
    }
    if (g.depth().taps(0) != 1) {
      refusals.add("gemm: every window lies in padding, needs cells");
      return null;
    }
    int farthest =
        Math.max(
            Math.max(g.height().stride(), g.width().stride()),
            Math.max(g.height().step(), g.width().step()));
    if (farthest > FARTHEST) {
      refusals.add("gemm: steps of %d cells, needs at most %d".formatted(farthest, FARTHEST));
      return null;
    }
    return switch (problem) {
      case ConvProblem.Forward forward -> {
        Kernel direct = ConvDirect.of(Sweep.of(forward), refusals);
        yield direct != null ? direct : sweep(Sweep.of(forward), refusals);
      }
      case ConvProblem.BackwardData backward -> sweep(Sweep.of(backward), refusals);
      case ConvProblem.BackwardWeights weights -> {
        Kernel rows = ConvWeightRows.of(weights, refusals);
        if (rows != null) {
          yield rows;
        }
        if (g.groups() > 4) {
          refusals.add("gemm: %d groups, needs at most 4".formatted(g.groups()));
          yield null;
        }
        yield new ConvWeightGemm(weights);
      }
    };
  }

  private static @Nullable Kernel sweep(Sweep sweep, List<String> refusals) {
    Kernel winograd = ConvWinograd.of(sweep, refusals);
    if (winograd != null) {
      return winograd;
    }
    String refusal = ConvGemm.refusal(sweep);
    if (refusal != null) {
      refusals.add(refusal);
      return null;
    }
    return ConvGemm.of(sweep);
  }

  private static Kernel dense(DenseProblem problem) {
    return switch (problem) {
      case DenseProblem.Forward forward -> DenseForward.of(forward);
      case DenseProblem.BackwardData data -> new DenseBackward.Data(data);
      case DenseProblem.BackwardWeights weights -> new DenseBackward.Weights(weights);
    };
  }

  @Override
  public Kernel peak() {
    return new PeakKernel();
  }
}
