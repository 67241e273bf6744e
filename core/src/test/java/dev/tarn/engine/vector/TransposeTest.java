package dev.tarn.engine.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Choice;
import dev.tarn.engine.Engine;
import dev.tarn.engine.MoveProblem;
import dev.tarn.engine.Workers;
import org.junit.jupiter.api.Test;

/// Changes of layout move every number to its place, tails included.
class TransposeTest {
  @Test
  void movesEveryNumber() {
    int batch = 2;
    int[][] sizes = {{16, 16}, {17, 150}, {150, 33}, {64, 64}, {31, 200}};
    try (var workers = Workers.of(3)) {
      for (int bits : Widths.bits()) {
        Engine engine = Widths.engine(bits);
        for (int[] s : sizes) {
          float[] x = new float[batch * s[0] * s[1]];
          for (int i = 0; i < x.length; i++) {
            x[i] = i;
          }
          var rig = new Rig(batch);
          Buffer xs = rig.samples("x", s[0] * s[1], x);
          Buffer ys = rig.samples("y", s[0] * s[1]);
          var problem = new MoveProblem.ToChannelsFirst(s[0], s[1], xs, ys);
          String name = engine.choose(problem).kernel().name();
          assertTrue(name.contains("tiles"), name);
          float[] y = rig.run(engine, problem, workers).get(ys);
          for (int i = 0; i < y.length; i++) {
            int n = i / (s[0] * s[1]);
            int channel = i / s[0] % s[1];
            assertEquals((n * s[0] + i % s[0]) * s[1] + channel, y[i], engine.name() + " at " + i);
          }
        }
      }
    }
  }

  @Test
  void refusesImagesOfFewChannels() {
    var rig = new Rig(1);
    Buffer x = rig.samples("x", 300);
    Choice choice =
        Widths.engine(128).choose(new MoveProblem.ToChannelsLast(100, 3, x, rig.samples("y", 300)));
    assertTrue(choice.refusals().toString().contains("3 × 100"), choice.refusals().toString());
  }
}
