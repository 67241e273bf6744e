package dev.tarn.train;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Workers;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.plan.Plan;
import dev.tarn.tensor.Tensor;

/// What a [GenerativeTrainer] made: a network that turns noise into examples.
///
/// @param maker the generator of an adversarial pair, the decoder of an autoencoder
/// @param parameters its weights
/// @param other weights of the discriminator or encoder
/// @param value brings the maker's outputs to values from 0 to 1
public record Generative(Model maker, Parameters parameters, Parameters other, Value value) {
  /// A function of one number.
  @FunctionalInterface
  public interface Value {
    float of(float output);
  }

  /// New examples, `count, C, spatial…`, values 0 to 1; the same seed gives the same.
  public Tensor samples(int count, long seed) {
    int size = GenerativeTrainer.codeSize(maker, "samples");
    return samples(GenerativeTrainer.noise(count, size, seed, -1));
  }

  /// The examples of codes `[count, n]`, for walks from one to another.
  public Tensor samples(Tensor codes) {
    int count = codes.shape().size(0);
    Plan plan = Plan.inference(maker, Math.max(1, count));
    Frame frame = plan.frame(parameters);
    try (Workers workers = Workers.of(1)) {
      plan.input(frame, 0, codes);
      plan.forward(frame, workers, count);
    }
    Tensor examples = plan.output(frame, 0, count);
    float[] values = examples.array();
    for (int i = 0; i < values.length; i++) {
      values[i] = value.of(values[i]);
    }
    return examples;
  }
}
