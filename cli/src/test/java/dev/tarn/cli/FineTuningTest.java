package dev.tarn.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.io.numpy.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A network that was made elsewhere is trained further here and taken back.
class FineTuningTest {
  private static final Path NETWORKS = Path.of("../io/src/test/resources/onnx/networks");

  @TempDir static Path shared;
  @TempDir Path folder;

  /// Five classes, as many as the networks have.
  @BeforeAll
  static void images() throws IOException {
    Session.output(
        "data", "digits", "--out", shared.resolve("images").toString(), "--count", "200");
    List<Path> all;
    try (var files = Files.walk(shared.resolve("images"))) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : all) {
      Path parent = file.getParent();
      if (file.getFileName().toString().matches("[5-9]")
          || (parent != null && parent.getFileName().toString().matches("[5-9]"))) {
        Files.delete(file);
      }
    }
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private float[] run(String model, String input) {
    Session.output("run", model, "--input", input, "--output", file("y.npy"));
    return Npy.read(folder.resolve("y.npy")).array();
  }

  /// Networks of PyTorch, to ONNX and to Keras.
  @ParameterizedTest
  @ValueSource(strings = {"vgg16", "resnet18"})
  void networksOfPytorch(String name) {
    String network = NETWORKS.resolve(name + ".onnx").toString();
    String x = NETWORKS.resolve(name + ".x.npy").toString();
    String tuned = file("tuned.tarn");
    String said =
        Session.output(
            "train",
            "--model",
            network,
            "--data",
            shared.resolve("images").toString(),
            "--epochs",
            "1",
            "--lr",
            "0.001",
            "--out",
            tuned);
    assertTrue(said.contains("test accuracy"), said);
    float[] after = run(tuned, x);
    assertTrue(difference(run(network, x), after) > 1e-4, "training changed the answers");
    for (String ending : List.of(".onnx", ".keras", ".h5")) {
      Session.output("convert", tuned, file("back" + ending));
      assertEquals(0, difference(after, run(file("back" + ending), x)), 1e-4, ending);
    }
  }

  private static double difference(float[] wanted, float[] got) {
    assertEquals(wanted.length, got.length);
    double largest = 0;
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      largest = Math.max(largest, Math.abs(wanted[i]));
      difference = Math.max(difference, Math.abs((double) wanted[i] - got[i]));
    }
    return difference / largest;
  }
}
