package dev.tarn.cli;

import dev.tarn.error.ShapeException;
import dev.tarn.io.image.Canvas;
import dev.tarn.io.image.Canvas.Ink;
import dev.tarn.io.image.Canvas.Shades;
import dev.tarn.io.image.ImageSheet;
import dev.tarn.io.image.ImageSheet.Picture;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import dev.tarn.train.Evaluation;
import java.util.ArrayList;
import java.util.List;

/// Draws examples in a grid, each with its class and what it was taken for.
final class WorstExamples {
  private static final int COLUMNS = 8;
  private static final int CELL = 84;
  private static final int LONGEST = 6;

  private WorstExamples() {}

  /// The picture of at least one example.
  static Canvas of(List<Evaluation.Example> examples, Dataset data) {
    if (data.shape().rank() != 3) {
      throw new ShapeException(
          "picture of examples: they have shape %s; needed images [channels, height, width]."
              .formatted(data.shape()));
    }
    List<Picture> pictures = new ArrayList<>();
    for (Evaluation.Example example : examples) {
      Tensor image = Tensor.zeros(data.shape());
      data.read(example.index(), 0, image.array(), 0);
      String caption = label(data, example.truth()) + " → " + label(data, example.prediction());
      Ink ink = example.truth() == example.prediction() ? Ink.GREY : Ink.ORANGE;
      pictures.add(
          image.shape().channels() == 1 || image.shape().channels() == 3
              ? new ImageSheet.Image(caption, ink, image)
              : new ImageSheet.Map(caption, ink, firstChannel(image), Shades.GREY));
    }
    return new ImageSheet(COLUMNS, CELL, pictures).draw();
  }

  private static Tensor firstChannel(Tensor image) {
    return ImageSheet.maps(image.reshape(image.shape().batch(1)), 0).getFirst();
  }

  private static String label(Dataset data, int number) {
    String label =
        number < data.labels().size() ? data.labels().get(number) : Integer.toString(number);
    return label.length() > LONGEST ? label.substring(0, LONGEST) : label;
  }
}
