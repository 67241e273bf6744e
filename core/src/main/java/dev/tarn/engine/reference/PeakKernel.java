package dev.tarn.engine.reference;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;

/// Scalar multiply-adds in registers: eight chains hide their latency.
final class PeakKernel implements Kernel {
  private static final int CHAINS = 8;

  @Override
  public String name() {
    return "scalar multiply-add";
  }

  @Override
  public int blocks(int batch) {
    return batch;
  }

  @Override
  public void run(Frame frame, int block) {
    float x = frame.arena()[0];
    float a = x;
    float b = x + 1;
    float c = x + 2;
    float d = x + 3;
    float e = x + 4;
    float f = x + 5;
    float g = x + 6;
    float h = x + 7;
    for (long i = 0; i < Engine.PEAK_FLOPS / (2 * CHAINS); i++) {
      a = Math.fma(a, x, x);
      b = Math.fma(b, x, x);
      c = Math.fma(c, x, x);
      d = Math.fma(d, x, x);
      e = Math.fma(e, x, x);
      f = Math.fma(f, x, x);
      g = Math.fma(g, x, x);
      h = Math.fma(h, x, x);
    }
    frame.arena()[1 + block] = a + b + c + d + e + f + g + h;
  }
}
