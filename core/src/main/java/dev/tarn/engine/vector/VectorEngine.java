package dev.tarn.engine.vector;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.Chain;
import dev.tarn.engine.Choice;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.tensor.Activation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Kernels on the Vector API for the problems that take the time, the reference's for the others.
///
/// All sums run in the order of the reference unless a kernel says otherwise; such kernels refuse
/// where the arithmetic is [Arithmetic#EXACT_ORDER].
public final class VectorEngine implements Engine {
  /// Largest stride or dilation of matrix kernels, so that their offsets fit in an int.
  private static final int FARTHEST = 1 << 10;

  private final ReferenceEngine reference = new ReferenceEngine();

  private final Arithmetic arithmetic;

  public VectorEngine() {
    this(Arithmetic.FAST);
  }

  private VectorEngine(Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
  }

  @Override
  public String name() {
    return "vector %d%s".formatted(Lanes.BITS, isExact() ? " in exact order" : "");
  }

  @Override
  public Engine with(Arithmetic wanted) {
    return wanted == arithmetic ? this : new VectorEngine(wanted);
  }

  private boolean isExact() {
    return arithmetic == Arithmetic.EXACT_ORDER;
  }

  @Override
  public Choice choose(Problem problem) {
    var refusals = new ArrayList<String>();
    Kernel kernel =
        switch (problem) {
          case ConvProblem.Forward conv -> sweep(conv, Sweep.of(conv), refusals);
          case ConvProblem.BackwardData conv -> sweep(conv, Sweep.of(conv), refusals);
          case ConvProblem.BackwardWeights conv -> weights(conv, refusals);
          case DenseProblem dense -> dense(dense, false, null);
          case PoolProblem pool -> Pools.of(pool, isExact(), refusals);
          case PointwiseProblem.Softmax softmax when isExact() -> null;
          case PointwiseProblem.SoftmaxBackward softmax when isExact() -> null;
          case PointwiseProblem pointwise -> Pointwise.of(pointwise);
          case MoveProblem move -> {
            Kernel tiles = Transpose.of(move, refusals);
            yield tiles != null ? tiles : Permutation.of(move, refusals);
          }
          case NormProblem.BatchInference norm -> new BatchNormRows(norm);
          case NormProblem.BatchTraining norm -> isExact() ? null : new BatchNormTraining(norm);
          case NormProblem.BatchRepeat norm -> new BatchNormRows(norm.forward());
          case NormProblem.BatchBackward norm -> isExact() ? null : new BatchNormGradient(norm);
          default -> null;
        };
    if (kernel != null) {
      return new Choice(kernel, refusals);
    }
    Choice plain = reference.choose(problem);
    refusals.addAll(plain.refusals());
    return new Choice(plain.kernel(), refusals);
  }

  @Override
  public @Nullable Choice fuse(Chain chain, List<String> refusals) {
    if (chain.first() instanceof MoveProblem.ToChannelsLast) {
      Kernel planes = ConvFirstPlanes.of(chain, refusals);
      return planes == null ? null : Choice.of(planes);
    }
    Kernel pooled = PooledMaps.fuse(chain, isExact(), this::apart, refusals);
    if (pooled != null) {
      return Choice.of(pooled);
    }
    if (chain.links().size() > 2) {
      return null;
    }
    var slower = new ArrayList<String>();
    Kernel kernel =
        switch (chain.last()) {
          case PointwiseProblem.Activate(Activation.Relu relu, int size, Buffer x, Buffer y)
              when x == y ->
              switch (chain.first()) {
                case ConvProblem.Forward conv -> sweep(conv, Sweep.of(conv).withRelu(), slower);
                case DenseProblem.Forward dense -> dense(dense, true, null);
                default -> null;
              };
          case PointwiseProblem.ActivateBackward(
                  Activation.Relu relu,
                  int size,
                  Buffer value,
                  Buffer gradY,
                  Buffer gradX)
              when gradX == gradY ->
              switch (chain.first()) {
                case ConvProblem.BackwardData conv ->
                    sweep(conv, Sweep.of(conv).masked(value), slower);
                case DenseProblem.BackwardData dense -> dense(dense, false, value);
                default -> null;
              };
          default -> null;
        };
    return kernel == null ? null : new Choice(kernel, slower);
  }

