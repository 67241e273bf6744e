package dev.tarn.train;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.error.CancelledException;
import dev.tarn.error.NonFiniteException;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Shape;
import java.util.List;

/// One update of the weights: forward, loss, backward and descent over one batch, or over several
/// whose gradients are summed.
///
/// Forward passes move the running statistics of batch norm, so these are kept aside first and put
/// back if the step does not come to its end.
final class TrainingStep {
  /// What a step adds to the epoch's sums.
  ///
  /// @param loss sum of losses
  /// @param weight what it is divided by
  /// @param correct examples named right
  record Result(double loss, double weight, int correct) {}

  private final Loss loss;
  private final long seed;
  private final int accumulate;
  private final Plan plan;
  private final Frame frame;
  private final Descent descent;
  private final Shape input;
  private final Node output;
  private final Shape shape;
  private final int cells;
  private final float[] outputs;
  private final float[] gradOutputs;
  private final List<Parameter> states;
  private final float[] statesBefore;
  private boolean whole = true;

  TrainingStep(Trainer trainer, Plan plan, Frame frame, Descent descent) {
    this.loss = trainer.loss;
    this.seed = trainer.seed;
    this.accumulate = trainer.accumulate;
    this.plan = plan;
    this.frame = frame;
    this.descent = descent;
    Model model = plan.model();
    this.input = model.inputs().getFirst().shape();
    this.output = model.outputs().getFirst();
    this.shape = output.shape();
    this.cells = shape.arraySize();
    int size = shape.batch(plan.batch()).arraySize();
    this.outputs = new float[size];
    this.gradOutputs = new float[size];
    this.states = model.parameters().stream().filter(p -> !p.learned()).toList();
    this.statesBefore = new float[states.stream().mapToInt(Parameter::size).sum()];
  }

  /// Whether the weights are those after the last step that came to its end: always, unless an
  /// update itself made them infinite.
  boolean isWhole() {
    return whole;
  }

  /// @param updates updates before this one
  /// @param where begins messages: `epoch 2, step 17`; its text is made where it is needed only
  Result run(Workers workers, Batch batch, long updates, double rate, Object where) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException("training: interrupted before %s.".formatted(where));
    }
    Targets targets = batch.targets();
    int[] examples = batch.examples();
    TargetCheck.require(loss, shape, targets, batch.size(), i -> examples[i]);
    copyStates(true);
    Result result;
    try {
      result = gradients(workers, batch, targets, updates, where);
      descent.check(frame, workers, where);
      descent.apply(frame, workers, updates + 1, rate);
    } catch (RuntimeException | Error e) {
      copyStates(false);
      throw e;
    }
    whole = false;
    descent.checkWeights(where);
    whole = true;
    return result;
  }

  private void copyStates(boolean aside) {
    int at = 0;
    for (Parameter p : states) {
      if (aside) {
        System.arraycopy(frame.parameters(), p.at(), statesBefore, at, p.size());
      } else {
        System.arraycopy(statesBefore, at, frame.parameters(), p.at(), p.size());
      }
      at += p.size();
    }
  }

  private Result gradients(
      Workers workers, Batch batch, Targets targets, long updates, Object where) {
    double weight = 0;
    for (int i = 0; i < batch.size(); i++) {
      weight += loss.weight(shape, targets, i);
    }
    double scale = weight == 0 ? 0 : 1 / weight;
    double sum = 0;
    int correct = 0;
    int part = 0;
    for (int from = 0; from < batch.size(); from += plan.batch()) {
      int count = Math.min(plan.batch(), batch.size() - from);
      plan.input(frame, 0, batch.inputs().array(), from * input.arraySize(), count);
      frame.randomness(seed, updates * accumulate + part);
      plan.forward(frame, workers, count);
      plan.output(frame, 0, outputs, 0, count);
      for (int i = 0; i < count; i++) {
        int at = i * cells;
        double one = loss.sample(outputs, at, shape, targets, from + i, scale, gradOutputs, at);
        if (!Double.isFinite(one)) {
          throw notFinite(where, batch.examples()[from + i], one, at);
        }
        sum += one;
        if (Evaluation.highest(outputs, at, cells) == batch.classes()[from + i]) {
          correct++;
        }
      }
      plan.gradOutput(frame, 0, gradOutputs, 0, count);
      plan.backward(frame, workers, count);
      if (accumulate == 1) {
        descent.take(frame);
      } else {
        descent.take(frame, workers, part);
      }
      part++;
    }
    return new Result(sum, weight, correct);
  }

  private NonFiniteException notFinite(Object where, int example, double value, int at) {
    String cause = "its scores are finite but too large";
    for (int i = 0; i < cells; i++) {
      if (!Float.isFinite(outputs[at + i])) {
        cause = "layer %s put out %s at index %d".formatted(output.name(), outputs[at + i], i);
        break;
      }
    }
    return new NonFiniteException(
        "%s: the loss of example %d is %s, since %s. The weights are as before this step; lower the learning rate, clip gradients, or look for wrong values in the data."
            .formatted(where, example, value, cause));
  }
}
