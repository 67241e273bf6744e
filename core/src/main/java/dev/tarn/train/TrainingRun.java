package dev.tarn.train;

import dev.tarn.engine.Workers;
import dev.tarn.error.CancelledException;
import dev.tarn.error.LimitException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.error.StoreException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One call of [Trainer#fit]: the loop over epochs and steps, and the state it stands in.
///
/// Between two steps the state is complete. What breaks a step leaves it as it was before.
final class TrainingRun {
  private final Trainer trainer;
  private final Dataset train;
  private final @Nullable Dataset validation;
  private final Model scores;
  private final Parameters weights;
  private final List<EpochResult> history = new ArrayList<>();
  private int epoch;
  private int step;
  private long updates;
  private Schedule.State schedule = Schedule.State.START;
  private TrainerState.Sums sums = TrainerState.Sums.START;
  private int bestEpoch = -1;
  private float[] bestParameters = new float[0];
  private final @Nullable Plan measuring;
  private final Descent descent;
  private final TrainingStep work;

  /// Where a step stands, for messages.
  private record Place(int epoch, int step) {
    @Override
    public String toString() {
      return "epoch %d, step %d".formatted(epoch, step);
    }
  }

  TrainingRun(Trainer trainer, Dataset train, @Nullable Dataset validation) {
    this.trainer = trainer;
    this.train = train;
    this.validation = validation;
    this.scores = Scores.of(trainer.model, trainer.loss);
    Evaluation.requireFit(scores, train, trainer.loss, "training");
    if (validation != null) {
      Evaluation.requireFit(scores, validation, trainer.loss, "validation");
    }
    TrainerState state = trainer.resumed;
    if (state != null) {
      trainer.requireFit(state, train.size());
    }
    this.weights = Parameters.of(scores, startingWeights(trainer));
    int side = Math.min(trainer.batch, train.size());
    PlanOptions measure = PlanOptions.inference(Predictor.batchFor(scores));
    this.measuring = validation == null ? null : Plan.of(scores, trainer.plan(measure));
    Plan plan = plan(trainer.plan(PlanOptions.training(side).frozen(trainer.frozen)));
    this.descent =
        new Descent(scores, weights.array(), trainer.optimizer, trainer.clip, trainer.frozen);
    this.work = new TrainingStep(trainer, plan, plan.frame(weights), descent);
    if (state != null) {
      restore(state);
    }
  }

  /// The training plan, within what the trainer's limit leaves for it.
  private Plan plan(PlanOptions options) {
    if (trainer.memoryLimit == Long.MAX_VALUE) {
      return Plan.of(scores, options);
    }
    int arrays = 2 + trainer.optimizer.slots() + (trainer.accumulate > 1 ? 1 : 0);
    long fixed = 4L * arrays * scores.parameterArraySize();
    fixed += measuring == null ? 0 : measuring.memory() + measuring.preparedMemory();
    try {
      return Plan.of(scores, options.within(Math.max(1, trainer.memoryLimit - fixed)));
    } catch (LimitException e) {
      long activations = e.needed().orElse(0);
      throw new LimitException(
          "training: the memory limit is %d bytes; needed at least %d: %d for weights, gradients, the optimizer and validation, %d for activations. Raise the limit, or use a smaller batch or input."
              .formatted(trainer.memoryLimit, fixed + activations, fixed, activations),
          fixed + activations);
    }
  }

  private static float[] startingWeights(Trainer trainer) {
    if (trainer.resumed != null) {
      return trainer.resumed.parameters().clone();
    }
    Parameters given = trainer.start;
    return given == null
        ? Parameters.initialize(trainer.model, trainer.seed).array()
        : given.array().clone();
  }

  private void restore(TrainerState state) {
    epoch = state.epoch();
    step = state.step();
    updates = state.updates();
    schedule = state.schedule();
    sums = state.sums();
    history.addAll(state.history());
    bestEpoch = state.bestEpoch();
    bestParameters = state.bestParameters().clone();
    for (int i = 0; i < state.slots().size(); i++) {
      System.arraycopy(state.slots().get(i), 0, descent.slots()[i], 0, weights.array().length);
    }
  }

  /// A copy of where training stands.
  private TrainerState state() {
    return new TrainerState(
        trainer.seed,
        train.size(),
        trainer.stepSize(),
        epoch,
        step,
        updates,
        weights.array().clone(),
        trainer.optimizer.name(),
        Stream.of(descent.slots()).map(float[]::clone).toList(),
        schedule,
        sums,
        history,
        bestEpoch,
        bestParameters.clone());
  }

  Training run() {
    int steps = Math.ceilDiv(train.size(), trainer.stepSize());
    tell(new TrainingEvent.Started(trainer.epochs, steps, epoch, step, List.copyOf(history)));
    warn();
    try (Workers workers = Workers.of(trainer.threads)) {
      while (epoch < trainer.epochs && !isOver()) {
        epoch(workers, steps);
      }
    } catch (CancelledException e) {
      TrainerState last = state();
      try {
        keep(last);
      } catch (StoreException lost) {
        e.addSuppressed(lost);
      }
      tell(new TrainingEvent.Broken(e, last));
      throw e;
    } catch (NonFiniteException e) {
      if (work.isWhole()) {
        tell(new TrainingEvent.Broken(e, state()));
      }
      throw e;
    }
    tell(new TrainingEvent.Finished(List.copyOf(history)));
    float[] last = bestEpoch < 0 ? weights.array() : bestParameters;
    return new Training(trainer.model, Parameters.of(trainer.model, last), history, train.labels());
  }

  private boolean isOver() {
    List<EpochResult> past = List.copyOf(history);
    EarlyStopping rule = trainer.stopping;
    return !past.isEmpty()
        && ((rule != null && rule.stop(past))
            || trainer.callbacks.stream().anyMatch(callback -> callback.stop(past)));
  }

  private void epoch(Workers workers, int steps) {
    try (Batches batches =
        Batches.shuffled(train, trainer.stepSize(), trainer.seed, epoch).from(step)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        step(workers, batch, steps);
      }
    }
    EpochResult result = result(workers);
    history.add(result);
    schedule = trainer.schedule.after(schedule, result.monitored());
    EarlyStopping rule = trainer.stopping;
    if (rule != null
        && rule.keep() == EarlyStopping.Keep.BEST
        && rule.best(history) == history.size() - 1) {
      bestEpoch = epoch;
      bestParameters = weights.array().clone();
    }
    epoch++;
    step = 0;
    sums = TrainerState.Sums.START;
    tell(new TrainingEvent.EpochDone(result));
    if (trainer.checkpoints != null) {
      keep(state());
    }
  }

  private void step(Workers workers, Batch batch, int steps) {
    double factor = trainer.schedule.factor(epoch, step, steps, schedule);
    double rate = trainer.optimizer.rate() * factor;
    TrainingStep.Result done = work.run(workers, batch, updates, rate, new Place(epoch, step));
    updates++;
    step++;
    sums =
        new TrainerState.Sums(
            sums.loss() + done.loss(),
            sums.weight() + done.weight(),
            sums.correct() + done.correct(),
            sums.seen() + batch.size(),
            rate);
    double mean = done.weight() == 0 ? 0 : done.loss() / done.weight();
    tell(
        new TrainingEvent.StepDone(
            epoch, step - 1, steps, rate, mean, sums.loss() / sums.weight(), accuracy()));
    Checkpoints rule = trainer.checkpoints;
    if (rule != null && rule.everySteps() > 0 && updates % rule.everySteps() == 0 && step < steps) {
      keep(state());
    }
  }

  private double accuracy() {
    return train.target().isPresent() ? Double.NaN : (double) sums.correct() / sums.seen();
  }

  private EpochResult result(Workers workers) {
    double loss = sums.loss() / sums.weight();
    if (validation == null || measuring == null) {
      return new EpochResult(epoch, sums.rate(), loss, accuracy(), Double.NaN, Double.NaN);
    }
    Evaluation evaluation =
        Evaluation.run(measuring, measuring.frame(weights), workers, validation, trainer.loss);
    return new EpochResult(
        epoch, sums.rate(), loss, accuracy(), evaluation.loss(), evaluation.accuracy());
  }

  private void keep(TrainerState state) {
    Checkpoints rule = trainer.checkpoints;
    if (rule == null) {
      return;
    }
    try {
      rule.store().save(state);
    } catch (StoreException e) {
      if (rule.onFailure() == Checkpoints.OnFailure.STOP) {
        throw e;
      }
      tell(new TrainingEvent.CheckpointFailed(e));
      return;
    }
    tell(new TrainingEvent.CheckpointSaved(state.epoch(), state.step()));
  }

  private void warn() {
    if (train.target().isEmpty() && Arrays.stream(train.classes()).distinct().count() == 1) {
      tell(
          new TrainingEvent.Warned(
              "All %d training examples have class %d; the network will learn to answer nothing else."
                  .formatted(train.size(), train.label(0))));
    }
  }

  private void tell(TrainingEvent event) {
    for (Callback callback : trainer.callbacks) {
      callback.on(event);
    }
  }
}
