package dev.tarn.engine;

import java.util.function.IntUnaryOperator;

/// A list of places in a sample, fixed when a plan is made: one int per element, beside the arena.
public final class Offsets {
  /// In place of an offset: nothing lies there.
  public static final int NONE = -1;

  private final int[] at;

  private Offsets(int[] at) {
    this.at = at;
  }

  /// `size` offsets, each given by its number.
  public static Offsets of(int size, IntUnaryOperator offset) {
    int[] at = new int[size];
    for (int i = 0; i < size; i++) {
      at[i] = offset.applyAsInt(i);
    }
    return new Offsets(at);
  }

  public int size() {
    return at.length;
  }

  public int get(int i) {
    return at[i];
  }
}
