package dev.tarn.zoo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.io.model.Weights;
import dev.tarn.io.safetensors.SafeTensors;
import dev.tarn.io.safetensors.SafeTensorsWriter;
import dev.tarn.io.store.FileStorage;
import dev.tarn.io.store.Publisher;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Names of weights that torchvision's own networks have (`torchvision_names.py`).
class TorchvisionTest {
  @TempDir Path folder;

  static List<String> networks() throws IOException {
    try (InputStream in = TorchvisionTest.class.getResourceAsStream("/torchvision/names.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /// Every array of torchvision's network is one of ours, with the same shape.
  @ParameterizedTest
  @MethodSource("networks")
  void everyArrayHasItsPlace(String line) {
    List<String> words = List.of(line.split(" ", -1));
    Zoo zoo = Zoo.of(words.getFirst());
    Model model = zoo.model();
    Map<String, String> modules = zoo.torchvision();
    Set<String> ours = new TreeSet<>();
    model
        .parameters()
        .forEach(p -> ours.add(torch(p.node(), p.spec().name(), p.spec().shape(), modules)));
    assertEquals(new TreeSet<>(words.subList(1, words.size())), ours);
  }

  private static String torch(String node, String name, Shape shape, Map<String, String> modules) {
    String state =
        name.replace("runningMean", "running_mean").replace("runningVariance", "running_var");
    return "%s.%s%s".formatted(modules.get(node), state, shape).replace(" ", "");
  }

  @Test
  void everyNetworkOfTorchvisionIsInTheList() throws IOException {
    Set<String> listed = new TreeSet<>();
    networks().forEach(line -> listed.add(line.substring(0, line.indexOf(' '))));
    Set<String> named = new TreeSet<>();
    for (Zoo zoo : Zoo.values()) {
      if (!zoo.torchvision().isEmpty()) {
        named.add(zoo.id());
      }
    }
    assertEquals(listed, named);
  }

  @Test
  void statesOfPytorchAreReadAndWritten() {
    Model model = Zoo.RESNET18.model(Shape.of(3, 32, 32), 4);
    Parameters parameters = Parameters.initialize(model, 5);
    Path file = folder.resolve("state.safetensors");
    Weights.save(file, parameters, Zoo.RESNET18.torchvision());
    assertTrue(Weights.names(file).contains("layer2.0.downsample.1.running_var"));
    Parameters again = Weights.load(file, model, Zoo.RESNET18.torchvision());
    assertArrayEquals(parameters.array(), again.array());
    assertThrows(ShapeException.class, () -> Weights.load(file, model));
  }

  /// PyTorch counts batches; nothing else may be left over.
  @Test
  void countersArePassedOverAndNothingElse() throws IOException {
    Model model = Model.input(1, 4, 4).conv(2, 3).batchNorm().build();
    Map<String, String> modules = Map.of("conv1", "0", "batchnorm1", "1");
    Parameters parameters = Parameters.initialize(model, 5);
    Path plain = folder.resolve("plain.safetensors");
    Weights.save(plain, parameters, modules);
    for (String extra : List.of("1.num_batches_tracked", "2.weight")) {
      var writer = new SafeTensorsWriter().add(extra, new long[] {7});
      try (var source = FileStorage.read(plain)) {
        SafeTensors arrays = SafeTensors.read(source);
        arrays.names().forEach(name -> writer.add(name, arrays.tensor(name)));
      }
      Path file = folder.resolve(extra + ".safetensors");
      Publisher.write(file, writer);
      if (extra.endsWith("tracked")) {
        assertArrayEquals(parameters.array(), Weights.load(file, model, modules).array());
      } else {
        var e = assertThrows(ShapeException.class, () -> Weights.load(file, model, modules));
        assertTrue(e.getMessage().contains("2.weight is not in the model"), e.getMessage());
      }
    }
    Map<String, String> wrong = Map.of("conv7", "0");
    var e = assertThrows(ParameterException.class, () -> Weights.load(plain, model, wrong));
    assertTrue(e.getMessage().contains("conv7"), e.getMessage());
  }
}
