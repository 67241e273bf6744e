package dev.tarn.engine.contract;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Buffer;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import dev.tarn.engine.Workers;
import dev.tarn.engine.reference.ReferenceEngine;
import java.util.Arrays;
import java.util.List;

/// Whether an engine answers like the reference: in every buffer of a trial, with one thread and
/// with three.
public final class EngineContract {
  private EngineContract() {}

  /// Every named case of every family.
  public static List<Trial> table() {
    return List.of(
            ConvTrials.table(),
            DenseTrials.table(),
            PointwiseTrials.table(),
            NormTrials.table(),
            MoveTrials.table())
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  /// What fast kernels may differ by, relative to the largest element of a buffer.
  private static final double FAST = 1e-4;

  /// Compares every buffer after a run of the engine with the reference's: where it keeps the order
  /// of sums up to the trial's tolerance, where it need not up to [#FAST].
  ///
  /// @throws AssertionError naming the trial, the buffer and the first element that differs
  public static void check(Engine engine, Trial trial) {
    compare(engine.with(Arithmetic.EXACT_ORDER), trial, 0);
    compare(engine.with(Arithmetic.FAST), trial, FAST);
  }

  private static void compare(Engine engine, Trial trial, double fast) {
    try (Workers one = Workers.of(1);
        Workers three = Workers.of(3)) {
      Frame expected = trial.run(new ReferenceEngine(), one);
      Frame single = trial.run(engine, one);
      Frame several = trial.run(engine, three);
      for (Buffer buffer : trial.buffers()) {
        if (buffer.space() == Space.BYTES) {
          compareBytes(engine, trial, buffer, expected, single);
          compareBytes(engine, trial, buffer, single, several);
        } else {
          compare(engine, trial, buffer, expected, single, trial.tolerance(), fast);
          // Threads never change a bit.
          compare(engine, trial, buffer, single, several, 0, 0);
        }
      }
    }
  }

  /// Compares every buffer after a run of the kernel with the engine's own, link by link.
  ///
  /// @throws AssertionError naming the trial, the buffer and the first element that differs
  public static void checkFused(Engine engine, Trial trial, Kernel kernel) {
    try (Workers one = Workers.of(1);
        Workers three = Workers.of(3)) {
      Frame apart = trial.run(engine, one);
      Frame single = trial.runKernels(engine, one, List.of(kernel));
      Frame several = trial.runKernels(engine, three, List.of(kernel));
      for (Buffer buffer : trial.buffers()) {
        if (!trial.isWanted(buffer)) {
          continue;
        }
        if (buffer.space() == Space.BYTES) {
          compareBytes(engine, trial, buffer, apart, single);
          compareBytes(engine, trial, buffer, single, several);
        } else {
          compare(engine, trial, buffer, apart, single, trial.tolerance(), 0);
          compare(engine, trial, buffer, single, several, 0, 0);
        }
      }
    }
  }

  private static void compare(
      Engine engine,
      Trial trial,
      Buffer buffer,
      Frame expected,
      Frame actual,
      double tolerance,
      double fast) {
    float[] want = trial.read(expected, buffer);
    float[] got = trial.read(actual, buffer);
    double largest = 0;
    for (float w : want) {
      largest = Float.isFinite(w) ? Math.max(largest, Math.abs(w)) : largest;
    }
    for (int i = 0; i < want.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(want[i])) + fast * largest;
      boolean same = Float.compare(want[i], got[i]) == 0;
      if (!same && !(Math.abs((double) want[i] - got[i]) <= allowed)) {
        throw new AssertionError(
            "%s on %s: %s[%d] is %s; needed %s."
                .formatted(trial, engine.name(), buffer, i, got[i], want[i]));
      }
    }
  }

  private static void compareBytes(
      Engine engine, Trial trial, Buffer buffer, Frame expected, Frame actual) {
    byte[] want = trial.readBytes(expected, buffer);
    byte[] got = trial.readBytes(actual, buffer);
    int at = Arrays.mismatch(want, got);
    if (at >= 0) {
      throw new AssertionError(
          "%s on %s: byte %d of %s is %d; needed %d."
              .formatted(trial, engine.name(), at, buffer, got[at], want[at]));
    }
  }
}
