package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.numpy.Npy;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KerasCommandsTest {
  private static final Path NETWORKS = Path.of("../io/src/test/golden/keras");

  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void aNetworkGoesThereAndBack() {
    String keras = NETWORKS.resolve("shapes.keras").toString();
    String out = Session.output("convert", keras, file("a.tarn"));
    assertTrue(out.contains("parameters"), out);
    Session.output("convert", file("a.tarn"), file("b.h5"));
    Session.output("convert", file("b.h5"), file("c.keras"));
    Npy.write(folder.resolve("x.npy"), Tensor.of(Shape.of(1, 10), 1, -2, 3, 0, 1, 2, -1, 4, 1, 2));
    float[] wanted = answer(keras);
    for (String model : new String[] {"a.tarn", "b.h5", "c.keras"}) {
      assertArrayEquals(wanted, answer(file(model)), 1e-5f, model);
    }
    assertTrue(Session.output("summary", keras).contains("conv2d"));
  }

  private float[] answer(String model) {
    Session.output("run", model, "--input", file("x.npy"), "--output", file("y.npy"));
    return Npy.read(folder.resolve("y.npy")).array();
  }

  @Test
  void shapesAreToldOnce() {
    String keras = NETWORKS.resolve("merges.keras").toString();
    Session.of(
            "convert", keras, file("a.tarn"), "--shape", "left=1,3,8,8", "--shape", "right=1,3,8,8")
        .failed(64, "--shape", "2 times");
  }
}
