package dev.tarn.plan;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.error.ParameterException;
import java.util.Set;

/// What a plan is for and how it may be made. Every choice but `mode`, `batch` and `frozen` leaves
/// the answers as they are; those of another engine or arithmetic differ within the bounds that
/// [dev.tarn.engine.Arithmetic] speaks of, and those of [Fusion#FULL] by rounding.
///
/// @param mode inference or training
/// @param batch the most samples of one run
/// @param engine whose kernels do the work
/// @param memory whether buffers that are never alive together share memory
/// @param fusion whether neighbouring steps become one
/// @param gradients what the backward pass computes
/// @param frozen names of layers that do not learn; a frozen batch norm uses its running statistics
/// @param limit bytes that a frame may take besides parameters, their gradients and what is
///   prepared of them; a training plan computes outputs again instead of keeping them where that is
///   needed
public record PlanOptions(
    Mode mode,
    int batch,
    Engine engine,
    MemorySharing memory,
    Fusion fusion,
    Gradients gradients,
    Set<String> frozen,
    long limit) {
  /// What a plan is for.
  public enum Mode {
    /// The forward pass; dropout does nothing, batch norm uses its running statistics.
    INFERENCE,
    /// The forward and the backward pass.
    TRAINING
  }

  /// Whether buffers that are never alive together share memory.
  public enum MemorySharing {
    SHARED,
    SEPARATE
  }

  /// Whether neighbouring steps become one, so that what lies between is not written and read
  /// again.
  public enum Fusion {
    /// Every layer is a step of its own.
    NONE,
    /// Wherever the engine has a kernel for both and the answer keeps its bits; with
    /// [Arithmetic#FAST], weight gradients through pooling may be summed in another order.
    EXACT,
    /// Also where the answer changes by rounding: in predictions, batch norm is folded into the
    /// weights of the layer before it.
    FULL
  }

  /// What the backward pass computes.
  public enum Gradients {
    PARAMETERS,
    /// Those by the model's inputs as well.
    PARAMETERS_AND_INPUTS
  }

  public PlanOptions {
    frozen = Set.copyOf(frozen);
    if (batch < 1) {
      throw new ParameterException("plan: batch is %d; needed at least 1.".formatted(batch));
    }
    if (limit < 1) {
      throw new ParameterException("plan: limit is %d bytes; needed at least 1.".formatted(limit));
    }
  }

  /// Prediction for up to `batch` samples at a time.
  public static PlanOptions inference(int batch) {
    return of(Mode.INFERENCE, batch);
  }

  /// Training with up to `batch` samples at a time.
  public static PlanOptions training(int batch) {
    return of(Mode.TRAINING, batch);
  }

  private static PlanOptions of(Mode mode, int batch) {
    return new PlanOptions(
        mode,
        batch,
        Engines.best(),
        MemorySharing.SHARED,
        Fusion.FULL,
        Gradients.PARAMETERS,
        Set.of(),
        Long.MAX_VALUE);
  }

  public PlanOptions engine(Engine kernels) {
    return new PlanOptions(mode, batch, kernels, memory, fusion, gradients, frozen, limit);
  }

  /// Whether sums may run in another order than the reference's where that is faster, as they do
  /// unless this says otherwise.
  public PlanOptions arithmetic(Arithmetic arithmetic) {
    return engine(engine.with(arithmetic));
  }

  public PlanOptions memory(MemorySharing sharing) {
    return new PlanOptions(mode, batch, engine, sharing, fusion, gradients, frozen, limit);
  }

  public PlanOptions fusion(Fusion steps) {
    return new PlanOptions(mode, batch, engine, memory, steps, gradients, frozen, limit);
  }

  public PlanOptions gradients(Gradients wanted) {
    return new PlanOptions(mode, batch, engine, memory, fusion, wanted, frozen, limit);
  }

  public PlanOptions frozen(Set<String> names) {
    return new PlanOptions(mode, batch, engine, memory, fusion, gradients, names, limit);
  }

  /// The same within so many bytes; see [#limit()].
  public PlanOptions within(long bytes) {
    return new PlanOptions(mode, batch, engine, memory, fusion, gradients, frozen, bytes);
  }
}
