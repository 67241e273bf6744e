package dev.tarn.engine.contract;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.NormProblem;
import dev.tarn.tensor.SeededRandom;
import java.util.List;

/// Normalisation.
public final class NormTrials {
  private static final double ROUNDING = 2e-6;

  private NormTrials() {}

  public static Trial training(String name, int batch, int positions, int channels, long seed) {
    Trial trial = new Trial(name, batch, seed);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, Trial::real);
    Buffer weight = trial.parameter("weight", channels, Trial::positive);
    Buffer bias = trial.parameter("bias", channels, Trial::real);
    Buffer mean = trial.parameter("running mean", channels, Trial::real);
    Buffer variance = trial.parameter("running variance", channels, Trial::positive);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer saved = trial.whole("saved", 2L * channels);
    Buffer y = trial.sample("y", size);
    Buffer gradX = trial.sample("gradX", size);
    Buffer gradWeight = trial.gradient("gradWeight", channels);
    Buffer gradBias = trial.gradient("gradBias", channels);
    return trial
        .forward(
            new NormProblem.BatchTraining(
                positions, channels, 1e-3, 0.1, x, weight, bias, mean, variance, saved, y))
        .backward(
            new NormProblem.BatchBackward(
                positions, channels, x, weight, saved, gradY, gradX, gradWeight, gradBias))
        .output(y, gradY)
        .differentiate(x, gradX)
        .differentiate(weight, gradWeight)
        .differentiate(bias, gradBias)
        .tolerance(ROUNDING);
  }

  public static Trial inference(String name, int batch, int positions, int channels, long seed) {
    Trial trial = new Trial(name, batch, seed);
    long size = (long) positions * channels;
    Buffer x = trial.input("x", size, Trial::real);
    Buffer weight = trial.parameter("weight", channels, Trial::positive);
    Buffer bias = trial.parameter("bias", channels, Trial::real);
    Buffer mean = trial.parameter("mean", channels, Trial::real);
    Buffer variance = trial.parameter("variance", channels, Trial::positive);
    Buffer gradY = trial.input("gradY", size, Trial::real);
    Buffer y = trial.sample("y", size);
    Buffer gradX = trial.sample("gradX", size);
    Buffer gradWeight = trial.gradient("gradWeight", channels);
    Buffer gradBias = trial.gradient("gradBias", channels);
    return trial
        .forward(
            new NormProblem.BatchInference(
                positions, channels, 1e-3, x, weight, bias, mean, variance, y))
        .backward(
            new NormProblem.BatchFrozenBackward(
                positions,
                channels,
                1e-3,
                x,
                weight,
                mean,
                variance,
                gradY,
                gradX,
                gradWeight,
                gradBias))
        .output(y, gradY)
        .differentiate(x, gradX)
        .differentiate(weight, gradWeight)
        .differentiate(bias, gradBias)
        .tolerance(ROUNDING);
  }

  /// Inference over its own input.
  private static Trial inferenceInPlace() {
    Trial trial = new Trial("inference_in_place", 3, 1);
    Buffer x = trial.input("x", 5 * 17, Trial::real);
    Buffer weight = trial.parameter("weight", 17, Trial::positive);
    Buffer bias = trial.parameter("bias", 17, Trial::real);
    Buffer mean = trial.parameter("mean", 17, Trial::real);
    Buffer variance = trial.parameter("variance", 17, Trial::positive);
    return trial
        .forward(new NormProblem.BatchInference(5, 17, 1e-3, x, weight, bias, mean, variance, x))
        .tolerance(ROUNDING);
  }

  public static Trial local(
      String name, int batch, int positions, int channels, int size, double beta, long seed) {
    Trial trial = new Trial(name, batch, seed);
    long elements = (long) positions * channels;
    Buffer x = trial.input("x", elements, Trial::real);
    Buffer gradY = trial.input("gradY", elements, Trial::real);
    Buffer y = trial.sample("y", elements);
    Buffer gradX = trial.sample("gradX", elements);
    var local = new NormProblem.Local(positions, channels, size, 0.5, beta, 2, x, y);
    return trial
        .forward(local)
        .backward(new NormProblem.LocalBackward(local, gradY, gradX))
        .output(y, gradY)
        .differentiate(x, gradX)
        .tolerance(ROUNDING);
  }

  /// The named cases.
  public static List<Trial> table() {
    return List.of(
        training("tail_of_one_lane", 3, 7, 17, 1),
        training("dense_features", 16, 1, 5, 1),
        training("many_positions", 2, 700, 3, 1),
        training("one_value_per_channel", 1, 1, 4, 1),
        training("empty_batch", 0, 3, 4, 1),
        inference("inference_tail_of_one_lane", 2, 70, 17, 1),
        inference("inference_one_value", 1, 1, 1, 1),
        inference("inference_empty_batch", 0, 2, 3, 1),
        inferenceInPlace(),
        local("alexnet", 2, 9, 96, 5, 0.75, 1),
        local("even_size", 1, 3, 11, 4, 0.75, 1),
        local("size_one", 1, 3, 7, 1, 1, 1),
        local("size_beyond_channels", 1, 2, 3, 9, 0.5, 1),
        local("uncommon_exponent", 2, 2, 6, 3, 0.6, 1));
  }

  /// A random small batch norm in training.
  public static Trial randomTraining(long seed) {
    SeededRandom random = SeededRandom.of(seed);
    int batch = 2 + random.nextInt(3);
    int positions = 1 + random.nextInt(6);
    return training("batch norm seed " + seed, batch, positions, 1 + random.nextInt(4), seed);
  }

  /// A random small batch norm with given statistics.
  public static Trial randomInference(long seed) {
    SeededRandom random = SeededRandom.of(seed);
    int batch = 1 + random.nextInt(3);
    int positions = 1 + random.nextInt(6);
    return inference("frozen norm seed " + seed, batch, positions, 1 + random.nextInt(4), seed);
  }

  /// A random small local response norm.
  public static Trial randomLocal(long seed) {
    SeededRandom random = SeededRandom.of(seed);
    double[] betas = {0.75, 0.5, 1, 0.6, 0};
    double beta = betas[random.nextInt(betas.length)];
    int size = 1 + random.nextInt(6);
    return local("local norm seed " + seed, 2, 2, 1 + random.nextInt(7), size, beta, seed);
  }
}
