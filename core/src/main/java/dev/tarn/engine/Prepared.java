package dev.tarn.engine;

import dev.tarn.tensor.Heap;
import java.util.List;
import java.util.function.IntSupplier;

/// What the kernels of one plan made of one set of parameters, such as packed or transformed
/// weights; shared by the frames that use both.
public final class Prepared {
  private final float[] array;
  private final IntSupplier version;
  private volatile int made = -1;

  /// @param size elements
  /// @param version a number that differs after the parameters changed; at least 0
  public Prepared(int size, IntSupplier version) {
    this.array = Heap.floats(size, "plan: prepared weights");
    this.version = version;
  }

  public float[] array() {
    return array;
  }

  /// Runs the kernels that prepare, if they have not run since the parameters changed.
  public void update(List<Kernel> kernels, Frame frame, Workers workers) {
    if (made != version.getAsInt()) {
      synchronized (this) {
        int now = version.getAsInt();
        if (made != now) {
          for (Kernel kernel : kernels) {
            workers.run(kernel, frame);
          }
          made = now;
        }
      }
    }
  }
}
