package dev.tarn.cli;

import dev.tarn.cli.Picture.Colour;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Draws what the first pooling layer of a network gets and what it makes of it, for a few
/// examples: the input at the left, then each feature map with its pooled map below, in the same
/// size, so that one sees what pooling keeps.
final class FeatureMaps {
  private static final int EXAMPLES = 3;
  private static final int MOST_MAPS = 8;
  private static final int CELL = 96;
  private static final int GAP = 12;
  private static final int TITLE = 42;

  private FeatureMaps() {}

  /// The picture, or nothing for a network without two-dimensional pooling.
  static Optional<Tensor> of(Model model, Parameters parameters, Dataset data) {
    return model.nodes().stream()
        .filter(n -> n.layer() instanceof Pool && n.shape().rank() == 3)
        .findFirst()
        .filter(n -> data.size() > 0 && data.shape().rank() == 3)
        .map(n -> draw(n, parameters, data));
  }

  private static Tensor draw(Node pool, Parameters parameters, Dataset data) {
    Node before = pool.inputs().getFirst();
    Model part = Model.of(before, pool);
    var weights = Parameters.zeros(part);
    for (Parameter parameter : part.parameters()) {
      weights.set(parameter.name(), parameters.get(parameter.name()));
    }
    List<Integer> chosen = ofDifferentClasses(data);
    Tensor inputs = Tensor.zeros(data.shape().batch(chosen.size()));
    int sample = data.shape().arraySize();
    for (int i = 0; i < chosen.size(); i++) {
      data.read(chosen.get(i), 0, inputs.array(), i * sample);
    }
    List<Tensor> maps = Predictor.of(part, weights).predict(List.of(inputs));

    int count = Math.min(MOST_MAPS, before.shape().channels());
    int right = GAP + CELL + 2 * GAP;
    int row = 2 * (CELL + GAP) + GAP;
    String above =
        "above: before %s, %d of %d maps %s"
            .formatted(pool.name(), count, before.shape().channels(), plane(before.shape()));
    int wide = Math.max(count * (CELL + GAP), Picture.textWidth(above, 1) + GAP);
    var picture = new Picture(TITLE + chosen.size() * row, right + wide);
    picture.text(10, GAP, 1, "input %s".formatted(plane(data.shape())), Colour.BLACK);
    picture.text(10, right, 1, above, Colour.BLACK);
    picture.text(22, right, 1, "below: after it, %s".formatted(plane(pool.shape())), Colour.BLACK);
    for (int i = 0; i < chosen.size(); i++) {
      int top = TITLE + i * row;
      Tiles.image(picture, top, GAP, CELL, inputs, i);
      for (int map = 0; map < count; map++) {
        int left = right + map * (CELL + GAP);
        Tiles.map(picture, top, left, CELL, maps.getFirst(), i, map);
        Tiles.map(picture, top + CELL + GAP, left, CELL, maps.getLast(), i, map);
      }
    }
    return picture.image();
  }

  private static String plane(Shape shape) {
    return "%d×%d".formatted(shape.size(1), shape.size(2));
  }

  private static List<Integer> ofDifferentClasses(Dataset data) {
    List<Integer> chosen = new ArrayList<>();
    List<Integer> classes = new ArrayList<>();
    for (int i = 0; i < data.size() && chosen.size() < EXAMPLES; i++) {
      if (!classes.contains(data.label(i))) {
        classes.add(data.label(i));
        chosen.add(i);
      }
    }
    return chosen;
  }
}
