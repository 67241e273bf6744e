package dev.tarn.train;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import dev.tarn.plan.PlanOptions.Gradients;
import dev.tarn.tensor.Tensor;
import java.util.List;
import java.util.Set;

/// One of the networks of a scheme that trains several against or behind each other: its weights,
/// its plan, and its way down the gradient.
final class Part {
  private final String name;
  private final Plan plan;
  private final Parameters parameters;
  private final Frame frame;
  private final Descent descent;
  private int samples;
  private int parts;

  Part(String name, Model model, Parameters start, Optimizer optimizer, int batch) {
    this.name = name;
    this.plan =
        Plan.of(model, PlanOptions.training(batch).gradients(Gradients.PARAMETERS_AND_INPUTS));
    this.parameters = start;
    this.frame = plan.frame(start);
    this.descent = new Descent(model, start.array(), optimizer, new Clip.None(), Set.of());
  }

  Parameters parameters() {
    return parameters;
  }

  /// Runs forward over `count` samples and returns the outputs.
  List<Tensor> forward(Workers workers, Tensor input, int count, long seed, long step) {
    samples = count;
    plan.input(frame, 0, input.array(), 0, count);
    frame.randomness(seed, step);
    plan.forward(frame, workers, count);
    int outputs = plan.model().outputs().size();
    Tensor[] all = new Tensor[outputs];
    for (int i = 0; i < outputs; i++) {
      all[i] = plan.output(frame, i, count);
    }
    return List.of(all);
  }

  /// Runs backward from the gradients by the outputs and returns that by the input. Gradients by
  /// the weights are added to those of earlier passes of the same step.
  Tensor backward(Workers workers, Tensor... gradOutputs) {
    through(workers, gradOutputs);
    descent.take(frame, workers, parts++);
    return plan.gradInput(frame, 0, samples);
  }

  /// The same for the gradient by the input alone: this network's weights stay out of it.
  Tensor through(Workers workers, Tensor... gradOutputs) {
    for (int i = 0; i < gradOutputs.length; i++) {
      plan.gradOutput(frame, i, gradOutputs[i].array(), 0, samples);
    }
    plan.backward(frame, workers, samples);
    return plan.gradInput(frame, 0, samples);
  }

  /// Moves the weights along the gradients of all passes since the last step.
  ///
  /// @throws dev.tarn.error.NonFiniteException if a gradient or a weight is not finite
  void step(Workers workers, long number, double rate, String where) {
    String at = where + ", " + name;
    descent.check(frame, workers, at);
    descent.apply(frame, workers, number, rate);
    descent.checkWeights(at);
    parameters.changed();
    parts = 0;
  }
}
