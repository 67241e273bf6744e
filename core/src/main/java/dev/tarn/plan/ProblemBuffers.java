package dev.tarn.plan;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.DenseProblem;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.NormProblem;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Problem;
import dev.tarn.engine.ReduceProblem;
import dev.tarn.tensor.Operator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Which buffers a problem reads and which it writes: what the memory planner and the search for
/// chains need to know. The compiler holds the list complete.
///
/// @param reads those whose content matters before
/// @param writes the result first; one that is changed in part is among the reads too
record ProblemBuffers(List<Buffer> reads, List<Buffer> writes) {
  /// All of them, each once.
  List<Buffer> all() {
    return Stream.concat(reads.stream(), writes.stream()).distinct().toList();
  }

  static ProblemBuffers of(Problem problem) {
    return switch (problem) {
      case PoolProblem pool -> pool(pool);
      case ConvProblem conv -> conv(conv);
      case DenseProblem dense -> dense(dense);
      case PointwiseProblem pointwise -> pointwise(pointwise);
      case NormProblem norm -> norm(norm);
      case MoveProblem move -> move(move);
      case ReduceProblem.Forward p -> reads(p.x()).writes(p.y());
      case ReduceProblem.Backward p ->
          reads(p.forward().x(), p.forward().y(), p.gradY()).writes(p.gradX());
    };
  }

  private static ProblemBuffers pool(PoolProblem problem) {
    return switch (problem) {
      case PoolProblem.Forward p -> reads(p.x()).writes(p.y(), p.argmax());
      case PoolProblem.Backward p -> reads(p.gradY(), p.x(), p.y(), p.argmax()).writes(p.gradX());
      case PoolProblem.Unpool p -> reads(p.x(), p.argmax()).writes(p.y());
      case PoolProblem.UnpoolBackward p -> reads(p.gradY(), p.argmax()).writes(p.gradX());
      case PoolProblem.Spread p -> reads(p.x()).writes(p.y());
      case PoolProblem.SpreadBackward p -> reads(p.gradY()).writes(p.gradX());
    };
  }

  private static ProblemBuffers conv(ConvProblem problem) {
    return switch (problem) {
      case ConvProblem.Forward p -> reads(p.x(), p.w(), p.bias()).writes(p.y());
      case ConvProblem.BackwardData p -> reads(p.gradY(), p.w()).writes(p.gradX());
      case ConvProblem.BackwardWeights p -> reads(p.x(), p.gradY()).writes(p.gradW(), p.gradBias());
    };
  }

  private static ProblemBuffers dense(DenseProblem problem) {
    return switch (problem) {
      case DenseProblem.Forward p -> reads(p.x(), p.w(), p.bias()).writes(p.y());
      case DenseProblem.BackwardData p -> reads(p.gradY(), p.w()).writes(p.gradX());
      case DenseProblem.BackwardWeights p ->
          reads(p.x(), p.gradY()).writes(p.gradW(), p.gradBias());
    };
  }

  private static ProblemBuffers pointwise(PointwiseProblem problem) {
    return switch (problem) {
      case PointwiseProblem.Activate p -> reads(p.x()).writes(p.y());
      case PointwiseProblem.ActivateBackward p -> reads(p.value(), p.gradY()).writes(p.gradX());
      case PointwiseProblem.Combine p -> reads(operands(p)).writes(p.y());
      case PointwiseProblem.CombineBackward p -> {
        boolean factors = p.forward().operator() != Operator.ADD;
        Stream<Buffer> others = factors ? Stream.of(operands(p.forward())) : Stream.empty();
        yield reads(Stream.concat(others, Stream.of(p.gradY())).toArray(Buffer[]::new))
            .writes(p.gradX());
      }
      case PointwiseProblem.Dropout p -> reads(p.x()).writes(p.y());
      case PointwiseProblem.Softmax p -> reads(p.x()).writes(p.y());
      case PointwiseProblem.SoftmaxBackward p -> reads(p.y(), p.gradY()).writes(p.gradX());
      case PointwiseProblem.Accumulate p -> reads(p.from(), p.into()).writes(p.into());
      case PointwiseProblem.AddBias p -> reads(p.x(), p.bias()).writes(p.y());
      case PointwiseProblem.AddBiasBackward p -> reads(p.gradY()).writes(p.gradBias());
    };
  }

  private static Buffer[] operands(PointwiseProblem.Combine problem) {
    return problem.operands().stream().map(PointwiseProblem.Operand::x).toArray(Buffer[]::new);
  }

  private static ProblemBuffers norm(NormProblem problem) {
    return switch (problem) {
      case NormProblem.BatchInference p ->
          reads(p.x(), p.weight(), p.bias(), p.mean(), p.variance()).writes(p.y());
      case NormProblem.BatchTraining p ->
          reads(p.x(), p.weight(), p.bias(), p.runningMean(), p.runningVariance())
              .writes(p.y(), p.saved(), p.runningMean(), p.runningVariance());
      case NormProblem.BatchRepeat(var p) ->
          reads(p.x(), p.weight(), p.bias(), p.saved()).writes(p.y());
      case NormProblem.BatchBackward p ->
          reads(p.x(), p.weight(), p.saved(), p.gradY())
              .writes(p.gradX(), p.gradWeight(), p.gradBias());
      case NormProblem.BatchFrozenBackward p ->
          reads(p.x(), p.weight(), p.mean(), p.variance(), p.gradY())
              .writes(p.gradX(), p.gradWeight(), p.gradBias());
      case NormProblem.Fold p ->
          reads(
                  p.weight(),
                  p.bias(),
                  p.norm().weight(),
                  p.norm().bias(),
                  p.norm().mean(),
                  p.norm().variance())
              .writes(p.foldedWeight(), p.foldedBias());
      case NormProblem.Local p -> reads(p.x()).writes(p.y());
      case NormProblem.LocalBackward p -> reads(p.forward().x(), p.gradY()).writes(p.gradX());
    };
  }

  private static ProblemBuffers move(MoveProblem problem) {
    return switch (problem) {
      case MoveProblem.ToChannelsFirst p -> reads(p.x()).writes(p.y());
      case MoveProblem.ToChannelsLast p -> reads(p.x()).writes(p.y());
      case MoveProblem.CopyChannels p -> reads(p.x(), p.y()).writes(p.y());
      case MoveProblem.Pad p -> reads(p.x()).writes(p.y());
      case MoveProblem.PadBackward p -> reads(p.gradY()).writes(p.gradX());
      case MoveProblem.Upsample p -> reads(p.x()).writes(p.y());
      case MoveProblem.UpsampleBackward p -> reads(p.gradY()).writes(p.gradX());
      case MoveProblem.Rearrange p -> reads(p.x()).writes(p.y());
      case MoveProblem.RearrangeBackward p -> reads(p.gradY()).writes(p.gradX());
      case MoveProblem.Resample p -> reads(p.x()).writes(p.y());
      case MoveProblem.ResampleBackward p -> reads(p.gradY()).writes(p.gradX());
    };
  }

  private static ProblemBuffers reads(@Nullable Buffer... buffers) {
    return new ProblemBuffers(present(buffers), List.of());
  }

  private ProblemBuffers writes(@Nullable Buffer... buffers) {
    return new ProblemBuffers(reads, present(buffers));
  }

  private static List<Buffer> present(@Nullable Buffer... buffers) {
    return Stream.of(buffers).filter(Objects::nonNull).toList();
  }
}
