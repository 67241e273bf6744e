package dev.tarn.io.model;

import static dev.tarn.io.model.LayerJson.only;
import static dev.tarn.io.model.ShapeJson.choice;

import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;

/// An activation's function as JSON and back.
final class ActivationJson {
  private ActivationJson() {}

  /// The function's members, put into those of its layer.
  static Json.Members write(Json.Members activate, Activation function) {
    return switch (function) {
      case Activation.Relu() -> activate.with("function", "relu");
      case Activation.LeakyRelu(double slope) ->
          activate.with("function", "leakyRelu").with("slope", JsonCursor.real(slope));
      case Activation.Sigmoid() -> activate.with("function", "sigmoid");
      case Activation.Tanh() -> activate.with("function", "tanh");
      case Activation.Gelu(var form) ->
          activate.with("function", "gelu").with("form", choice(form));
      case Activation.Silu() -> activate.with("function", "silu");
      case Function named -> activate.with("function", "elementary").with("curve", choice(named));
      case Curve.Elu(double alpha, double scale) ->
          activate
              .with("function", "elu")
              .with("alpha", JsonCursor.real(alpha))
              .with("scale", JsonCursor.real(scale));
      case Curve.Celu(double alpha) ->
          activate.with("function", "celu").with("alpha", JsonCursor.real(alpha));
      case Curve.HardSigmoid(double steepness, double shift) ->
          activate
              .with("function", "hardSigmoid")
              .with("steepness", JsonCursor.real(steepness))
              .with("shift", JsonCursor.real(shift));
      case Curve.Clip(double least, double most) ->
          activate
              .with("function", "clip")
              .with("least", JsonCursor.real(least))
              .with("most", JsonCursor.real(most));
      case Curve.ThresholdedRelu(double threshold) ->
          activate
              .with("function", "thresholdedRelu")
              .with("threshold", JsonCursor.real(threshold));
      case Curve.Shrink(double bias, double threshold) ->
          activate
              .with("function", "shrink")
              .with("bias", JsonCursor.real(bias))
              .with("threshold", JsonCursor.real(threshold));
      case Curve.Swish(double factor) ->
          activate.with("function", "swish").with("factor", JsonCursor.real(factor));
      case Curve.Affine(double scale, double shift) ->
          activate
              .with("function", "affine")
              .with("scale", JsonCursor.real(scale))
              .with("shift", JsonCursor.real(shift));
    };
  }

  static Activation read(JsonCursor at) {
    String function = at.get("function").text();
    switch (function) {
      case "leakyRelu" -> only(at, "function", "slope");
      case "gelu" -> only(at, "function", "form");
      case "elementary" -> only(at, "function", "curve");
      case "elu" -> only(at, "function", "alpha", "scale");
      case "celu" -> only(at, "function", "alpha");
      case "hardSigmoid" -> only(at, "function", "steepness", "shift");
      case "clip" -> only(at, "function", "least", "most");
      case "thresholdedRelu" -> only(at, "function", "threshold");
      case "shrink" -> only(at, "function", "bias", "threshold");
      case "swish" -> only(at, "function", "factor");
      case "affine" -> only(at, "function", "scale", "shift");
      default -> only(at, "function");
    }
    return switch (function) {
      case "relu" -> Activation.RELU;
      case "leakyRelu" -> new Activation.LeakyRelu(at.get("slope").real());
      case "sigmoid" -> Activation.SIGMOID;
      case "tanh" -> Activation.TANH;
      case "gelu" -> new Activation.Gelu(choice(at.get("form"), Activation.Gelu.Form.values()));
      case "silu" -> Activation.SILU;
      case "elementary" -> choice(at.get("curve"), Function.values());
      case "elu" -> new Curve.Elu(at.get("alpha").real(), at.get("scale").real());
      case "celu" -> new Curve.Celu(at.get("alpha").real());
      case "hardSigmoid" ->
          new Curve.HardSigmoid(at.get("steepness").real(), at.get("shift").real());
      case "clip" -> new Curve.Clip(at.get("least").real(), at.get("most").real());
      case "thresholdedRelu" -> new Curve.ThresholdedRelu(at.get("threshold").real());
      case "shrink" -> new Curve.Shrink(at.get("bias").real(), at.get("threshold").real());
      case "swish" -> new Curve.Swish(at.get("factor").real());
      case "affine" -> new Curve.Affine(at.get("scale").real(), at.get("shift").real());
      default ->
          throw at.get("function")
              .malformed(
                  "is \"%s\"".formatted(function),
                  "relu, leakyRelu, sigmoid, tanh, gelu, silu or another function of Tarn's");
    };
  }
}
