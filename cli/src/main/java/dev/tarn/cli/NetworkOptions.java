package dev.tarn.cli;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.ShapeException;
import dev.tarn.layer.Pool;
import dev.tarn.model.Model;
import dev.tarn.model.Node;
import dev.tarn.model.Parameter;
import dev.tarn.model.Parameters;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of `tarn convert` that make another network of the one that was read.
final class NetworkOptions {
  /// What becomes of a map of scores: one score per class.
  enum ScorePooling {
    AVERAGE(Reduction.average()),
    MAX(Reduction.max());

    private final Reduction reduction;

    ScorePooling(Reduction reduction) {
      this.reduction = reduction;
    }
  }

  @Option(
      names = "--fully-convolutional",
      description =
          "Make the dense layers convolutions, so that larger inputs give a map of scores.")
  boolean fullyConvolutional;

  @Option(
      names = "--size",
      paramLabel = "HxW",
      converter = Sizes.Converter.class,
      description = "Another size of the input, one number for all its axes or one per axis.")
  @Nullable Sizes size;

  @Option(
      names = "--pool-scores",
      paramLabel = "KIND",
      description =
          "average or max: pool the map of scores, so that one pass answers like the average or maximum over all crops.")
  @Nullable ScorePooling scorePooling;

  /// The network that was asked for, with the same weights.
  ///
  /// @throws ShapeException if a layer does not fit the size
  Parameters applied(Parameters parameters) {
    Model model = parameters.model();
    if (fullyConvolutional) {
      model = model.fullyConvolutional();
    }
    if (size != null) {
      model = model.withInputs(resized(model, size));
    }
    if (scorePooling != null) {
      model = pooled(model, scorePooling);
    }
    if (model == parameters.model()) {
      return parameters;
    }
    requireSameParameters(parameters.model(), model);
    return parameters.transfer(model, 0);
  }

  private static Shape resized(Model model, Sizes size) {
    if (model.inputs().size() != 1) {
      throw new ParameterException(
          "--size: the network has %d inputs; needed one.".formatted(model.inputs().size()));
    }
    Shape input = model.inputs().getFirst().shape();
    List<Integer> numbers = size.numbers();
    if (input.spatialRank() == 0
        || (numbers.size() != 1 && numbers.size() != input.spatialRank())) {
      throw new ParameterException(
          "--size %s: the network's input is %s; needed one number, or one for each of its %d axes behind the channels."
              .formatted(numbers, input, input.spatialRank()));
    }
    int[] shape = input.toArray();
    for (int axis = 1; axis < shape.length; axis++) {
      shape[axis] = numbers.get(numbers.size() == 1 ? 0 : axis - 1);
    }
    return Shape.of(shape);
  }

  private static Model pooled(Model model, ScorePooling pooling) {
    for (Node output : model.outputs()) {
      if (output.shape().spatialRank() == 0) {
        throw new ParameterException(
            "--pool-scores: the output of %s is %s, not a map; needed --fully-convolutional, or a network that ends in a map."
                .formatted(quote(output.name()), output.shape()));
      }
    }
    return Model.of(
        model.outputs().stream()
            .map(output -> output.then(Pool.global(pooling.reduction)).flatten())
            .toArray(Node[]::new));
  }

  private static void requireSameParameters(Model old, Model changed) {
    Map<String, Parameter> sizes = new HashMap<>();
    old.parameters().forEach(p -> sizes.put(p.name(), p));
    for (Parameter p : changed.parameters()) {
      Parameter before = sizes.get(p.name());
      if (before == null || before.size() != p.size()) {
        throw new ShapeException(
            "--size: %s would be %s, but the weights have %s; needed the size they were trained for, or --fully-convolutional."
                .formatted(
                    quote(p.name()),
                    p.spec().shape(),
                    before == null ? "none" : before.spec().shape()));
      }
    }
  }
}
