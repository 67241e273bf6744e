package dev.tarn.io.onnx;

import static dev.tarn.io.onnx.GraphWriter.set;

import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Operator;
import java.util.List;
import java.util.Locale;

/// Functions of single values and of pairs in ONNX.
final class ElementExport {
  private static final double SQRT_HALF = Math.sqrt(0.5);
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double GELU_CUBIC = 0.044715;

  private final GraphWriter graph;

  ElementExport(GraphWriter graph) {
    this.graph = graph;
  }

  String write(String y, String x, Activation function) {
    return switch (function) {
      case Activation.Relu() -> graph.node(y, "Relu", List.of(x));
      case Activation.LeakyRelu(double slope) ->
          graph.node(y, "LeakyRelu", List.of(x), set("alpha", slope));
      case Activation.Sigmoid() -> graph.node(y, "Sigmoid", List.of(x));
      case Activation.Tanh() -> graph.node(y, "Tanh", List.of(x));
      case Activation.Gelu(var form) -> gelu(y, x, form);
      case Activation.Silu() -> gated(y, x, graph.step(y + ".sigmoid", "Sigmoid", List.of(x)));
      case Curve curve -> curve(y, x, curve);
    };
  }

  private String gated(String y, String x, String gate) {
    return graph.node(y, "Mul", List.of(x, gate));
  }

  private String times(String y, String x, double factor) {
    return graph.step(y, "Mul", List.of(x, graph.scalar(y + ".factor", factor)));
  }

  /// `x · ½(1 + erf(x / √2))`, or the approximation of Hendrycks & Gimpel.
  private String gelu(String y, String x, Activation.Gelu.Form form) {
    String inner;
    if (form == Activation.Gelu.Form.EXACT) {
      inner = graph.step(y + ".erf", "Erf", List.of(times(y + ".scaled", x, SQRT_HALF)));
    } else {
      String cube = graph.step(y + ".cube", "Pow", List.of(x, graph.scalar(y + ".three", 3)));
      String sum = graph.step(y + ".sum", "Add", List.of(x, times(y + ".cubic", cube, GELU_CUBIC)));
      inner = graph.step(y + ".tanh", "Tanh", List.of(times(y + ".scaled", sum, SQRT_2_OVER_PI)));
    }
    String one = graph.step(y + ".plus", "Add", List.of(inner, graph.scalar(y + ".one", 1)));
    return gated(y, x, times(y + ".half", one, 0.5));
  }

  private String curve(String y, String x, Curve curve) {
    return switch (curve) {
      case Function function -> function(y, x, function);
      case Curve.Elu(double alpha, double scale) -> {
        if (scale == 1) {
          yield graph.node(y, "Elu", List.of(x), set("alpha", alpha));
        }
        yield graph.node(y, "Selu", List.of(x), set("alpha", alpha), set("gamma", scale));
      }
      case Curve.Celu(double alpha) -> graph.node(y, "Celu", List.of(x), set("alpha", alpha));
      case Curve.HardSigmoid(double steepness, double shift) ->
          graph.node(y, "HardSigmoid", List.of(x), set("alpha", steepness), set("beta", shift));
      case Curve.Clip(double least, double most) ->
          graph.node(
              y,
              "Clip",
              List.of(
                  x,
                  least == Double.NEGATIVE_INFINITY ? "" : graph.scalar(y + ".min", least),
                  most == Double.POSITIVE_INFINITY ? "" : graph.scalar(y + ".max", most)));
      case Curve.ThresholdedRelu(double threshold) ->
          graph.node(y, "ThresholdedRelu", List.of(x), set("alpha", threshold));
      case Curve.Shrink(double bias, double threshold) ->
          graph.node(y, "Shrink", List.of(x), set("bias", bias), set("lambd", threshold));
      case Curve.Swish(double factor) ->
          gated(
              y,
              x,
              graph.step(y + ".sigmoid", "Sigmoid", List.of(times(y + ".scaled", x, factor))));
      case Curve.Affine(double scale, double shift) -> {
        if (shift == 0) {
          yield graph.node(y, "Mul", List.of(x, graph.scalar(y + ".scale", scale)));
        }
        String scaled = scale == 1 ? x : times(y + ".scaled", x, scale);
        yield graph.node(y, "Add", List.of(scaled, graph.scalar(y + ".shift", shift)));
      }
    };
  }

