package dev.tarn.train;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Which classes are taken for which: one row per true class, one column per predicted class.
///
/// Scores whose divisor is 0 (a class that never stands in the data, or is never predicted) are 0,
/// as in scikit-learn.
public final class ConfusionMatrix {
  private final long[][] counts;
  private final List<String> labels;

  private ConfusionMatrix(long[][] counts, List<String> labels) {
    this.counts = counts;
    this.labels = labels;
  }

  /// Counts pairs of true and predicted class numbers.
  ///
  /// @param labels the classes' names, in the order of their numbers
  /// @throws ShapeException if there are not as many predictions as truths
  /// @throws ParameterException if a class number has no name
  public static ConfusionMatrix of(int[] truths, int[] predictions, List<String> labels) {
    if (truths.length != predictions.length) {
      throw new ShapeException(
          "confusion matrix: %d true classes but %d predictions; needed one for each."
              .formatted(truths.length, predictions.length));
    }
    long[][] counts = new long[labels.size()][labels.size()];
    for (int i = 0; i < truths.length; i++) {
      int worst = Math.max(truths[i], predictions[i]);
      if (Math.min(truths[i], predictions[i]) < 0 || worst >= labels.size()) {
        throw new ParameterException(
            "confusion matrix: example %d has class %d and prediction %d; needed 0 to %d."
                .formatted(i, truths[i], predictions[i], labels.size() - 1));
      }
      counts[truths[i]][predictions[i]]++;
    }
    return new ConfusionMatrix(counts, List.copyOf(labels));
  }

  public int classes() {
    return labels.size();
  }

  public List<String> labels() {
    return labels;
  }

  /// How many examples of class `truth` were taken for class `prediction`.
  public long count(int truth, int prediction) {
    return counts[truth][prediction];
  }

  public long total() {
    return IntStream.range(0, classes()).mapToLong(this::support).sum();
  }

  public long correct() {
    return IntStream.range(0, classes()).mapToLong(c -> counts[c][c]).sum();
  }

  /// The number of examples of a class.
  public long support(int truth) {
    return IntStream.range(0, classes()).mapToLong(c -> counts[truth][c]).sum();
  }

  /// How often a class was predicted.
  public long predicted(int prediction) {
    return IntStream.range(0, classes()).mapToLong(c -> counts[c][prediction]).sum();
  }

  /// The share of all examples named right.
  public double accuracy() {
    return ratio(correct(), total());
  }

  /// The share of right ones among those named so.
  public double precision(int c) {
    return ratio(counts[c][c], predicted(c));
  }

  /// The share of a class that was found.
  public double recall(int c) {
    return ratio(counts[c][c], support(c));
  }

  /// The harmonic mean of [#precision] and [#recall].
  public double f1(int c) {
    return ratio(2 * counts[c][c], support(c) + predicted(c));
  }

  /// The mean of all classes' [#precision].
  public double macroPrecision() {
    return IntStream.range(0, classes()).mapToDouble(this::precision).average().orElse(0);
  }

  /// The mean of all classes' [#recall].
  public double macroRecall() {
    return IntStream.range(0, classes()).mapToDouble(this::recall).average().orElse(0);
  }

  /// The mean of all classes' [#f1].
  public double macroF1() {
    return IntStream.range(0, classes()).mapToDouble(this::f1).average().orElse(0);
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /// A table for people: rows are true classes, columns predicted ones, followed by each class's
  /// precision, recall and F1.
  public String table() {
    int name = labels.stream().mapToInt(String::length).max().orElse(0);
    long most = 0;
    for (long[] row : counts) {
      for (long count : row) {
        most = Math.max(most, count);
      }
    }
    int cell = Math.clamp(Long.toString(most).length(), Math.min(name, 10), 20) + 1;
    var text = new StringBuilder(" ".repeat(name));
    for (String label : labels) {
      text.append(right(label, cell));
    }
    text.append("  precision  recall      F1\n");
    for (int truth = 0; truth < classes(); truth++) {
      text.append(labels.get(truth)).append(" ".repeat(name - labels.get(truth).length()));
      for (long count : counts[truth]) {
        text.append(right(count == 0 ? "." : Long.toString(count), cell));
      }
      text.append(
          String.format(
              Locale.ROOT, "  %9.4f  %.4f  %.4f\n", precision(truth), recall(truth), f1(truth)));
    }
    return text.toString();
  }

  private static String right(String text, int width) {
    String cut = text.length() < width ? text : text.substring(0, width - 1);
    return " ".repeat(width - cut.length()) + cut;
  }

  @Override
  public String toString() {
    return table();
  }
}
