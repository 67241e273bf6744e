package dev.tarn.engine.vector;

import dev.tarn.engine.Engine;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import jdk.incubator.vector.FloatVector;

/// Vector multiply-adds in registers: eight chains hide their latency (4 cycles) on two ports.
final class PeakKernel implements Kernel {
  private static final int CHAINS = 8;
  private static final int ROUNDS = 64;

  @Override
  public String name() {
    return "vector multiply-add";
  }

  @Override
  public int blocks(int batch) {
    return batch;
  }

  @Override
  public void run(Frame frame, int block) {
    float x = frame.arena()[0];
    long chain = Engine.PEAK_FLOPS / (2L * CHAINS * Lanes.V * ROUNDS);
    float sum = 0;
    // Many short calls: the JIT then compiles the loop for its second caller instead of this one.
    for (int round = 0; round < ROUNDS; round++) {
      sum += chains(x, chain);
    }
    frame.arena()[1 + block] = sum;
  }

  private static float chains(float value, long count) {
    FloatVector x = FloatVector.broadcast(Lanes.F, value);
    FloatVector a = x;
    FloatVector b = x;
    FloatVector c = x;
    FloatVector d = x;
    FloatVector e = x;
    FloatVector f = x;
    FloatVector g = x;
    FloatVector h = x;
    for (long i = 0; i < count; i++) {
      a = a.fma(x, x);
      b = b.fma(x, x);
      c = c.fma(x, x);
      d = d.fma(x, x);
      e = e.fma(x, x);
      f = f.fma(x, x);
      g = g.fma(x, x);
      h = h.fma(x, x);
    }
    FloatVector sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h)));
    return sum.lane(0);
  }
}
