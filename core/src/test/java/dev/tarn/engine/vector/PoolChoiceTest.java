package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PoolGeometry;
import dev.tarn.engine.PoolProblem;
import dev.tarn.engine.Space;
import dev.tarn.layer.Pool;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import org.junit.jupiter.api.Test;

/// Which kernel pools what: the contract's cases mean something only if the fast ones are chosen.
class PoolChoiceTest {
  private static Kernel forward(Pool pool, Layout layout, boolean places, int... sample) {
    Shape shape = Shape.of(sample);
    var g = PoolGeometry.of(shape.channels(), layout, pool.spans(shape));
    Buffer x = Buffer.perSample(Space.ARENA, "x", g.inSize());
    Buffer y = Buffer.perSample(Space.ARENA, "y", g.outSize());
    Buffer argmax = places ? Buffer.perSample(Space.BYTES, "argmax", g.outSize()) : null;
    var problem = new PoolProblem.Forward(g, pool.reduction(), x, y, argmax);
    return new VectorEngine().choose(problem).kernel();
  }

  private static void chooses(String ending, Pool pool, Layout layout, int... sample) {
    String name = forward(pool, layout, false, sample).name();
    assertTrue(name.endsWith(ending), name);
  }

  @Test
  void lanesAreChannelsWhereTheyLieLast() {
    chooses("across channels", Pool.max(3).stride(2), Layout.NHWC, 20, 13, 13);
    chooses("across channels", Pool.average(2), Layout.NHWC, 20, 4, 6, 8);
  }

  @Test
  void lanesAreColumnsWhereChannelsLieFirst() {
    chooses("across columns", Pool.max(2), Layout.NCHW, 20, 14, 14);
    chooses("across columns", Pool.average(3).stride(2).padding(1), Layout.NCHW, 3, 5, 5);
    chooses("across columns", Pool.lp(2, 2), Layout.NCHW, 3, 4, 5, 6);
  }

  @Test
  void wholePlanesAreSummedAlongMemory() {
    chooses("along planes", Pool.global(Reduction.average()), Layout.NCHW, 20, 7, 7);
    chooses("along planes", Pool.lp(2, 5, 4), Layout.NCHW, 20, 5, 4);
    chooses("along positions", Pool.global(Reduction.average()), Layout.NHWC, 20, 7, 7);
    chooses("along positions", Pool.lp(2, 5, 4), Layout.NHWC, 300, 5, 4);
  }

  @Test
  void largeWindowsSlideUnlessPlacesAreNeeded() {
    Pool large = Pool.max(9).stride(1).padding(4);
    for (Layout layout : Layout.values()) {
      chooses("sliding", large, layout, 19, 13, 21);
      chooses("sliding", Pool.average(7, 9).stride(2, 3), layout, 19, 19, 23);
      String name = forward(large, layout, true, 19, 13, 21).name();
      assertTrue(name.contains(" across "), name);
    }
  }

  @Test
  void blocksDependOnTheWork() {
    assertEquals(1, forward(Pool.max(2), Layout.NCHW, false, 4, 6, 6).blocks(1));
    assertTrue(forward(Pool.max(2), Layout.NCHW, false, 512, 14, 14).blocks(1) > 1);
    Kernel mean = forward(Pool.global(Reduction.average()), Layout.NHWC, false, 512, 14, 14);
    assertTrue(mean.blocks(1) > 1);
  }
}
