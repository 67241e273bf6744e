package dev.tarn.train;

/// How the learning rate changes while training goes on: a factor of the optimizer's rate.
///
/// Time is counted in epochs; inside an epoch of `n` steps, step `s` stands at `epoch + s / n`.
/// Only [Plateau] depends on results; what it remembers is a [State], so a schedule itself never
/// changes.
public sealed interface Schedule {
  /// What a schedule remembers between epochs.
  ///
  /// @param best the lowest loss so far
  /// @param waiting epochs since then
  /// @param factor by which plateaus have lowered the rate so far
  record State(double best, int waiting, double factor) {
    /// Before the first epoch.
    public static final State START = new State(Double.POSITIVE_INFINITY, 0, 1);
  }

  /// The factor at a point in time.
  ///
  /// @param epoch epochs since the start, from 0
  /// @param step steps since the epoch's start, from 0
  /// @param steps steps of a whole epoch
  double factor(int epoch, int step, int steps, State state);

  /// What to remember after an epoch that ended with this loss: of the validation data, or of the
  /// training data where there are none.
  default State after(State state, double loss) {
    return state;
  }

  /// The same rate all the time.
  static Schedule constant() {
    return new Constant();
  }

  /// Multiplies the rate by `factor` every `epochs` epochs.
  static Schedule step(int epochs, double factor) {
    return new Step(epochs, factor);
  }

  /// Lowers the rate to 0 along half a cosine over `epochs` epochs.
  static Cosine cosine(int epochs) {
    return new Cosine(epochs, 0);
  }

  /// Multiplies the rate by `factor` where the loss has not fallen for more than `patience` epochs.
  static Plateau onPlateau(int patience, double factor) {
    return new Plateau(patience, factor, 1e-4, 0);
  }

  /// Raises the rate from nearly 0 in a straight line over the first `steps` steps, while this
  /// schedule runs on underneath.
  default Schedule warmUp(int steps) {
    return new WarmUp(steps, this);
  }

  record Constant() implements Schedule {
    @Override
    public double factor(int epoch, int step, int steps, State state) {
      return 1;
    }
  }

  /// `factor ^ ⌊epoch / epochs⌋` (PyTorch's `StepLR`).
  ///
  /// @param epochs length of each step of the stairs, at least 1
  /// @param factor above 0 and at most 1
  record Step(int epochs, double factor) implements Schedule {
    public Step {
      Checks.atLeastOne("step schedule", "epochs", epochs);
      Checks.positive("step schedule", "factor", factor, 1);
    }

    @Override
    public double factor(int epoch, int step, int steps, State state) {
      int stairs = epoch / epochs;
      return StrictMath.pow(factor, stairs);
    }
  }

  /// `least + (1 − least) · (1 + cos(π · t / epochs)) / 2`, `least` from then on (Loshchilov &
  /// Hutter 2017, equation 5, without restarts).
  ///
  /// @param epochs time until `least` is reached, at least 1
  /// @param least the factor at the end, from 0 to 1
  record Cosine(int epochs, double least) implements Schedule {
    public Cosine {
      Checks.atLeastOne("cosine schedule", "epochs", epochs);
      Checks.notNegative("cosine schedule", "least factor", least, 1);
    }

    /// The same ending at another factor than 0.
    public Cosine least(double factor) {
      return new Cosine(epochs, factor);
    }

    @Override
    public double factor(int epoch, int step, int steps, State state) {
      double done = Math.min(1, (epoch + (double) step / steps) / epochs);
      return least + (1 - least) * (1 + StrictMath.cos(StrictMath.PI * done)) / 2;
    }
  }

  /// `min(1, (s + 1) / steps)` at step `s` since the start of training, times another schedule's
  /// factor (Goyal et al. 2017, section 2.2).
  ///
  /// @param steps length of the rise, at least 1
  /// @param then the schedule underneath, which counts from the start too
  record WarmUp(int steps, Schedule then) implements Schedule {
    public WarmUp {
      Checks.atLeastOne("warm-up", "steps", steps);
    }

    @Override
    public double factor(int epoch, int step, int stepsPerEpoch, State state) {
      double done = (double) epoch * stepsPerEpoch + step + 1;
      return Math.min(1, done / steps) * then.factor(epoch, step, stepsPerEpoch, state);
    }

    @Override
    public State after(State state, double loss) {
      return then.after(state, loss);
    }
  }

  /// Lowers the rate where learning stands still (PyTorch's `ReduceLROnPlateau`): a loss counts as
  /// lower if it is below `best · (1 − threshold)`; after more than `patience` epochs without one
  /// the factor is multiplied, and the count begins again.
  ///
  /// @param patience epochs to wait, at least 0
  /// @param factor above 0 and below 1
  /// @param threshold share by which a loss must be lower, from 0 to below 1
  /// @param least the smallest factor, from 0 to 1
  record Plateau(int patience, double factor, double threshold, double least) implements Schedule {
    public Plateau {
      Checks.notNegative("plateau schedule", "patience", patience, Integer.MAX_VALUE);
      Checks.positive("plateau schedule", "factor", factor, 1);
      Checks.belowOne("plateau schedule", "factor", factor);
      Checks.belowOne("plateau schedule", "threshold", threshold);
      Checks.notNegative("plateau schedule", "least factor", least, 1);
    }

    /// The same with another share by which a loss must be lower to count.
    public Plateau threshold(double share) {
      return new Plateau(patience, factor, share, least);
    }

    /// The same, never going below this factor.
    public Plateau least(double smallest) {
      return new Plateau(patience, factor, threshold, smallest);
    }

    @Override
    public double factor(int epoch, int step, int steps, State state) {
      return state.factor();
    }

    @Override
    public State after(State state, double loss) {
      if (loss < state.best() * (1 - threshold)) {
        return new State(loss, 0, state.factor());
      }
      if (state.waiting() + 1 > patience) {
        return new State(state.best(), 0, Math.max(least, state.factor() * factor));
      }
      return new State(state.best(), state.waiting() + 1, state.factor());
    }
  }
}
