package dev.tarn.io.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.io.numpy.Npy;
import dev.tarn.layer.Constant;
import dev.tarn.layer.MaxUnpool;
import dev.tarn.layer.Upsample;
import dev.tarn.model.Model;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks exported by PyTorch give what they gave there (src/test/onnx/record_networks.py), also
/// after they were written again.
final class OnnxNetworksTest {
  private static final Path FOLDER = Path.of("src/test/resources/onnx/networks");

  static Tensor run(OnnxModel read, Tensor x) {
    int samples = x.shape().size(0);
    Plan plan = Plan.inference(read.model(), samples);
    Frame frame = plan.frame(read.parameters());
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, x);
      plan.forward(frame, workers, samples);
    }
    return plan.output(frame, 0, samples);
  }

  static void assertNear(Tensor wanted, Tensor got, double tolerance) {
    assertEquals(wanted.shape(), got.shape());
    double largest = 0;
    for (float value : wanted.array()) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < wanted.array().length; i++) {
      double difference = Math.abs(wanted.array()[i] - got.array()[i]);
      int at = i;
      assertTrue(
          difference <= tolerance * largest,
          () -> "[%d] is %s; expected %s".formatted(at, got.array()[at], wanted.array()[at]));
    }
  }

  private static OnnxModel load(String name) {
    return OnnxModel.load(FOLDER.resolve(name + ".onnx"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16", "resnet18", "squeezenet", "segmentation", "unpooling"})
  void network(String name, @TempDir Path folder) {
    OnnxModel read = load(name);
    Tensor x = Npy.read(FOLDER.resolve(name + ".x.npy"));
    Tensor y = Npy.read(FOLDER.resolve(name + ".y.npy"));
    assertEquals(OnnxModel.FirstAxis.BATCH, read.axes());
    assertNear(y, run(read, x), 1e-5);
    Path again = folder.resolve("again.onnx");
    for (int opset : new int[] {17, 18, 21}) {
      OnnxWriter.standard().opset(opset).write(again, read.parameters());
      assertNear(y, run(OnnxModel.load(again), x), 1e-5);
    }
    OnnxWriter.standard().weights(OnnxWriter.Weights.BESIDE).write(again, read.parameters());
    assertNear(y, run(OnnxModel.load(again), x), 1e-5);
  }

  @Test
  void shapeArithmeticVanishesAndLayersArePlain() {
    assertEquals(
        0,
        load("vgg16").model().nodes().stream().filter(n -> n.layer() instanceof Constant).count());
    Model segmentation = load("segmentation").model();
    assertTrue(segmentation.nodes().stream().anyMatch(n -> n.layer() instanceof Upsample));
    Model unpooling = load("unpooling").model();
    assertTrue(unpooling.nodes().stream().anyMatch(n -> n.layer() instanceof MaxUnpool));
  }

  @Test
  void namesOfNodesAreKept() {
    Model model = load("resnet18").model();
    assertTrue(
        model.nodes().stream().anyMatch(n -> n.name().contains("conv1")),
        () -> model.nodes().toString());
  }
}
