package dev.tarn.train;

import dev.tarn.engine.Workers;
import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.SeededRandom;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;

/// Trains a pair of networks that together learn to make examples like those of a data set.
///
/// [#adversarial] and [#variational] choose the scheme; then
///
/// ```java
/// Generative result = GenerativeTrainer.adversarial(generator, discriminator).epochs(5).fit(digits);
/// Tensor images = result.samples(64, 1);
/// ```
///
/// The same seed gives the same bits on any number of threads. Examples have values from 0 to 1, as
/// the samples have.
public final class GenerativeTrainer {
  private final Scheme scheme;
  private final Optimizer optimizer;
  private final int epochs;
  private final int batch;
  private final long seed;
  private final int threads;
  private final Consumer<GenerativeStep> listener;

  /// How two networks learn together.
  interface Scheme {
    /// The network that makes examples of noise.
    Model maker();

    /// Refuses examples that do not fit.
    void requireFit(Shape example);

    /// Makes the scheme ready.
    Running begin(Optimizer optimizer, int batch, long seed);

    /// Brings an output of the maker to values from 0 to 1.
    float value(float output);
  }

  /// A scheme under way.
  interface Running {
    /// One step over a batch; `losses` takes what is to be averaged, by name.
    void step(Workers workers, Tensor examples, int count, long number, double rate, String where);

    /// Mean losses of the last step.
    Map<String, Double> losses();

    /// Weights of the network that makes examples.
    Parameters maker();

    /// Weights of the other.
    Parameters other();
  }

  private GenerativeTrainer(
      Scheme scheme,
      Optimizer optimizer,
      int epochs,
      int batch,
      long seed,
      int threads,
      Consumer<GenerativeStep> listener) {
    this.scheme = scheme;
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.batch = batch;
    this.seed = seed;
    this.threads = threads;
    this.listener = listener;
  }

  /// A generative adversarial network (Goodfellow et al. 2014, algorithm 1, with the generator's
  /// loss `−log D(G(z))` of section 3).
  ///
  /// Adam with rate 2e-4 and beta1 0.5 as Radford et al. (2015, section 4) advise, batch 64.
  ///
  /// @param generator from noise `[n]` to examples from −1 to 1, such as a tanh layer puts out
  /// @param discriminator from examples to one number, the logit of being real
  public static GenerativeTrainer adversarial(Model generator, Model discriminator) {
    Optimizer adam = Optimizer.adam(2e-4).betas(0.5, 0.999);
    return of(new Adversarial(generator, discriminator), adam);
  }

  /// A variational autoencoder (Kingma & Welling 2013, equation 10 and appendix B): binary
  /// cross-entropy of the reconstruction plus the divergence of the codes from a normal
  /// distribution, each summed over a sample.
  ///
  /// Adam with rate 1e-3, batch 64.
  ///
  /// @param encoder from examples to two outputs of the code's size: mean and logarithm of the
  ///   variance
  /// @param decoder from a code to the logits of an example
  public static GenerativeTrainer variational(Model encoder, Model decoder) {
    return of(new Variational(encoder, decoder), Optimizer.adam(1e-3));
  }

  private static GenerativeTrainer of(Scheme scheme, Optimizer optimizer) {
    int threads = Runtime.getRuntime().availableProcessors();
    return new GenerativeTrainer(scheme, optimizer, 5, 64, 1, threads, s -> {});
  }

  /// The same with another optimizer for both networks.
  public GenerativeTrainer optimizer(Optimizer wanted) {
    return new GenerativeTrainer(scheme, wanted, epochs, batch, seed, threads, listener);
  }

  public GenerativeTrainer epochs(int count) {
    Checks.atLeastOne("training", "epochs", count);
    return new GenerativeTrainer(scheme, optimizer, count, batch, seed, threads, listener);
  }

  public GenerativeTrainer batch(int examples) {
    Checks.atLeastOne("training", "batch", examples);
    return new GenerativeTrainer(scheme, optimizer, epochs, examples, seed, threads, listener);
  }

