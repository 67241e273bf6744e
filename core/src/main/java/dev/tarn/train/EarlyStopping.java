package dev.tarn.train;

import java.util.List;

/// Stops training once the loss has not fallen for `patience` epochs (Prechelt 1998): that of the
/// validation data, or of the training data where there are none.
///
/// @param patience epochs without a lower loss, at least 1
/// @param least how much lower than the best loss a loss must be to count, at least 0
/// @param keep which weights training ends with
public record EarlyStopping(int patience, double least, Keep keep) {
  /// Which weights training ends with.
  public enum Keep {
    /// Those after the epoch with the lowest loss.
    BEST,
    /// Those after the last epoch.
    LAST
  }

  public EarlyStopping {
    Checks.atLeastOne("early stopping", "patience", patience);
    Checks.notNegative("early stopping", "least improvement", least, Double.MAX_VALUE);
  }

  /// Waits so many epochs, then ends with the best weights.
  public static EarlyStopping patience(int epochs) {
    return new EarlyStopping(epochs, 0, Keep.BEST);
  }

  /// The same counting only losses that are lower by this much.
  public EarlyStopping least(double improvement) {
    return new EarlyStopping(patience, improvement, keep);
  }

  /// The same ending with other weights.
  public EarlyStopping keep(Keep which) {
    return new EarlyStopping(patience, least, which);
  }

  /// The place in the history of the best epoch, -1 if there is none.
  int best(List<EpochResult> history) {
    int best = -1;
    for (int i = 0; i < history.size(); i++) {
      if (best < 0 || history.get(i).monitored() < history.get(best).monitored() - least) {
        best = i;
      }
    }
    return best;
  }

  boolean stop(List<EpochResult> history) {
    return history.size() - 1 - best(history) >= patience;
  }
}
