package dev.tarn.train;

import dev.tarn.engine.Workers;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// An encoder that describes an example by a normal distribution of codes, and a decoder that makes
/// the example of a code drawn from it.
record Variational(Model encoder, Model decoder) implements GenerativeTrainer.Scheme {
  Variational {
    int size = GenerativeTrainer.codeSize(decoder, "decoder");
    List<Shape> outputs = encoder.outputs().stream().map(n -> n.shape()).toList();
    Shape made = decoder.outputs().getFirst().shape();
    Shape read = encoder.inputs().getFirst().shape();
    if (!outputs.equals(List.of(Shape.of(size), Shape.of(size))) || !made.equals(read)) {
      throw new ShapeException(
          "variational training: the encoder turns %s into %s, the decoder [%d] into %s; needed two outputs [%d], mean and logarithm of the variance, and the same shape on both sides."
              .formatted(read, outputs, size, made, size));
    }
  }

  @Override
  public Model maker() {
    return decoder;
  }

  @Override
  public void requireFit(Shape example) {
    Shape read = encoder.inputs().getFirst().shape();
    if (!read.equals(example)) {
      throw new ShapeException(
          "variational training: examples are %s; the encoder reads %s.".formatted(example, read));
    }
  }

  @Override
  public float value(float output) {
    return (float) (1 / (1 + Math.exp(-output)));
  }

  @Override
  public GenerativeTrainer.Running begin(Optimizer optimizer, int batch, long seed) {
    return new Running(optimizer, batch, seed);
  }

  private final class Running implements GenerativeTrainer.Running {
    private final Part encoding;
    private final Part decoding;
    private final int size = GenerativeTrainer.codeSize(decoder, "decoder");
    private final long seed;
    private final Map<String, Double> losses = new LinkedHashMap<>();

    Running(Optimizer optimizer, int batch, long seed) {
      this.seed = seed;
      Parameters first = GenerativeTrainer.start(encoder, seed, 0);
      Parameters second = GenerativeTrainer.start(decoder, seed, 1);
      this.encoding = new Part("encoder", encoder, first, optimizer, batch);
      this.decoding = new Part("decoder", decoder, second, optimizer, batch);
    }

    @Override
    public void step(
        Workers workers, Tensor examples, int count, long number, double rate, String where) {
      List<Tensor> described = encoding.forward(workers, examples, count, seed, number);
      float[] mean = described.getFirst().array();
      float[] logVariance = described.getLast().array();
      Tensor noise = GenerativeTrainer.noise(count, size, seed, number);
      Tensor codes = Tensor.zeros(noise.shape());
      for (int i = 0; i < mean.length; i++) {
        codes.array()[i] = (float) (mean[i] + Math.exp(0.5 * logVariance[i]) * noise.array()[i]);
      }
      Tensor logits = decoding.forward(workers, codes, count, seed, number).getFirst();
      Tensor gradient = Tensor.zeros(logits.shape());
      losses.put(
          "reconstruction",
          GenerativeTrainer.crossEntropy(logits, i -> examples.array()[i], count, gradient));
      float[] gradCodes = decoding.backward(workers, gradient).array();

      Tensor gradMean = Tensor.zeros(noise.shape());
      Tensor gradLogVariance = Tensor.zeros(noise.shape());
      double divergence = 0;
      for (int i = 0; i < mean.length; i++) {
        double variance = Math.exp(logVariance[i]);
        divergence += 0.5 * ((double) mean[i] * mean[i] + variance - 1 - logVariance[i]);
        gradMean.array()[i] = gradCodes[i] + mean[i] / count;
        double spread = 0.5 * Math.sqrt(variance) * noise.array()[i];
        gradLogVariance.array()[i] = (float) (gradCodes[i] * spread + 0.5 * (variance - 1) / count);
      }
      losses.put("divergence", divergence / count);
      encoding.backward(workers, gradMean, gradLogVariance);
      encoding.step(workers, number, rate, where);
      decoding.step(workers, number, rate, where);
    }

    @Override
    public Map<String, Double> losses() {
      return losses;
    }

    @Override
    public Parameters maker() {
      return decoding.parameters();
    }

    @Override
    public Parameters other() {
      return encoding.parameters();
    }
  }
}
