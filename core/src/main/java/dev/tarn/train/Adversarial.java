package dev.tarn.train;

import dev.tarn.engine.Workers;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// A generator that learns to deceive a discriminator, which learns to tell its work from examples.
record Adversarial(Model generator, Model discriminator) implements GenerativeTrainer.Scheme {
  Adversarial {
    GenerativeTrainer.codeSize(generator, "generator");
    Shape made = generator.outputs().getFirst().shape();
    Shape judged = discriminator.inputs().getFirst().shape();
    Shape verdict = discriminator.outputs().getFirst().shape();
    if (!made.equals(judged) || verdict.elements() != 1) {
      throw new ShapeException(
          "adversarial training: the generator makes %s, the discriminator reads %s and answers %s; needed the same shape and one number."
              .formatted(made, judged, verdict));
    }
  }

  @Override
  public Model maker() {
    return generator;
  }

  @Override
  public void requireFit(Shape example) {
    Shape made = generator.outputs().getFirst().shape();
    if (!made.equals(example)) {
      throw new ShapeException(
          "adversarial training: examples are %s; the generator makes %s."
              .formatted(example, made));
    }
  }

  @Override
  public float value(float output) {
    return Math.clamp(output * 0.5f + 0.5f, 0f, 1f);
  }

  @Override
  public GenerativeTrainer.Running begin(Optimizer optimizer, int batch, long seed) {
    return new Running(optimizer, batch, seed);
  }

  private final class Running implements GenerativeTrainer.Running {
    private final Part maker;
    private final Part judge;
    private final int noise = GenerativeTrainer.codeSize(generator, "generator");
    private final long seed;
    private final Map<String, Double> losses = new LinkedHashMap<>();

    Running(Optimizer optimizer, int batch, long seed) {
      this.seed = seed;
      Parameters first = GenerativeTrainer.start(generator, seed, 0);
      Parameters second = GenerativeTrainer.start(discriminator, seed, 1);
      this.maker = new Part("generator", generator, first, optimizer, batch);
      this.judge = new Part("discriminator", discriminator, second, optimizer, batch);
    }

    @Override
    public void step(
        Workers workers, Tensor examples, int count, long number, double rate, String where) {
      Tensor real = Tensor.zeros(examples.shape());
      for (int i = 0; i < real.array().length; i++) {
        real.array()[i] = examples.array()[i] * 2 - 1;
      }
      Tensor codes = GenerativeTrainer.noise(count, noise, seed, number);
      Tensor made = maker.forward(workers, codes, count, seed, number).getFirst();

      double loss = judge(workers, real, count, number, 1);
      loss += judge(workers, made, count, number, 0);
      judge.step(workers, number, rate, where);
      losses.put("discriminator", loss);

      Tensor verdict = judge.forward(workers, made, count, seed, number).getFirst();
      Tensor gradient = Tensor.zeros(verdict.shape());
      losses.put("generator", GenerativeTrainer.crossEntropy(verdict, i -> 1, count, gradient));
      maker.backward(workers, judge.through(workers, gradient));
      maker.step(workers, number, rate, where);
    }

    private double judge(Workers workers, Tensor images, int count, long number, double label) {
      Tensor verdict = judge.forward(workers, images, count, seed, number).getFirst();
      Tensor gradient = Tensor.zeros(verdict.shape());
      double loss = GenerativeTrainer.crossEntropy(verdict, i -> label, count, gradient);
      judge.backward(workers, gradient);
      return loss;
    }

    @Override
    public Map<String, Double> losses() {
      return losses;
    }

    @Override
    public Parameters maker() {
      return maker.parameters();
    }

    @Override
    public Parameters other() {
      return judge.parameters();
    }
  }
}
