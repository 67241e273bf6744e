package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.numpy.Npy;
import dev.tarn.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxCommandsTest {
  private static final Path NETWORKS = Path.of("../io/src/test/resources/onnx/networks");
  private static final Path NODES = Path.of("../io/src/test/resources/onnx/node");

  @TempDir Path folder;

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static String network(String name) {
    return NETWORKS.resolve(name).toString();
  }

  @Test
  void aNetworkGoesThereAndBack() {
    String onnx = network("resnet18.onnx");
    String out = Session.output("convert", onnx, file("a.tarn"));
    assertTrue(out.contains("parameters"), out);
    Session.output("convert", file("a.tarn"), file("b.onnx"), "--opset", "21");
    Tensor wanted = Npy.read(Path.of(network("resnet18.y.npy")));
    for (String model : new String[] {onnx, file("a.tarn"), file("b.onnx")}) {
      Session.output("run", model, "--input", network("resnet18.x.npy"), "--output", file("y.npy"));
      Tensor got = Npy.read(folder.resolve("y.npy"));
      assertEquals(wanted.shape(), got.shape());
      for (int i = 0; i < wanted.array().length; i++) {
        assertEquals(wanted.array()[i], got.array()[i], 1e-4, model);
      }
    }
    assertTrue(Session.output("explain", onnx).contains("conv1"));
  }

  @Test
  void inputsAndOutputsByName() {
    String x = network("vgg16.x.npy");
    Session.output(
        "run", network("vgg16.onnx"), "--input", "x=" + x, "--output", "y=" + file("y.npy"));
    assertEquals(
        Npy.read(Path.of(network("vgg16.y.npy"))).shape(),
        Npy.read(folder.resolve("y.npy")).shape());
    Session.of("run", network("vgg16.onnx"), "--input", "z=" + x, "--output", file("y.npy"))
        .failed(64, "z", "x");
    Session.of("run", network("vgg16.onnx"), "--input", x, "--output", "w=" + file("y.npy"))
        .failed(64, "w", "y");
    Session.of(
            "run",
            network("vgg16.onnx"),
            "--input",
            network("unpooling.x.npy"),
            "--output",
            file("y.npy"))
        .failed(65, "[3, 32, 32]");
  }

  @Test
  void whatCannotBeConverted() throws IOException {
    Session.of("convert", network("vgg16.onnx"), file("a.h6")).failed(64, ".h6", ".onnx");
    Session.of("convert", file("none.onnx"), file("a.tarn")).failed(66, "none.onnx");
    Session.of("convert", network("vgg16.onnx"), file("a.onnx"), "--opset", "5")
        .failed(64, "opset");
    Session.of("convert", network("vgg16.onnx"), file("a.tarn"), "--shape", "x=1,b")
        .failed(64, "1,b");
    Files.write(folder.resolve("bad.onnx"), new byte[] {1, 2, 3});
    Session.of("convert", file("bad.onnx"), file("a.tarn")).failed(65, "bad.onnx");
  }

  @Test
  void conformanceCountsAndNames() throws IOException {
    String one = NODES.resolve("test_relu").toString();
    assertEquals("1 passed, 0 failed, 0 unsupported", Session.output("conformance", one));
    Session.of("conformance", folder.toString()).failed(66, "no tests");
    Path bad = Files.createDirectories(folder.resolve("test_bad/test_data_set_0"));
    Files.copy(Path.of(one, "model.onnx"), bad.resolveSibling("model.onnx"));
    Files.copy(Path.of(one, "test_data_set_0/input_0.pb"), bad.resolve("input_0.pb"));
    Files.copy(Path.of(one, "test_data_set_0/input_0.pb"), bad.resolve("output_0.pb"));
    Session session = Session.of("conformance", folder.toString());
    assertEquals(65, session.exit());
    assertTrue(session.out().contains("failed       test_bad"), session.out());
    assertTrue(session.out().contains("0 passed, 1 failed, 0 unsupported"), session.out());
  }
}
