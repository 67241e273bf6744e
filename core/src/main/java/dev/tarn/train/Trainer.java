package dev.tarn.train;

import dev.tarn.engine.Engine;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.PlanOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// How a network is to be trained. Every method returns a new description; [#fit] trains.
///
/// ```java
/// Training training = Trainer.of(model).epochs(5).batch(32).fit(train, validation);
/// ```
///
/// The same model, data, settings and seed give the same bits, on any number of threads, and also
/// when training is interrupted and resumed.
///
/// A model that ends in a softmax layer is trained with cross-entropy on the scores before that
/// layer, and one that ends in a sigmoid likewise with binary cross-entropy: these losses hold the
/// function themselves, where it is exact. Mean squared error and Huber see the outputs as they
/// are.
///
/// Training works on a copy of the weights, so a call that fails changes nothing: a
/// [dev.tarn.error.NonFiniteException] where a loss, gradient or weight becomes NaN or infinite, a
/// [dev.tarn.error.CancelledException] where the thread is interrupted (its flag stays set), or
/// what a callback or the data set throws. [TrainingEvent.Broken] has the last good state.
public final class Trainer {
  final Model model;
  Loss loss = Loss.crossEntropy();
  Optimizer optimizer = Optimizer.adam(1e-3);
  Schedule schedule = Schedule.constant();
  Clip clip = Clip.none();
  int epochs = 10;
  int batch = 32;
  int accumulate = 1;
  long seed = 1;
  int threads = Runtime.getRuntime().availableProcessors();
  Set<String> frozen = Set.of();
  List<Callback> callbacks = List.of();
  @Nullable EarlyStopping stopping;
  @Nullable Checkpoints checkpoints;
  @Nullable Parameters start;
  @Nullable TrainerState resumed;
  @Nullable Engine engine;
  long memoryLimit = Long.MAX_VALUE;

  private Trainer(Model model) {
    this.model = model;
  }

  private Trainer(Trainer other) {
    this.model = other.model;
    this.loss = other.loss;
    this.optimizer = other.optimizer;
    this.schedule = other.schedule;
    this.clip = other.clip;
    this.epochs = other.epochs;
    this.batch = other.batch;
    this.accumulate = other.accumulate;
    this.seed = other.seed;
    this.threads = other.threads;
    this.frozen = other.frozen;
    this.callbacks = other.callbacks;
    this.stopping = other.stopping;
    this.checkpoints = other.checkpoints;
    this.start = other.start;
    this.resumed = other.resumed;
    this.engine = other.engine;
    this.memoryLimit = other.memoryLimit;
  }

  /// Training with cross-entropy, Adam at 0.001, 10 epochs, batches of 32, seed 1, and as many
  /// threads as there are processors.
  public static Trainer of(Model model) {
    return new Trainer(model);
  }

  public Trainer loss(Loss wanted) {
    var next = new Trainer(this);
    next.loss = wanted;
    return next;
  }

  public Trainer optimizer(Optimizer wanted) {
    var next = new Trainer(this);
    next.optimizer = wanted;
    return next;
  }

  public Trainer schedule(Schedule wanted) {
    var next = new Trainer(this);
    next.schedule = wanted;
    return next;
  }

  /// What to do with gradients that are too large.
  public Trainer clip(Clip wanted) {
    var next = new Trainer(this);
    next.clip = wanted;
    return next;
  }

  /// How often to go through the training data.
  public Trainer epochs(int count) {
    var next = new Trainer(this);
    next.epochs = Checks.atLeastOne("trainer", "epochs", count);
    return next;
  }

  /// How many examples to run side by side.
  public Trainer batch(int examples) {
    var next = new Trainer(this);
    next.batch = Checks.atLeastOne("trainer", "batch", examples);
    return next;
  }

  /// How many batches to sum the gradients of before each update: an update of `batch × batches`
  /// examples in the memory of one batch.
  ///
  /// The result is that of the larger batch but for the rounding of sums (in float32, a few parts
  /// in 10⁷ of each gradient), and for batch norm, which sees each batch by itself, and dropout.
  public Trainer accumulate(int batches) {
    var next = new Trainer(this);
    next.accumulate = Checks.atLeastOne("trainer", "accumulate", batches);
    return next;
  }

  /// The most bytes that training may take: weights, gradients, the optimizer's memory, and the
  /// activations of training and validation. Where keeping all activations would take more, some
  /// are computed again when they are needed, with the same bits.
  ///
  /// Not counted are the data and what checkpoints and early stopping copy. A limit that is too low
  /// ends [#fit] with a [LimitException] that names the least that is possible.
  public Trainer memoryLimit(long bytes) {
    if (bytes < 1) {
      throw new ParameterException(
          "trainer: the memory limit is %d bytes; needed at least 1.".formatted(bytes));
    }
    var next = new Trainer(this);
    next.memoryLimit = bytes;
    return next;
  }

  /// Decides the starting weights, the order of the examples, augmentation and dropout.
  public Trainer seed(long number) {
    var next = new Trainer(this);
    next.seed = number;
    return next;
  }