  /// Fixes everything random: first weights, order of the examples, noise.
  public GenerativeTrainer seed(long number) {
    return new GenerativeTrainer(scheme, optimizer, epochs, batch, number, threads, listener);
  }

  public GenerativeTrainer threads(int count) {
    Checks.atLeastOne("training", "threads", count);
    return new GenerativeTrainer(scheme, optimizer, epochs, batch, seed, count, listener);
  }

  /// Who hears of every step, on the training thread.
  public GenerativeTrainer listener(Consumer<GenerativeStep> who) {
    return new GenerativeTrainer(scheme, optimizer, epochs, batch, seed, threads, who);
  }

  /// Trains on all examples, whose classes do not matter.
  ///
  /// @throws ShapeException if they do not fit the networks
  /// @throws dev.tarn.error.NonFiniteException if training diverges
  /// @throws CancelledException if the thread is interrupted
  public Generative fit(Dataset examples) {
    scheme.requireFit(examples.shape());
    if (examples.size() == 0) {
      throw new ParameterException("training: the data set is empty; needed at least one example.");
    }
    int size = Math.min(batch, examples.size());
    Running run = scheme.begin(optimizer, size, seed);
    long updates = 0;
    try (Workers workers = Workers.of(threads)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        Map<String, Double> sums = new LinkedHashMap<>();
        int seen = 0;
        try (Batches batches = Batches.shuffled(examples, size, seed, epoch)) {
          for (Batch next = batches.next(); next != null; next = batches.next()) {
            String where = "epoch %d, step %d".formatted(epoch, next.step());
            if (Thread.currentThread().isInterrupted()) {
              throw new CancelledException("training: interrupted before %s.".formatted(where));
            }
            run.step(workers, next.inputs(), next.size(), ++updates, optimizer.rate(), where);
            int count = next.size();
            seen += count;
            run.losses().forEach((name, loss) -> sums.merge(name, loss * count, Double::sum));
            listener.accept(
                new GenerativeStep(epoch, next.step(), batches.count(), means(sums, seen)));
          }
        }
      }
    }
    return new Generative(scheme.maker(), run.maker(), run.other(), scheme::value);
  }

  private static Map<String, Double> means(Map<String, Double> sums, int seen) {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum / seen));
    return means;
  }

  /// Standard normal numbers of shape `[count, n]` that depend on the seed and the number alone.
  static Tensor noise(int count, int size, long seed, long number) {
    var random = SeededRandom.of(seed, number);
    Tensor noise = Tensor.zeros(Shape.of(count, size));
    for (int i = 0; i < noise.array().length; i++) {
      noise.array()[i] = (float) random.gaussian();
    }
    return noise;
  }

  static int codeSize(Model model, String what) {
    Shape shape = model.inputs().getFirst().shape();
    if (model.inputs().size() != 1 || shape.rank() != 1) {
      throw new ShapeException(
          "%s: reads %s; needed one input [n], the noise.".formatted(what, shape));
    }
    return shape.size(0);
  }

  /// A first set of weights; running statistics of batch norm start anew as well.
  static Parameters start(Model model, long seed, int part) {
    return Parameters.initialize(model, SeededRandom.of(seed, part).state());
  }

  /// Binary cross-entropy of logits, summed over a sample, the mean over `count` samples, and its
  /// gradient.
  ///
  /// @param target what logit `i` should say, from 0 to 1
  static double crossEntropy(
      Tensor logits, IntToDoubleFunction target, int count, Tensor gradient) {
    float[] values = logits.array();
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double s = values[i];
      double wanted = target.applyAsDouble(i);
      sum += Math.max(s, 0) - s * wanted + Math.log1p(Math.exp(-Math.abs(s)));
      gradient.array()[i] = (float) ((1 / (1 + Math.exp(-s)) - wanted) / count);
    }
    return sum / count;
  }
}
