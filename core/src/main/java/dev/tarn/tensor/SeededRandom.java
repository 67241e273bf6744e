package dev.tarn.tensor;

/// Random numbers that depend on a seed alone: the same on every machine, JDK and thread count.
///
/// A SplitMix64 sequence (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
/// generators"), chosen because the value at any place can be had without those before it: [#at]
/// needs no state, so that a dropout mask can be computed again in the backward pass instead of
/// being kept.
public final class SeededRandom {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private long state;

  private SeededRandom(long state) {
    this.state = state;
  }

  /// A sequence of its own for every `seed` and every list of `streams` (an epoch, an example, a
  /// layer).
  public static SeededRandom of(long seed, long... streams) {
    long state = mix(seed + GOLDEN);
    for (long stream : streams) {
      state = at(state, stream);
    }
    return new SeededRandom(state);
  }

  /// The 64 random bits at place `index` of the sequence of `key`.
  public static long at(long key, long index) {
    return mix(key + GOLDEN * (index + 1));
  }

  /// Where a sequence stands, to be handed to [#resume].
  public long state() {
    return state;
  }

  /// The sequence that goes on from a [#state].
  public static SeededRandom resume(long state) {
    return new SeededRandom(state);
  }

  public long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /// Uniform in `[0, bound)`, without bias.
  public int nextInt(int bound) {
    long limit = (1L << 32) / bound * bound;
    long bits;
    do {
      bits = nextLong() >>> 32;
    } while (bits >= limit);
    return (int) (bits % bound);
  }

  /// Uniform in `[0, 1)`, 53 bits.
  public double uniform() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /// Uniform in `[from, to)`.
  public double uniform(double from, double to) {
    return from + (to - from) * uniform();
  }

  /// Normal with mean 0 and variance 1 (Box–Muller, in StrictMath so that every machine agrees).
  public double gaussian() {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform()));
    return radius * StrictMath.cos(2 * StrictMath.PI * uniform());
  }

  /// The numbers `0 … size − 1` in random order (Fisher–Yates).
  public int[] permutation(int size) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
