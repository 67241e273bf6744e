package dev.tarn.train;

/// How weights follow their gradients: the formula and its constants.
///
/// Formulas are PyTorch's. `w` is a weight, `g` its gradient, `t` the number of the update from 1,
/// and `rate` the learning rate times the factor of the [Schedule]. Weight decay applies to weights
/// and not to biases unless [Decay#ALL] is asked for; except in [AdamW] it is added to the
/// gradient, `g + decay · w`.
public sealed interface Optimizer {
  /// Learning rates beyond this are refused: float32 weights would not survive one update.
  double MOST_RATE = 1e6;

  /// Which parameters weight decay applies to.
  enum Decay {
    /// Weights, but not biases and not the scale and shift of batch norm.
    WEIGHTS,
    /// Everything that is learned, as PyTorch has it by default.
    ALL
  }

  /// How momentum enters an update.
  enum Momentum {
    /// Along the mean of past gradients (Polyak 1964).
    CLASSICAL,
    /// Along that mean one step ahead (Nesterov 1983; Sutskever et al. 2013).
    NESTEROV
  }

  /// `Adam`, under which checkpoints keep its state.
  String name();

  /// The learning rate before the schedule's factor.
  double rate();

  /// The amount of weight decay.
  double weightDecay();

  Decay decay();

  /// How many numbers it remembers for each weight.
  int slots();

  /// Stochastic gradient descent.
  static Sgd sgd(double rate) {
    return new Sgd(rate, 0, Momentum.CLASSICAL, 0, Decay.WEIGHTS);
  }

  /// Adam with decay rates 0.9 and 0.999 and epsilon 1e-8.
  static Adam adam(double rate) {
    return new Adam(rate, 0.9, 0.999, 1e-8, 0, Decay.WEIGHTS);
  }

  /// Adam with decoupled weight decay 0.01.
  static AdamW adamW(double rate) {
    return new AdamW(rate, 0.9, 0.999, 1e-8, 0.01, Decay.WEIGHTS);
  }

  /// RMSprop with smoothing 0.99 and epsilon 1e-8.
  static RmsProp rmsProp(double rate) {
    return new RmsProp(rate, 0.99, 1e-8, 0, 0, Decay.WEIGHTS);
  }

  /// Adagrad with epsilon 1e-10.
  static Adagrad adagrad(double rate) {
    return new Adagrad(rate, 0, 1e-10, 0, Decay.WEIGHTS);
  }

  /// Stochastic gradient descent (Robbins & Monro 1951), with momentum if asked for: `v = momentum
  /// · v + g`, `w −= rate · v`; Nesterov's form is `w −= rate · (g + momentum · v)`.
  ///
  /// @param momentum share of past gradients, from 0 to below 1
  record Sgd(double rate, double momentum, Momentum form, double weightDecay, Decay decay)
      implements Optimizer {
    public Sgd {
      Checks.positive("sgd", "learning rate", rate, MOST_RATE);
      Checks.belowOne("sgd", "momentum", momentum);
      Checks.notNegative("sgd", "weight decay", weightDecay, MOST_RATE);
    }

    public Sgd momentum(double share) {
      return new Sgd(rate, share, form, weightDecay, decay);
    }

    /// The same with Nesterov's form of momentum.
    public Sgd nesterov() {
      return new Sgd(rate, momentum, Momentum.NESTEROV, weightDecay, decay);
    }

    public Sgd weightDecay(double amount) {
      return new Sgd(rate, momentum, form, amount, decay);
    }

    public Sgd decay(Decay which) {
      return new Sgd(rate, momentum, form, weightDecay, which);
    }

    @Override
    public String name() {
      return "SGD";
    }

    @Override
    public int slots() {
      return momentum == 0 ? 0 : 1;
    }
  }

  /// Adam (Kingma & Ba 2015, algorithm 1): `m = beta1·m + (1 − beta1)·g`, `v = beta2·v + (1 −
  /// beta2)·g²`, `w −= rate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 − beta1ᵗ)` and `v̂ = v / (1 −
  /// beta2ᵗ)`.
  ///
  /// @param beta1 share of past gradients, from 0 to below 1
  /// @param beta2 share of past squared gradients, from 0 to below 1
  /// @param epsilon added to the root, above 0
  record Adam(
      double rate, double beta1, double beta2, double epsilon, double weightDecay, Decay decay)
      implements Optimizer {
    public Adam {
      Checks.positive("adam", "learning rate", rate, MOST_RATE);
      Checks.belowOne("adam", "beta1", beta1);
      Checks.belowOne("adam", "beta2", beta2);
      Checks.positive("adam", "epsilon", epsilon, 1);
      Checks.notNegative("adam", "weight decay", weightDecay, MOST_RATE);
    }

    public Adam betas(double first, double second) {
      return new Adam(rate, first, second, epsilon, weightDecay, decay);
    }

    public Adam epsilon(double value) {
      return new Adam(rate, beta1, beta2, value, weightDecay, decay);
    }

    public Adam weightDecay(double amount) {
      return new Adam(rate, beta1, beta2, epsilon, amount, decay);
    }

    public Adam decay(Decay which) {
      return new Adam(rate, beta1, beta2, epsilon, weightDecay, which);
    }

    @Override
    public String name() {
      return "Adam";
    }

    @Override
    public int slots() {
      return 2;
    }
  }

