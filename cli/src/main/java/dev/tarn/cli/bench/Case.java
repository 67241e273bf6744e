package dev.tarn.cli.bench;

/// One thing to be timed.
public interface Case {
  /// Its name, the same in every framework's list: `pool.max2s2.nhwc.8x64x112x112`.
  String name();

  /// Makes what a run needs, on this many threads.
  Run prepare(int threads);

  /// How often [Run#once] does what the name says: a trainer is not asked step by step.
  default int times() {
    return 1;
  }

  /// A case made ready.
  interface Run extends AutoCloseable {
    /// Compares with the reference engine.
    ///
    /// @throws IllegalStateException if the answers differ by more than the kernels promise
    void check();

    /// Does the work [Case#times].
    void once();

    /// The median time of what the name says, in nanoseconds.
    default long median() {
      return Stopwatch.median(this::once);
    }

    /// What the name says, for rates.
    Work work();

    @Override
    void close();
  }

  /// Arithmetic and the least memory traffic of one run; 0 where it says nothing.
  ///
  /// @param flops multiplications and additions, counted separately
  /// @param bytes read and written if every number moves once
  record Work(long flops, long bytes) {}
}
