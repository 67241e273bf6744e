package dev.tarn.cli;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.plan.PlanOptions;
import dev.tarn.tensor.Tensor;
import java.util.Arrays;

/// What pooling makes of one input, and the gradient of the sum of its outputs.
record PoolRun(Tensor output, Tensor gradient) {
  static PoolRun of(Pool pool, Tensor input) {
    Model model = Model.input(input.shape().sample()).then(pool).build();
    Plan plan =
        Plan.of(
            model, PlanOptions.training(1).gradients(PlanOptions.Gradients.PARAMETERS_AND_INPUTS));
    Frame frame = plan.frame(Parameters.zeros(model));
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, input);
      plan.forward(frame, workers, 1);
      Tensor output = plan.output(frame, 0, 1);
      float[] ones = new float[output.array().length];
      Arrays.fill(ones, 1f);
      plan.gradOutput(frame, 0, ones, 0, 1);
      plan.backward(frame, workers, 1);
      return new PoolRun(output, plan.gradInput(frame, 0, 1));
    }
  }
}
