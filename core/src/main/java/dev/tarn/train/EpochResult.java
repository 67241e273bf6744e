package dev.tarn.train;

/// What one epoch came to.
///
/// @param epoch its number, from 0
/// @param rate the learning rate of its last step
/// @param loss mean training loss, taken while the weights moved
/// @param accuracy share of training examples named right, taken while the weights moved; NaN where
///   examples have no classes
/// @param validationLoss mean loss on the validation data after the epoch; NaN without such data
/// @param validationAccuracy share of validation examples named right; NaN without such data or
///   classes
public record EpochResult(
    int epoch,
    double rate,
    double loss,
    double accuracy,
    double validationLoss,
    double validationAccuracy) {
  /// The loss that decides whether training still gets better: of the validation data if there are
  /// any, else of the training data.
  public double monitored() {
    return Double.isNaN(validationLoss) ? loss : validationLoss;
  }
}
