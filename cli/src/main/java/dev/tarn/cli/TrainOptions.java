package dev.tarn.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `tarn train` that decide what it learns. What is left out is null: it is then
/// taken from an interrupted run, or from what suits the network.
final class TrainOptions {
  /// Optimizers by their names.
  enum OptimizerName {
    SGD,
    ADAM,
    ADAMW,
    RMSPROP,
    ADAGRAD
  }

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "textbook, textbook2, lenet5 or another network by name, dcgan or vae to make images, or a .tarn, .onnx, .keras or .h5 file whose weights to begin with; textbook if not given.")
  @Nullable String model;

  @Option(
      names = "--data",
      paramLabel = "DATA",
      description =
          "digits (built in), mnist, cifar10, or a folder with one folder of images per class; digits if not given.")
  @Nullable String data;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "How often to go through the training data.")
  @Nullable Integer epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Examples of one update of the weights.")
  @Nullable Integer batch;

  @Option(
      names = "--optimizer",
      paramLabel = "NAME",
      description = "sgd (with momentum 0.9), adam, adamw, rmsprop or adagrad.")
  @Nullable OptimizerName optimizer;

  @Option(
      names = "--lr",
      paramLabel = "X",
      description = "The learning rate at the start; it falls along half a cosine to 0.")
  @Nullable Double rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Decides the starting weights and the order of the examples; 1 if not given.")
  @Nullable Long seed;
}
