package dev.tarn.zoo;

import dev.tarn.layer.Flatten;
import dev.tarn.layer.Input;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// The names that torchvision (https://docs.pytorch.org/vision/stable/models.html) gives to the
/// layers of networks that are the same here, for weights that were saved by PyTorch.
final class Torchvision {
  private Torchvision() {}

  /// VGG and the one-column AlexNet: two rows of modules, `features` and `classifier`, in which
  /// every layer counts; the flatten layer between them does not.
  static Map<String, String> inTwoRows(Model model) {
    Map<String, String> modules = new LinkedHashMap<>();
    String row = "features";
    int number = 0;
    for (Node node : model.nodes()) {
      switch (node.layer()) {
        case Input input -> {}
        case Flatten flatten -> {
          row = "classifier";
          number = 0;
        }
        default -> {
          if (!model.parameters(node).isEmpty()) {
            modules.put(node.name(), row + "." + number);
          }
          number++;
        }
      }
    }
    return modules;
  }

  /// ResNet-18: a stem, four layers of two blocks, a dense layer.
  static Map<String, String> resNet18(Model model) {
    List<String> modules = new ArrayList<>(List.of("conv1", "bn1"));
    for (int layer = 1; layer <= 4; layer++) {
      for (int block = 0; block < 2; block++) {
        String in = "layer%d.%d.".formatted(layer, block);
        List.of("conv1", "bn1", "conv2", "bn2").forEach(name -> modules.add(in + name));
        if (layer > 1 && block == 0) {
          modules.add(in + "downsample.0");
          modules.add(in + "downsample.1");
        }
      }
    }
    modules.add("fc");
    return inOrder(model, modules);
  }

  /// SqueezeNet 1.0: fire modules at 3 to 5, 7 to 10 and 12 of `features`, pooling between them.
  static Map<String, String> squeezeNet(Model model) {
    List<String> modules = new ArrayList<>(List.of("features.0"));
    IntStream.of(3, 4, 5, 7, 8, 9, 10, 12)
        .forEach(fire -> {
          for (String part : List.of("squeeze", "expand1x1", "expand3x3")) {
            modules.add("features.%d.%s".formatted(fire, part));
          }
        });
    modules.add("classifier.1");
    return inOrder(model, modules);
  }

  private static Map<String, String> inOrder(Model model, List<String> modules) {
    List<Node> nodes =
        model.nodes().stream().filter(node -> !model.parameters(node).isEmpty()).toList();
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < nodes.size(); i++) {
      named.put(nodes.get(i).name(), modules.get(i));
    }
    return named;
  }
}
