package dev.tarn.train;

import dev.tarn.error.ShapeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.layer.Activate;
import dev.tarn.layer.Layer;
import dev.tarn.layer.Softmax;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.tensor.Activation;

/// The part of a model that a loss looks at.
///
/// Cross-entropy holds its own softmax, and binary cross-entropy its own sigmoid: computed together
/// they are exact where probabilities would round to 0. So a model that ends in that function is
/// trained without it. The shortened model has the same parameters at the same places, since the
/// function has none.
final class Scores {
  private Scores() {}

  /// The model whose outputs go into `loss`.
  static Model of(Model model, Loss loss) {
    if (model.inputs().size() != 1 || model.outputs().size() != 1) {
      throw new UnsupportedException(
          "training: the model has %d inputs and %d outputs; needed one of each. Run Plan.training yourself for others."
              .formatted(model.inputs().size(), model.outputs().size()));
    }
    Node output = model.outputs().getFirst();
    Layer last = output.layer();
    boolean held =
        switch (loss) {
          case Loss.CrossEntropy unused -> last instanceof Softmax;
          case Loss.BinaryCrossEntropy unused -> isSigmoid(last);
          case Loss.MeanSquaredError unused -> false;
          case Loss.Huber unused -> false;
        };
    if (loss instanceof Loss.CrossEntropy && isSigmoid(last)) {
      throw new UnsupportedException(
          "%s: cross-entropy needs scores, and a sigmoid bounds them. End the model before it, or use Loss.binaryCrossEntropy()."
              .formatted(output.describe()));
    }
    if (loss instanceof Loss.BinaryCrossEntropy && last instanceof Softmax) {
      throw new UnsupportedException(
          "%s: binary cross-entropy needs scores of their own for each label. End the model before it, or use Loss.crossEntropy()."
              .formatted(output.describe()));
    }
    return held ? Model.of(output.inputs().getFirst()) : model;
  }

  private static boolean isSigmoid(Layer layer) {
    return layer instanceof Activate(var function) && function instanceof Activation.Sigmoid;
  }

  /// Refuses data that do not fit the model's input.
  static void requireFit(Model model, Dataset data, String what) {
    if (data.size() == 0) {
      throw new ShapeException(
          "%s data: there are no examples; needed at least one.".formatted(what));
    }
    Node input = model.inputs().getFirst();
    if (!data.shape().equals(input.shape())) {
      throw new ShapeException(
          "%s data: examples have shape %s; the model's %s needs %s. Resize the examples or change Model.input(…)."
              .formatted(what, data.shape(), input.name(), input.shape()));
    }
  }
}