  /// How many threads compute; the result does not depend on it.
  public Trainer threads(int count) {
    var next = new Trainer(this);
    next.threads = Checks.atLeastOne("trainer", "threads", count);
    return next;
  }

  /// Keeps the weights of these layers as they are. A frozen batch norm uses its running statistics
  /// and leaves them.
  ///
  /// @throws ParameterException if the model has no layer of this name
  public Trainer freeze(String... layers) {
    var next = new Trainer(this);
    Set<String> all = new TreeSet<>(frozen);
    for (String layer : layers) {
      all.add(model.node(layer).name());
    }
    next.frozen = Set.copyOf(all);
    return next;
  }

  /// Adds someone who hears how training goes.
  public Trainer callback(Callback listener) {
    var next = new Trainer(this);
    next.callbacks = new ArrayList<>(callbacks);
    next.callbacks.add(listener);
    return next;
  }

  /// Ends training once the loss stops falling.
  public Trainer earlyStopping(EarlyStopping rule) {
    var next = new Trainer(this);
    next.stopping = rule;
    return next;
  }

  /// Keeps the state of training, to be resumed from.
  public Trainer checkpoints(Checkpoints rule) {
    var next = new Trainer(this);
    next.checkpoints = rule;
    return next;
  }

  /// Begins with these weights, which are copied, instead of random ones.
  public Trainer from(Parameters weights) {
    if (weights.array().length != model.parameterArraySize()) {
      throw new ShapeException(
          "trainer: %d starting weights; the model has %d."
              .formatted(weights.array().length, model.parameterArraySize()));
    }
    var next = new Trainer(this);
    next.start = weights;
    return next;
  }

  /// Goes on from a state as if training had not been interrupted.
  ///
  /// Model, data, seed, batch and optimizer must be those the state was made with; [#fit] says so
  /// if they are not.
  public Trainer resume(TrainerState state) {
    var next = new Trainer(this);
    next.resumed = state;
    return next;
  }

  /// Goes on from a state if there is one, such as a store's newest.
  public Trainer resume(Optional<TrainerState> state) {
    return state.map(this::resume).orElse(this);
  }

  /// Computes with the kernels of this engine.
  public Trainer engine(Engine kernels) {
    var next = new Trainer(this);
    next.engine = kernels;
    return next;
  }

  /// Trains.
  ///
  /// @throws ShapeException if there are no examples or they do not fit the model
  /// @throws ParameterException if a label is out of range
  public Training fit(Dataset train) {
    return new TrainingRun(this, train, null).run();
  }

  /// Trains, and after every epoch measures loss and accuracy on data that are not learned from.
  ///
  /// @throws ShapeException if there are no examples or they do not fit the model
  /// @throws ParameterException if a label is out of range
  public Training fit(Dataset train, Dataset validation) {
    return new TrainingRun(this, train, validation).run();
  }

  /// Examples of one update.
  int stepSize() {
    long size = (long) batch * accumulate;
    if (size > Integer.MAX_VALUE) {
      throw new LimitException(
          "trainer: an update of batch %d × accumulate %d examples is too large; needed at most %d."
              .formatted(batch, accumulate, Integer.MAX_VALUE));
    }
    return (int) size;
  }

  PlanOptions plan(PlanOptions options) {
    return engine == null ? options : options.engine(engine);
  }

  /// Refuses a state of another run before anything is changed.
  void requireFit(TrainerState state, int examples) {
    int size = model.parameterArraySize();
    if (state.parameters().length != size
        || (state.bestEpoch() >= 0 && state.bestParameters().length != size)) {
      throw new ShapeException(
          "resume: the state has %d parameters; the model has %d. Resume with the model it was made with."
              .formatted(state.parameters().length, size));
    }
    if (!state.optimizer().equals(optimizer.name())
        || state.slots().size() != optimizer.slots()
        || state.slots().stream().anyMatch(slot -> slot.length != size)) {
      throw new UnsupportedException(
          "resume: the state is of optimizer %s with %d slots; the trainer has %s with %d. Resume with the optimizer it was made with."
              .formatted(
                  state.optimizer(), state.slots().size(), optimizer.name(), optimizer.slots()));
    }
    requireSame("seed", state.seed(), seed);
    requireSame("batch × accumulate", state.stepSize(), stepSize());
    requireSame("number of training examples", state.examples(), examples);
    int steps = Math.ceilDiv(examples, stepSize());
    if (state.epoch() < 0 || state.step() < 0 || state.step() > steps || state.updates() < 0) {
      throw new ParameterException(
          "resume: the state stands at epoch %d, step %d, update %d; needed 0 or more, and a step up to %d."
              .formatted(state.epoch(), state.step(), state.updates(), steps));
    }
  }

  private static void requireSame(String what, long stored, long given) {
    if (stored != given) {
      throw new ParameterException(
          "resume: the state has %s %d; the trainer has %d. They must be the same."
              .formatted(what, stored, given));
    }
  }
}
