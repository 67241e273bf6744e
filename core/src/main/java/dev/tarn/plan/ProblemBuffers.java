package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which buffers each problem reads or writes: what the memory planner needs to know. The compiler
/// holds the list complete.
final class ProblemBuffers {
  private ProblemBuffers() {}

  static List<Buffer> of(Problem problem) {
    return switch (problem) {
      case PoolProblem pool -> pool(pool);
      case ConvProblem conv -> conv(conv);
      case DenseProblem dense -> dense(dense);
      case PointwiseProblem pointwise -> pointwise(pointwise);
      case NormProblem norm -> norm(norm);
      case MoveProblem move -> move(move);
    };
  }

  private static List<Buffer> pool(PoolProblem problem) {
    return switch (problem) {
      case PoolProblem.Forward p -> list(p.x(), p.y(), p.argmax());
      case PoolProblem.Backward p -> list(p.gradY(), p.gradX(), p.x(), p.y(), p.argmax());
      case PoolProblem.Unpool p -> list(p.x(), p.argmax(), p.y());
      case PoolProblem.UnpoolBackward p -> list(p.gradY(), p.argmax(), p.gradX());
      case PoolProblem.Spread p -> list(p.x(), p.y());
      case PoolProblem.SpreadBackward p -> list(p.gradY(), p.gradX());
    };
  }

  private static List<Buffer> conv(ConvProblem problem) {
    return switch (problem) {
      case ConvProblem.Forward p -> list(p.x(), p.w(), p.bias(), p.y());
      case ConvProblem.BackwardData p -> list(p.gradY(), p.w(), p.gradX());
      case ConvProblem.BackwardWeights p -> list(p.x(), p.gradY(), p.gradW(), p.gradBias());
    };
  }

  private static List<Buffer> dense(DenseProblem problem) {
    return switch (problem) {
      case DenseProblem.Forward p -> list(p.x(), p.w(), p.bias(), p.y());
      case DenseProblem.BackwardData p -> list(p.gradY(), p.w(), p.gradX());
      case DenseProblem.BackwardWeights p -> list(p.x(), p.gradY(), p.gradW(), p.gradBias());
    };
  }

  private static List<Buffer> pointwise(PointwiseProblem problem) {
    return switch (problem) {
      case PointwiseProblem.Activate p -> list(p.x(), p.y());
      case PointwiseProblem.ActivateBackward p -> list(p.value(), p.gradY(), p.gradX());
      case PointwiseProblem.Combine p -> combine(p, p.y());
      case PointwiseProblem.CombineBackward p -> combine(p.forward(), p.gradY(), p.gradX());
      case PointwiseProblem.Dropout p -> list(p.x(), p.y());
      case PointwiseProblem.Softmax p -> list(p.x(), p.y());
      case PointwiseProblem.SoftmaxBackward p -> list(p.y(), p.gradY(), p.gradX());
      case PointwiseProblem.Accumulate p -> list(p.from(), p.into());
      case PointwiseProblem.AddBias p -> list(p.x(), p.bias(), p.y());
      case PointwiseProblem.AddBiasBackward p -> list(p.gradY(), p.gradBias());
    };
  }

  private static List<Buffer> combine(PointwiseProblem.Combine problem, Buffer... others) {
    boolean factors = problem.operator() == PointwiseProblem.Operator.MULTIPLY;
    boolean forward = others.length == 1;
    Stream<Buffer> operands = problem.operands().stream().map(PointwiseProblem.Operand::x);
    return factors || forward
        ? Stream.concat(operands, Stream.of(others)).toList()
        : List.of(others);
  }

  private static List<Buffer> norm(NormProblem problem) {
    return switch (problem) {
      case NormProblem.BatchInference p ->
          list(p.x(), p.weight(), p.bias(), p.mean(), p.variance(), p.y());
      case NormProblem.BatchTraining p ->
          list(p.x(), p.weight(), p.bias(), p.runningMean(), p.runningVariance(), p.saved(), p.y());
      case NormProblem.BatchBackward p ->
          list(p.x(), p.weight(), p.saved(), p.gradY(), p.gradX(), p.gradWeight(), p.gradBias());
      case NormProblem.BatchFrozenBackward p ->
          list(
              p.x(),
              p.weight(),
              p.mean(),
              p.variance(),
              p.gradY(),
              p.gradX(),
              p.gradWeight(),
              p.gradBias());
      case NormProblem.Local p -> list(p.x(), p.y());
      case NormProblem.LocalBackward p -> list(p.forward().x(), p.gradY(), p.gradX());
    };
  }

  private static List<Buffer> move(MoveProblem problem) {
    return switch (problem) {
      case MoveProblem.ToChannelsFirst p -> list(p.x(), p.y());
      case MoveProblem.ToChannelsLast p -> list(p.x(), p.y());
      case MoveProblem.CopyChannels p -> list(p.x(), p.y());
      case MoveProblem.Pad p -> list(p.x(), p.y());
      case MoveProblem.PadBackward p -> list(p.gradY(), p.gradX());
      case MoveProblem.Upsample p -> list(p.x(), p.y());
      case MoveProblem.UpsampleBackward p -> list(p.gradY(), p.gradX());
    };
  }

  private static List<Buffer> list(@Nullable Buffer... buffers) {
    return Stream.of(buffers).filter(Objects::nonNull).toList();
  }
}
