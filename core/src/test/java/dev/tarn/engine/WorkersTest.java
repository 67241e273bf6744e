package dev.tarn.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkersTest {
  private static Kernel kernel(int blocks, java.util.function.IntConsumer body, Kernel... after) {
    return new Kernel() {
      @Override
      public String name() {
        return "test";
      }

      @Override
      public int blocks(int batch) {
        return blocks;
      }

      @Override
      public void run(Frame frame, int block) {
        body.accept(block);
      }

      @Override
      public List<Kernel> after() {
        return List.of(after);
      }
    };
  }

  private static Frame frame() {
    return new Frame(new float[0], new float[0], new float[0], new byte[0]);
  }

  @Test
  void everyBlockRunsOnceWhateverTheThreads() {
    for (int threads : new int[] {1, 2, 3, 8}) {
      try (Workers workers = Workers.of(threads)) {
        for (int round = 0; round < 2_000; round++) {
          int blocks = round % 37;
          var seen = new AtomicIntegerArray(Math.max(1, blocks));
          workers.run(kernel(blocks, seen::incrementAndGet), frame());
          for (int i = 0; i < blocks; i++) {
            assertEquals(1, seen.get(i), "block " + i + " of " + blocks);
          }
        }
      }
    }
  }

  @Test
  void whatComesAfterSeesAllBlocksDone() {
    try (Workers workers = Workers.of(4)) {
      for (int round = 0; round < 500; round++) {
        var done = new AtomicInteger();
        var seen = new AtomicInteger();
        Kernel after = kernel(1, b -> seen.set(done.get()));
        workers.run(kernel(23, b -> done.incrementAndGet(), after), frame());
        assertEquals(23, seen.get());
      }
    }
  }

  @Test
  void theFirstFailureReachesTheCallerAndThePoolLivesOn() {
    try (Workers workers = Workers.of(3)) {
      var bad = new IllegalStateException("block 5");
      Kernel failing =
          kernel(
              100,
              b -> {
                if (b == 5) {
                  throw bad;
                }
              });
      assertSame(bad, assertThrows(RuntimeException.class, () -> workers.run(failing, frame())));
      var error = new AssertionError("an Error too");
      Kernel worse =
          kernel(
              9,
              b -> {
                throw error;
              });
      assertSame(error, assertThrows(AssertionError.class, () -> workers.run(worse, frame())));
      var count = new AtomicInteger();
      workers.run(kernel(10, b -> count.incrementAndGet()), frame());
      assertEquals(10, count.get());
    }
  }

  @Test
  void anInterruptedCallerIsToldAndStaysInterrupted() {
    try (Workers workers = Workers.of(2)) {
      Thread.currentThread().interrupt();
      assertThrows(CancelledException.class, () -> workers.run(kernel(3, b -> {}), frame()));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void manyCallersShareOnePool() {
    try (Workers workers = Workers.of(3)) {
      assertTimeoutPreemptively(
          Duration.ofSeconds(30),
          () ->
              IntStream.range(0, 16)
                  .parallel()
                  .forEach(caller -> {
                    for (int round = 0; round < 200; round++) {
                      var count = new AtomicInteger();
                      workers.run(kernel(11, b -> count.incrementAndGet()), frame());
                      assertEquals(11, count.get());
                    }
                  }));
    }
  }

  @Test
  void aClosedPoolRefuses() {
    Workers workers = Workers.of(2);
    workers.close();
    assertThrows(CancelledException.class, () -> workers.run(kernel(3, b -> {}), frame()));
  }

  @Test
  void threadsOutsideTheRangeAreRefused() {
    assertThrows(ParameterException.class, () -> Workers.of(0));
    assertThrows(ParameterException.class, () -> Workers.of(100_000));
  }
}
