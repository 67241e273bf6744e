package dev.tarn.plan;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Arithmetic;
import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.reference.ReferenceEngine;
import dev.tarn.error.LimitException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// However a plan is made, the answers are the same bits: fused or not, in shared memory or not,
/// within any limit of memory, on any engine and any number of threads. Sums run in exact order
/// here; what [Arithmetic#FAST] may change is tested elsewhere.
class PlanEquivalenceTest {
  private static final int BATCH = 5;

  static Stream<String> models() {
    return SampleModels.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void training(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options =
        PlanOptions.training(BATCH)
            .engine(new ReferenceEngine())
            .fusion(PlanOptions.Fusion.NONE)
            .memory(PlanOptions.MemorySharing.SEPARATE);
    PlanTest.Answer plain = PlanTest.answer(model, options, 1, BATCH);
    int threads = 0;
    for (Engine engine : List.of(new ReferenceEngine(), Engines.best())) {
      for (PlanOptions.Fusion fusion : PlanOptions.Fusion.values()) {
        PlanOptions shared =
            PlanOptions.training(BATCH)
                .engine(engine)
                .arithmetic(Arithmetic.EXACT_ORDER)
                .fusion(fusion);
        // Each combination on another number of threads, so that all numbers meet all options.
        check(plain, model, shared, threads++);
        check(plain, model, shared.memory(PlanOptions.MemorySharing.SEPARATE), threads++);
        long all = Plan.of(model, shared).memory();
        long least = leastMemory(model, shared);
        for (long limit : new long[] {least, (least + all) / 2, all - 1}) {
          if (limit >= least) {
            assertTrue(Plan.of(model, shared.within(limit)).memory() <= limit, name);
            check(plain, model, shared.within(limit), threads++);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void prediction(String name) {
    Model model = SampleModels.all().get(name);
    PlanOptions options =
        PlanOptions.inference(BATCH)
            .engine(new ReferenceEngine())
            .fusion(PlanOptions.Fusion.NONE)
            .memory(PlanOptions.MemorySharing.SEPARATE);
    PlanTest.Answer plain = PlanTest.answer(model, options, 1, BATCH);
    int threads = 0;
    for (Engine engine : List.of(new ReferenceEngine(), Engines.best())) {
      for (PlanOptions.Fusion fusion : List.of(PlanOptions.Fusion.NONE, PlanOptions.Fusion.EXACT)) {
        PlanOptions shared =
            PlanOptions.inference(BATCH)
                .engine(engine)
                .arithmetic(Arithmetic.EXACT_ORDER)
                .fusion(fusion);
        check(plain, model, shared, threads++);
        check(plain, model, shared.memory(PlanOptions.MemorySharing.SEPARATE), threads++);
      }
    }
  }

  private static void check(PlanTest.Answer expected, Model model, PlanOptions options, int turn) {
    int threads = List.of(1, 2, 3, 8).get(turn % 4);
    PlanTest.assertSame(expected, PlanTest.answer(model, options, threads, BATCH));
  }

  /// A limit must not keep a chain from being found whose kernel sums in another order.
  @Test
  void aLimitOfMemoryChangesNoBitOfFastArithmetic() {
    Node few = Model.input(1, 40, 40).conv(3, 3).relu().conv(6, 5).relu().maxPool(2);
    Model model = few.conv(64, 3).relu().flatten().dense(4).build();
    PlanOptions options =
        PlanOptions.training(BATCH).arithmetic(Arithmetic.FAST).frozen(Set.of("conv1"));
    PlanTest.Answer kept = PlanTest.answer(model, options, 1, BATCH);
    Plan limited = Plan.of(model, options.within(leastMemory(model, options)));
    assertTrue(
        limited.backwardSteps().stream()
            .anyMatch(s -> s.pass() == Step.Pass.RECOMPUTE && s.layers().contains("conv1")),
        limited.explain());
    assertTrue(
        limited.backwardSteps().stream().anyMatch(s -> s.layers().equals("pool1+conv2")),
        limited.explain());
    PlanTest.assertSame(kept, PlanTest.answer(model, limited.options(), 2, BATCH));
  }

  /// What the message says when nothing fits.
  private static long leastMemory(Model model, PlanOptions options) {
    var e = assertThrows(LimitException.class, () -> Plan.of(model, options.within(1)));
    return e.needed().orElseThrow();
  }
}
