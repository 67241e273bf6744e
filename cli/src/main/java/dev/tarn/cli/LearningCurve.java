package dev.tarn.cli;

import dev.tarn.cli.Picture.Colour;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.EpochResult;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// Draws how loss and accuracy went from epoch to epoch: two diagrams side by side, training in
/// blue, test in orange.
final class LearningCurve {
  private static final int HIGH = 240;
  private static final int WIDE = 340;
  private static final int TOP = 48;
  private static final int LEFT = 70;
  private static final int TICKS = 4;

  private LearningCurve() {}

  /// The picture for a history of at least one epoch.
  static Tensor of(List<EpochResult> history) {
    var picture = new Picture(TOP + HIGH + 60, 2 * (LEFT + WIDE) + 30);
    double most = 0;
    for (EpochResult result : history) {
      most = Math.max(most, finite(result.loss()));
      most = Math.max(most, finite(result.validationLoss()));
    }
    double least = 1;
    for (EpochResult result : history) {
      least = Math.min(least, Double.isNaN(result.accuracy()) ? least : result.accuracy());
      least =
          Math.min(
              least,
              Double.isNaN(result.validationAccuracy()) ? least : result.validationAccuracy());
    }
    diagram(
        picture,
        LEFT,
        "loss",
        0,
        most == 0 ? 1 : most,
        history,
        EpochResult::loss,
        EpochResult::validationLoss);
    double floor = Math.min(Math.floor(least * 20) / 20, 0.95);
    diagram(
        picture,
        2 * LEFT + WIDE + 10,
        "accuracy",
        floor,
        1,
        history,
        EpochResult::accuracy,
        EpochResult::validationAccuracy);
    return picture.image();
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  private static void diagram(
      Picture picture,
      int left,
      String title,
      double least,
      double most,
      List<EpochResult> history,
      ToDoubleFunction<EpochResult> training,
      ToDoubleFunction<EpochResult> test) {
    picture.text(14, left, 2, title, Colour.BLACK);
    int legend = left + WIDE - 190;
    picture.fill(20, legend, 3, 16, Colour.BLUE);
    picture.text(17, legend + 20, 1, "training", Colour.GREY);
    picture.fill(20, legend + 100, 3, 16, Colour.ORANGE);
    picture.text(17, legend + 120, 1, "test", Colour.GREY);
    for (int tick = 0; tick <= TICKS; tick++) {
      double value = least + (most - least) * tick / TICKS;
      int y = at(value, least, most);
      picture.fill(y, left, 1, WIDE, Colour.LIGHT);
      String label = String.format(Locale.ROOT, "%.3f", value);
      picture.text(y - 3, left - 8 - Picture.textWidth(label, 1), 1, label, Colour.GREY);
    }
    int epochs = history.size();
    int every = Math.ceilDiv(epochs, 10);
    for (int i = 0; i < epochs; i += every) {
      String label = Integer.toString(history.get(i).epoch() + 1);
      int x = (int) Math.round(across(i, epochs, left)) - Picture.textWidth(label, 1) / 2;
      picture.text(TOP + HIGH + 12, x, 1, label, Colour.GREY);
    }
    picture.text(TOP + HIGH + 32, left + WIDE / 2 - 20, 1, "epoch", Colour.GREY);
    curve(picture, left, least, most, history, training, Colour.BLUE);
    curve(picture, left, least, most, history, test, Colour.ORANGE);
  }

  private static void curve(
      Picture picture,
      int left,
      double least,
      double most,
      List<EpochResult> history,
      ToDoubleFunction<EpochResult> value,
      Colour colour) {
    for (int i = 0; i < history.size(); i++) {
      double here = value.applyAsDouble(history.get(i));
      if (!Double.isFinite(here)) {
        continue;
      }
      double x = across(i, history.size(), left);
      int y = at(here, least, most);
      picture.fill(y - 2, (int) Math.round(x) - 2, 6, 6, colour);
      double before = i == 0 ? Double.NaN : value.applyAsDouble(history.get(i - 1));
      if (Double.isFinite(before)) {
        picture.line(at(before, least, most), across(i - 1, history.size(), left), y, x, colour);
      }
    }
  }

  private static int at(double value, double least, double most) {
    return TOP + (int) Math.round(HIGH * (1 - (value - least) / (most - least)));
  }

  private static double across(int epoch, int epochs, int left) {
    double margin = 20;
    double room = WIDE - 2 * margin;
    return left + margin + (epochs == 1 ? room / 2 : room * epoch / (epochs - 1));
  }
}
