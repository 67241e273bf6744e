package dev.tarn.cli;

import dev.tarn.cli.Picture.Colour;
import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Evaluation;
import java.util.List;

/// Draws examples in a grid, each with its class and what it was taken for.
final class WorstExamples {
  private static final int COLUMNS = 8;
  private static final int CELL = 84;
  private static final int GAP = 12;
  private static final int CAPTION = 16;
  private static final int LONGEST = 6;

  private WorstExamples() {}

  /// The picture of at least one example.
  static Tensor of(List<Evaluation.Example> examples, Dataset data) {
    if (data.shape().rank() != 3) {
      throw new ShapeException(
          "picture of examples: they have shape %s; needed images [channels, height, width]."
              .formatted(data.shape()));
    }
    int rows = Math.ceilDiv(examples.size(), COLUMNS);
    var picture = new Picture(GAP + rows * (CELL + CAPTION + GAP), GAP + COLUMNS * (CELL + GAP));
    Tensor one = Tensor.zeros(data.shape().batch(1));
    for (int i = 0; i < examples.size(); i++) {
      Evaluation.Example example = examples.get(i);
      int y = GAP + i / COLUMNS * (CELL + CAPTION + GAP);
      int x = GAP + i % COLUMNS * (CELL + GAP);
      data.read(example.index(), 0, one.array(), 0);
      Tiles.image(picture, y, x, CELL, one, 0);
      String caption = label(data, example.truth()) + " → " + label(data, example.prediction());
      Colour colour = example.truth() == example.prediction() ? Colour.GREY : Colour.ORANGE;
      picture.text(y + CELL + 5, x, 1, caption, colour);
    }
    return picture.image();
  }

  private static String label(Dataset data, int number) {
    String label =
        number < data.labels().size() ? data.labels().get(number) : Integer.toString(number);
    return label.length() > LONGEST ? label.substring(0, LONGEST) : label;
  }
}
