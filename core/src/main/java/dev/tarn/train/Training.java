package dev.tarn.train;

import dev.tarn.model.Model;
import dev.tarn.model.Parameters;
import java.util.List;

/// What a training run came to: the weights, and how the epochs went.
///
/// @param model the network
/// @param parameters its weights: those of the best epoch with [EarlyStopping.Keep#BEST], else
///   those after the last step
/// @param history one line per epoch
/// @param labels the names of the classes, from the training data
public record Training(
    Model model, Parameters parameters, List<EpochResult> history, List<String> labels) {
  public Training {
    history = List.copyOf(history);
    labels = List.copyOf(labels);
  }

  /// How the network does on data it has not seen; see [Evaluation#of].
  public Evaluation evaluate(Dataset data) {
    return Evaluation.of(model, parameters, data);
  }

  /// Answers questions with the network; many threads may share it.
  public Predictor predictor() {
    Predictor predictor = Predictor.of(model, parameters);
    return labels.size() == predictor.labels().size() ? predictor.labels(labels) : predictor;
  }
}
