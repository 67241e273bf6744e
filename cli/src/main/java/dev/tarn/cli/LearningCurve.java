package dev.tarn.cli;

import dev.tarn.io.image.Canvas;
import dev.tarn.io.image.LineChart;
import dev.tarn.io.image.LineChart.Floor;
import dev.tarn.io.image.LineChart.Line;
import dev.tarn.train.EpochResult;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Draws how loss and accuracy went from epoch to epoch: two diagrams side by side, training in
/// blue, test in orange.
final class LearningCurve {
  private LearningCurve() {}

  /// The picture for a history of at least one epoch.
  static Canvas of(List<EpochResult> history) {
    return LineChart.draw(
        List.of(
            chart("loss", Floor.ZERO, history, EpochResult::loss, EpochResult::validationLoss),
            chart(
                "accuracy",
                Floor.LOWEST,
                history,
                EpochResult::accuracy,
                EpochResult::validationAccuracy)));
  }

  private static LineChart chart(
      String title,
      Floor floor,
      List<EpochResult> history,
      ToDoubleFunction<EpochResult> training,
      ToDoubleFunction<EpochResult> test) {
    return new LineChart(
        title,
        "epoch",
        floor,
        List.of(
            new Line("training", history.stream().map(training::applyAsDouble).toList()),
            new Line("test", history.stream().map(test::applyAsDouble).toList())));
  }
}
