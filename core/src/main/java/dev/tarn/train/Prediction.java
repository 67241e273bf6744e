package dev.tarn.train;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// What a network takes an example for: a probability for every class.
///
/// @param labels the classes' names
/// @param probabilities one for each class
public record Prediction(List<String> labels, List<Double> probabilities) {
  /// One class and its probability.
  ///
  /// @param number the class number
  public record Ranked(int number, String label, double probability) {}

  public Prediction {
    labels = List.copyOf(labels);
    probabilities = List.copyOf(probabilities);
  }

  /// The number of the likeliest class; the first of several that are equally likely.
  public int number() {
    return top(1).getFirst().number();
  }

  /// The name of the likeliest class.
  public String label() {
    return labels.get(number());
  }

  /// The probability of the likeliest class.
  public double probability() {
    return probabilities.get(number());
  }

  /// The `count` likeliest classes, or all if there are fewer.
  public List<Ranked> top(int count) {
    return IntStream.range(0, probabilities.size())
        .mapToObj(i -> new Ranked(i, labels.get(i), probabilities.get(i)))
        .sorted(Comparator.comparingDouble(Ranked::probability).reversed())
        .limit(count)
        .toList();
  }

  /// `7 (0.9912)`
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s (%.4f)", label(), probability());
  }
}