  private String function(String y, String x, Function function) {
    return switch (function) {
      case HARD_SWISH -> graph.node(y, "HardSwish", List.of(x));
      case IS_INFINITE -> number(y, graph.step(y + ".is", "IsInf", List.of(x)));
      case IS_NAN -> number(y, graph.step(y + ".is", "IsNaN", List.of(x)));
      case NOT ->
          number(y, graph.step(y + ".is", "Equal", List.of(x, graph.scalar(y + ".zero", 0))));
      case MISH -> {
        String soft = graph.step(y + ".softplus", "Softplus", List.of(x));
        yield gated(y, x, graph.step(y + ".tanh", "Tanh", List.of(soft)));
      }
      case TRUNCATE -> {
        String size = graph.step(y + ".abs", "Abs", List.of(x));
        String whole = graph.step(y + ".floor", "Floor", List.of(size));
        yield gated(y, whole, graph.step(y + ".sign", "Sign", List.of(x)));
      }
      case ABS,
          ACOS,
          ACOSH,
          ASIN,
          ASINH,
          ATAN,
          ATANH,
          CEIL,
          COS,
          COSH,
          ERF,
          EXP,
          FLOOR,
          LOG,
          RECIPROCAL,
          ROUND,
          SIGN,
          SIN,
          SINH,
          SOFTPLUS,
          SOFTSIGN,
          SQRT,
          TAN -> {
        String name = function.name();
        yield graph.node(
            y, name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT), List.of(x));
      }
    };
  }

  private String number(String y, String truth) {
    return graph.node(y, "Cast", List.of(truth), set("to", Types.FLOAT));
  }

  private String truth(String stem, String x) {
    return graph.step(stem, "Cast", List.of(x), set("to", Types.BOOL));
  }

  /// Writes an operator on two values whose axes fit.
  String write(String y, String a, String b, Operator operator) {
    return switch (operator) {
      case ADD -> graph.node(y, "Add", List.of(a, b));
      case MULTIPLY -> graph.node(y, "Mul", List.of(a, b));
      case SUBTRACT -> graph.node(y, "Sub", List.of(a, b));
      case DIVIDE -> graph.node(y, "Div", List.of(a, b));
      case POWER -> graph.node(y, "Pow", List.of(a, b));
      case MINIMUM -> graph.node(y, "Min", List.of(a, b));
      case MAXIMUM -> graph.node(y, "Max", List.of(a, b));
      case REMAINDER -> graph.node(y, "Mod", List.of(a, b), set("fmod", 1));
      case MODULO -> {
        String ratio = graph.step(y + ".ratio", "Div", List.of(a, b));
        String times = graph.step(y + ".floor", "Floor", List.of(ratio));
        yield graph.node(y, "Sub", List.of(a, graph.step(y + ".part", "Mul", List.of(times, b))));
      }
      case EQUAL -> number(y, graph.step(y + ".is", "Equal", List.of(a, b)));
      case LESS -> number(y, graph.step(y + ".is", "Less", List.of(a, b)));
      case LESS_OR_EQUAL -> number(y, graph.step(y + ".is", "LessOrEqual", List.of(a, b)));
      case AND -> logical(y, "And", a, b);
      case OR -> logical(y, "Or", a, b);
      case XOR -> logical(y, "Xor", a, b);
      case KEEP ->
          graph.node(y, "Where", List.of(truth(y + ".is", b), a, graph.scalar(y + ".zero", 0)));
      case PRELU -> {
        String zero = graph.scalar(y + ".zero", 0);
        String above = graph.step(y + ".above", "Max", List.of(a, zero));
        String below = graph.step(y + ".below", "Min", List.of(a, zero));
        String scaled = graph.step(y + ".scaled", "Mul", List.of(below, b));
        yield graph.node(y, "Add", List.of(above, scaled));
      }
    };
  }

  private String logical(String y, String operator, String a, String b) {
    List<String> both = List.of(truth(y + ".a", a), truth(y + ".b", b));
    return number(y, graph.step(y + ".is", operator, both));
  }
}
