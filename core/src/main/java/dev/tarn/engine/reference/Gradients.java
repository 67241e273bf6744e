package dev.tarn.engine.reference;

import dev.tarn.engine.PoolGeometry;
import dev.tarn.tensor.Layout;
import java.util.Arrays;

/// What the gradient kernels of pooling share.
final class Gradients {
  private Gradients() {}

  /// Sets channels `c0` to `c1` of one sample, which begins at `at`, to 0.
  static void clear(float[] gradX, int at, PoolGeometry g, int c0, int c1) {
    if (g.layout() == Layout.NCHW) {
      Arrays.fill(gradX, at + c0 * g.inPositions(), at + c1 * g.inPositions(), 0f);
    } else if (c1 - c0 == g.channels()) {
      Arrays.fill(gradX, at, at + g.inSize(), 0f);
    } else {
      for (int position = 0; position < g.inPositions(); position++) {
        int pixel = at + position * g.channels();
        Arrays.fill(gradX, pixel + c0, pixel + c1, 0f);
      }
    }
  }
}