  /// The kernel of a convolution, and of a ReLU after it, as if nothing followed.
  private @Nullable Kernel apart(ConvProblem.Forward conv, boolean relu) {
    Sweep sweep = Sweep.of(conv);
    return sweep(conv, relu ? sweep.withRelu() : sweep, new ArrayList<>());
  }

  static boolean isPlane(ConvGeometry g, List<String> refusals) {
    if (g.depth().inputs() != 1 || g.depth().outputs() != 1 || g.depth().kernel() != 1) {
      refusals.add("gemm: three spatial axes, needs at most two");
      return false;
    }
    if (g.depth().taps(0) != 1) {
      refusals.add("gemm: every window lies in padding, needs cells");
      return false;
    }
    int farthest =
        Math.max(
            Math.max(g.height().stride(), g.width().stride()),
            Math.max(g.height().step(), g.width().step()));
    if (farthest > FARTHEST) {
      refusals.add("gemm: steps of %d cells, needs at most %d".formatted(farthest, FARTHEST));
      return false;
    }
    return true;
  }

  /// A convolution or its gradient by data. Which kernel it is does not depend on what is done to
  /// the finished sums, so that fusion changes no bit.
  private @Nullable Kernel sweep(ConvProblem problem, Sweep sweep, List<String> refusals) {
    if (!isPlane(problem.geometry(), refusals)) {
      return null;
    }
    return sweep(sweep, refusals);
  }

  private @Nullable Kernel sweep(Sweep sweep, List<String> refusals) {
    Kernel depthwise = ConvDepthwise.of(sweep, refusals);
    if (depthwise != null) {
      return depthwise;
    }
    if (!sweep.gradient()) {
      Kernel direct = ConvDirect.of(sweep.bare(), refusals);
      if (direct != null) {
        return Finish.of(sweep, direct);
      }
      Kernel first = ConvFirst.of(sweep, refusals);
      if (first != null) {
        return first;
      }
    }
    Kernel phases = ConvPhases.of(sweep, phase -> sweep(phase, new ArrayList<>()));
    if (phases != null) {
      return phases;
    }
    Kernel pointwise = ConvPointwise.of(sweep, refusals);
    if (pointwise != null) {
      return pointwise;
    }
    if (isExact()) {
      refusals.add("winograd: exact order of sums asked for");
    } else {
      Kernel winograd =
          sweep.gradient() ? Finish.of(sweep, ConvDataWinograd.of(sweep.bare(), refusals)) : null;
      if (winograd == null) {
        winograd = WinogradChoice.of(sweep, refusals);
      }
      if (winograd != null) {
        return winograd;
      }
    }
    String refusal = ConvGemm.refusal(sweep);
    if (refusal != null) {
      refusals.add(refusal);
      return null;
    }
    return Finish.of(sweep, ConvGemm.of(sweep.bare()));
  }

  private @Nullable Kernel weights(ConvProblem.BackwardWeights problem, List<String> refusals) {
    if (!isPlane(problem.geometry(), refusals)) {
      return null;
    }
    Kernel rows = ConvWeightRows.of(problem, refusals);
    if (rows != null) {
      return rows;
    }
    if (isExact()) {
      refusals.add("winograd gradient: exact order of sums asked for");
    } else {
      Kernel winograd = ConvWeightWinograd.of(problem, refusals);
      if (winograd != null) {
        return winograd;
      }
    }
    int groups = problem.geometry().groups();
    if (groups > 4) {
      refusals.add("gemm: %d groups, needs at most 4".formatted(groups));
      return null;
    }
    return new ConvWeightGemm(problem);
  }

  private static @Nullable Kernel dense(DenseProblem problem, boolean relu, @Nullable Buffer mask) {
    return switch (problem) {
      case DenseProblem.Forward p -> new DenseForward(p, relu);
      case DenseProblem.BackwardData p ->
          Finish.of(new DenseBackward.Data(p), p.in(), p.gradX(), false, mask);
      case DenseProblem.BackwardWeights p -> new DenseBackward.Weights(p);
    };
  }

  @Override
  public double sumOfSquares(float[] values, int from, int to) {
    return Squares.sum(values, from, to);
  }

  @Override
  public Kernel peak() {
    return new PeakKernel();
  }
}
