package dev.tarn.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.cli.bench.Bench;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class CompareTest {
  private static final TimeValue SHORT = TimeValue.milliseconds(50);

  private final Compare compare = new Compare(2, SHORT);

  @Test
  void aCaseRunsInThisProcess() throws RunnerException {
    RunResult run =
        new Runner(
                compare
                    .options("tarn", "infer.textbook.b1.nchw")
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .measurementTime(SHORT)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .runSingle();
    assertTrue(run.getPrimaryResult().getStatistics().getPercentile(50) > 0);
    assertTrue(run.getSecondaryResults().containsKey("gc.alloc.rate.norm"));
  }

  @Test
  void tarnHasEveryCase() {
    var tarn = new TarnLibrary();
    for (String name : Bench.names()) {
      assertTrue(tarn.has(name), name);
      assertEquals(name.startsWith("train."), tarn.times(name) > 1, name);
    }
    assertFalse(tarn.has("pool.max2s2.nhwc"));
  }

  @Test
  void tarnIsTheFirstColumn() {
    assertTrue(compare.header().startsWith("case\ttarn ms\tbytes"), compare.header());
  }
}
