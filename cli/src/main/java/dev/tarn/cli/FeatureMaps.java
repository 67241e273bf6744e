package dev.tarn.cli;

import dev.tarn.io.image.Canvas;
import dev.tarn.io.image.Canvas.Align;
import dev.tarn.io.image.Canvas.Ink;
import dev.tarn.io.image.Canvas.Shades;
import dev.tarn.io.image.ImageSheet;
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
  private static final int TITLE = 46;
  private static final double LETTERS = 8;

  private FeatureMaps() {}

  /// The picture, or nothing for a network without two-dimensional pooling.
  static Optional<Canvas> of(Model model, Parameters parameters, Dataset data) {
    return model.nodes().stream()
        .filter(n -> n.layer() instanceof Pool && n.shape().rank() == 3)
        .findFirst()
        .filter(n -> data.size() > 0 && data.shape().rank() == 3)
        .map(n -> draw(n, parameters, data));
  }

  private static Canvas draw(Node pool, Parameters parameters, Dataset data) {
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
    int wide = Math.max(count * (CELL + GAP), (int) Canvas.textWidth(above, LETTERS) + GAP);
    var canvas = new Canvas(right + wide, TITLE + chosen.size() * row);
    String input = "input %s".formatted(plane(data.shape()));
    String below = "below: after it, %s".formatted(plane(pool.shape()));
    canvas.text(GAP, 18, LETTERS, input, Align.RIGHT_OF, Ink.BLACK);
    canvas.text(right, 18, LETTERS, above, Align.RIGHT_OF, Ink.BLACK);
    canvas.text(right, 34, LETTERS, below, Align.RIGHT_OF, Ink.BLACK);
    for (int i = 0; i < chosen.size(); i++) {
      int top = TITLE + i * row;
      int channels = data.shape().channels();
      if (channels == 1 || channels == 3) {
        canvas.image(GAP, top, CELL, CELL, inputs.slice(i, i + 1).reshape(data.shape()));
      } else {
        Tensor first = ImageSheet.maps(inputs, i).getFirst();
        canvas.map(GAP, top, CELL, CELL, first, Shades.GREY);
      }
      List<Tensor> full = ImageSheet.maps(maps.getFirst(), i);
      List<Tensor> pooled = ImageSheet.maps(maps.getLast(), i);
      for (int map = 0; map < count; map++) {
        int left = right + map * (CELL + GAP);
        canvas.map(left, top, CELL, CELL, full.get(map), Shades.GREY);
        canvas.map(left, top + CELL + GAP, CELL, CELL, pooled.get(map), Shades.GREY);
      }
    }
    return canvas;
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
