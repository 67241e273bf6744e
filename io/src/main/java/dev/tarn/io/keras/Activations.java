package dev.tarn.io.keras;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import java.util.Map;
import java.util.Optional;

/// Keras' activations by name (`keras.activations`), and which of Tarn's they are.
final class Activations {
  /// The constants of Klambauer et al. 2017.
  static final Curve.Elu SELU = new Curve.Elu(1.6732632423543772, 1.0507009873554805);

  private static final Curve.Elu ELU = new Curve.Elu(1, 1);

  private static final Map<String, Activation> BY_NAME =
      Map.ofEntries(
          Map.entry("relu", Activation.RELU),
          Map.entry("relu6", new Curve.Clip(0, 6)),
          Map.entry("sigmoid", Activation.SIGMOID),
          Map.entry("tanh", Activation.TANH),
          Map.entry("gelu", Activation.GELU),
          Map.entry("silu", Activation.SILU),
          Map.entry("swish", Activation.SILU),
          Map.entry("leaky_relu", Activation.leakyRelu(0.2)),
          Map.entry("elu", ELU),
          Map.entry("selu", SELU),
          Map.entry("celu", new Curve.Celu(1)),
          Map.entry("softplus", Function.SOFTPLUS),
          Map.entry("softsign", Function.SOFTSIGN),
          Map.entry("exponential", Function.EXP),
          Map.entry("mish", Function.MISH),
          Map.entry("hard_sigmoid", new Curve.HardSigmoid(1.0 / 6, 0.5)),
          Map.entry("hard_silu", Function.HARD_SWISH),
          Map.entry("hard_swish", Function.HARD_SWISH),
          Map.entry("hard_tanh", new Curve.Clip(-1, 1)),
          Map.entry("soft_shrink", new Curve.Shrink(0.5, 0.5)),
          Map.entry("hard_shrink", new Curve.Shrink(0, 0.5)));

  private Activations() {}

  /// What a layer does to its result: nothing, a function, or softmax.
  sealed interface Then {
    record Nothing() implements Then {}

    record Apply(Activation function) implements Then {}

    record Softmax() implements Then {}
  }

  /// The activation a layer names.
  static Then of(LayerConfig layer) {
    Optional<JsonCursor> given = layer.given("activation");
    return given.isEmpty() ? new Then.Nothing() : of(layer, given.get());
  }

  private static Then of(LayerConfig layer, JsonCursor at) {
    if (!(at.value() instanceof Json.Text(String name))) {
      throw new UnsupportedException(
          "%s: its activation is %s; activations given by name are supported."
              .formatted(layer.where(), at.value().kind()));
    }
    Activation function = BY_NAME.get(name);
    if (function != null) {
      return new Then.Apply(function);
    }
    return switch (name) {
      case "linear" -> new Then.Nothing();
      case "softmax" -> new Then.Softmax();
      default -> throw layer.unsupported("activation", "is \"%s\"".formatted(name));
    };
  }

  /// The name of a function, if Keras has one for it.
  static Optional<String> name(Activation function) {
    return BY_NAME.entrySet().stream()
        .filter(e -> e.getValue().equals(function))
        .map(Map.Entry::getKey)
        .filter(name -> !name.equals("swish") && !name.equals("hard_swish"))
        .findFirst();
  }
}
