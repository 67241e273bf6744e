package dev.tarn.cli.bench;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Engines;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Workers;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;

/// What this machine can do at most, measured in the same run as the cases.
///
/// @param copyBytesPerSecond read and written by copying arrays larger than any cache
/// @param flopsPerSecond of fused multiply-adds in registers
record Machine(double copyBytesPerSecond, double flopsPerSecond) {
  private static final int FLOATS = 1 << 25;
  private static final int ROUNDS = 7;

  static Machine measure(int threads) {
    return new Machine(copy(threads), peak(threads));
  }

  private static double peak(int threads) {
    Kernel kernel = Engines.best().peak();
    Frame frame = new Frame(new float[threads + 1], new float[0], new float[0], new byte[0]);
    frame.arena()[0] = 0.5f;
    frame.batch(threads);
    long[] times = new long[ROUNDS];
    try (Workers workers = Workers.of(threads)) {
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        workers.run(kernel, frame);
        times[round] = System.nanoTime() - start;
      }
    }
    long fastest = LongStream.of(times).min().orElseThrow();
    return (double) threads * Engine.PEAK_FLOPS / (fastest * 1e-9);
  }

  private static double copy(int threads) {
    float[] from = new float[FLOATS];
    float[] to = new float[FLOATS];
    Arrays.fill(from, 1f);
    long[] times = new long[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      var done = new CountDownLatch(threads);
      for (int t = 0; t < threads; t++) {
        int at = (int) ((long) FLOATS * t / threads);
        int end = (int) ((long) FLOATS * (t + 1) / threads);
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              System.arraycopy(from, at, to, at, end - at);
              done.countDown();
            });
      }
      try {
        done.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      times[round] = System.nanoTime() - start;
    }
    return 8.0 * FLOATS / (LongStream.of(times).sorted().toArray()[ROUNDS / 2] * 1e-9);
  }
}
