package dev.tarn.tensor;

import dev.tarn.error.LimitException;
import org.jspecify.annotations.Nullable;

/// New arrays of zeros, or a [LimitException] where the Java heap has no room for them.
///
/// An `OutOfMemoryError` would be right too, but it says neither what was too large nor what to do
/// about it.
public final class Heap {
  private Heap() {}

  /// An array of `size` values for `what`, which the message begins with.
  ///
  /// @throws LimitException if it does not fit in the heap
  public static float[] floats(int size, Object what) {
    long bytes = (long) size * Float.BYTES;
    require(bytes, what);
    try {
      return new float[size];
    } catch (OutOfMemoryError e) {
      throw full(bytes, what, e);
    }
  }

  /// An array of `size` bytes for `what`.
  ///
  /// @throws LimitException if it does not fit in the heap
  public static byte[] bytes(int size, Object what) {
    require(size, what);
    try {
      return new byte[size];
    } catch (OutOfMemoryError e) {
      throw full(size, what, e);
    }
  }

  private static void require(long bytes, Object what) {
    if (bytes > Runtime.getRuntime().maxMemory()) {
      throw full(bytes, what, null);
    }
  }

  private static LimitException full(long bytes, Object what, @Nullable Throwable cause) {
    String message =
        "%s needs %d bytes; the Java heap holds at most %d, other data included. Use a smaller batch or input, or give Java more memory (-Xmx)."
            .formatted(what, bytes, Runtime.getRuntime().maxMemory());
    return cause == null ? new LimitException(message) : new LimitException(message, cause);
  }
}