  /// Adam whose weight decay does not pass through the moments: first `w −= rate · decay · w`, then
  /// [Adam]'s step (Loshchilov & Hutter 2019, algorithm 2).
  ///
  /// @param beta1 share of past gradients, from 0 to below 1
  /// @param beta2 share of past squared gradients, from 0 to below 1
  /// @param epsilon added to the root, above 0
  record AdamW(
      double rate, double beta1, double beta2, double epsilon, double weightDecay, Decay decay)
      implements Optimizer {
    public AdamW {
      Checks.positive("adamw", "learning rate", rate, MOST_RATE);
      Checks.belowOne("adamw", "beta1", beta1);
      Checks.belowOne("adamw", "beta2", beta2);
      Checks.positive("adamw", "epsilon", epsilon, 1);
      Checks.notNegative("adamw", "weight decay", weightDecay, MOST_RATE);
    }

    public AdamW betas(double first, double second) {
      return new AdamW(rate, first, second, epsilon, weightDecay, decay);
    }

    public AdamW epsilon(double value) {
      return new AdamW(rate, beta1, beta2, value, weightDecay, decay);
    }

    public AdamW weightDecay(double amount) {
      return new AdamW(rate, beta1, beta2, epsilon, amount, decay);
    }

    public AdamW decay(Decay which) {
      return new AdamW(rate, beta1, beta2, epsilon, weightDecay, which);
    }

    @Override
    public String name() {
      return "AdamW";
    }

    @Override
    public int slots() {
      return 2;
    }
  }

  /// RMSprop (Tieleman & Hinton 2012, lecture 6e): `v = smoothing·v + (1 − smoothing)·g²`, `w −=
  /// rate · g / (√v + epsilon)`; with momentum `b = momentum · b + g / (√v + epsilon)`, `w −= rate
  /// · b`.
  ///
  /// @param smoothing share of past squared gradients, from 0 to below 1
  /// @param epsilon added to the root, above 0
  /// @param momentum share of past steps, from 0 to below 1
  record RmsProp(
      double rate,
      double smoothing,
      double epsilon,
      double momentum,
      double weightDecay,
      Decay decay)
      implements Optimizer {
    public RmsProp {
      Checks.positive("rmsprop", "learning rate", rate, MOST_RATE);
      Checks.belowOne("rmsprop", "smoothing", smoothing);
      Checks.positive("rmsprop", "epsilon", epsilon, 1);
      Checks.belowOne("rmsprop", "momentum", momentum);
      Checks.notNegative("rmsprop", "weight decay", weightDecay, MOST_RATE);
    }

    public RmsProp smoothing(double share) {
      return new RmsProp(rate, share, epsilon, momentum, weightDecay, decay);
    }

    public RmsProp epsilon(double value) {
      return new RmsProp(rate, smoothing, value, momentum, weightDecay, decay);
    }

    public RmsProp momentum(double share) {
      return new RmsProp(rate, smoothing, epsilon, share, weightDecay, decay);
    }

    public RmsProp weightDecay(double amount) {
      return new RmsProp(rate, smoothing, epsilon, momentum, amount, decay);
    }

    public RmsProp decay(Decay which) {
      return new RmsProp(rate, smoothing, epsilon, momentum, weightDecay, which);
    }

    @Override
    public String name() {
      return "RMSprop";
    }

    @Override
    public int slots() {
      return momentum == 0 ? 1 : 2;
    }
  }

  /// Adagrad (Duchi, Hazan & Singer 2011): `s += g²`, `w −= rate / (1 + (t − 1) · rateDecay) · g /
  /// (√s + epsilon)`.
  ///
  /// @param rateDecay how fast the learning rate falls, at least 0
  /// @param epsilon added to the root, above 0
  record Adagrad(double rate, double rateDecay, double epsilon, double weightDecay, Decay decay)
      implements Optimizer {
    public Adagrad {
      Checks.positive("adagrad", "learning rate", rate, MOST_RATE);
      Checks.notNegative("adagrad", "rate decay", rateDecay, MOST_RATE);
      Checks.positive("adagrad", "epsilon", epsilon, 1);
      Checks.notNegative("adagrad", "weight decay", weightDecay, MOST_RATE);
    }

    public Adagrad rateDecay(double amount) {
      return new Adagrad(rate, amount, epsilon, weightDecay, decay);
    }

    public Adagrad epsilon(double value) {
      return new Adagrad(rate, rateDecay, value, weightDecay, decay);
    }

    public Adagrad weightDecay(double amount) {
      return new Adagrad(rate, rateDecay, epsilon, amount, decay);
    }

    public Adagrad decay(Decay which) {
      return new Adagrad(rate, rateDecay, epsilon, weightDecay, which);
    }

    @Override
    public String name() {
      return "Adagrad";
    }

    @Override
    public int slots() {
      return 1;
    }
  }
}
