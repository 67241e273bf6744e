package dev.tarn.io.onnx;

import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.tensor.Activation;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Operator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What is done with every value by itself, and with pairs of values.
final class ElementOperators {
  private static final Map<String, Activation> PLAIN =
      Map.ofEntries(
          Map.entry("Relu", Activation.RELU),
          Map.entry("Sigmoid", Activation.SIGMOID),
          Map.entry("Tanh", Activation.TANH),
          Map.entry("Abs", Function.ABS),
          Map.entry("Acos", Function.ACOS),
          Map.entry("Acosh", Function.ACOSH),
          Map.entry("Asin", Function.ASIN),
          Map.entry("Asinh", Function.ASINH),
          Map.entry("Atan", Function.ATAN),
          Map.entry("Atanh", Function.ATANH),
          Map.entry("Ceil", Function.CEIL),
          Map.entry("Cos", Function.COS),
          Map.entry("Cosh", Function.COSH),
          Map.entry("Erf", Function.ERF),
          Map.entry("Exp", Function.EXP),
          Map.entry("Floor", Function.FLOOR),
          Map.entry("HardSwish", Function.HARD_SWISH),
          Map.entry("Log", Function.LOG),
          Map.entry("Mish", Function.MISH),
          Map.entry("Neg", new Curve.Affine(-1, 0)),
          Map.entry("Reciprocal", Function.RECIPROCAL),
          Map.entry("Round", Function.ROUND),
          Map.entry("Sign", Function.SIGN),
          Map.entry("Sin", Function.SIN),
          Map.entry("Sinh", Function.SINH),
          Map.entry("Softplus", Function.SOFTPLUS),
          Map.entry("Softsign", Function.SOFTSIGN),
          Map.entry("Sqrt", Function.SQRT),
          Map.entry("Tan", Function.TAN));

  private static final Set<String> OTHERS =
      Set.of(
          "LeakyRelu",
          "Elu",
          "Selu",
          "Celu",
          "HardSigmoid",
          "ThresholdedRelu",
          "Shrink",
          "Gelu",
          "Swish",
          "Clip",
          "IsNaN",
          "IsInf",
          "Not",
          "Cast",
          "CastLike",
          "Add",
          "Sub",
          "Mul",
          "Div",
          "Pow",
          "Mod",
          "PRelu",
          "Sum",
          "Mean",
          "Max",
          "Min",
          "Equal",
          "Less",
          "LessOrEqual",
          "Greater",
          "GreaterOrEqual",
          "And",
          "Or",
          "Xor",
          "Where");

  static final Set<String> NAMES = names();

  private ElementOperators() {}

  private static Set<String> names() {
    Set<String> names = new HashSet<>(OTHERS);
    names.addAll(PLAIN.keySet());
    return Set.copyOf(names);
  }

  static Value read(Call call) {
    Emitter emit = call.emit();
    Attributes a = call.attributes();
    Activation plain = PLAIN.get(call.operator());
    if (plain != null) {
      return emit.activate(call.input(0), plain);
    }
    return switch (call.operator()) {
      case "LeakyRelu" ->
          emit.activate(call.input(0), Activation.leakyRelu(a.real("alpha", 0.01f)));
      case "Elu" -> emit.activate(call.input(0), new Curve.Elu(a.real("alpha", 1), 1));
      case "Selu" ->
          emit.activate(
              call.input(0),
              new Curve.Elu(
                  a.real("alpha", 1.673263192176819), a.real("gamma", 1.0507010221481323)));
      case "Celu" -> emit.activate(call.input(0), new Curve.Celu(a.real("alpha", 1)));
      case "HardSigmoid" ->
          emit.activate(
              call.input(0), new Curve.HardSigmoid(a.real("alpha", 0.2f), a.real("beta", 0.5)));
      case "ThresholdedRelu" ->
          emit.activate(call.input(0), new Curve.ThresholdedRelu(a.real("alpha", 1)));
      case "Shrink" ->
          emit.activate(call.input(0), new Curve.Shrink(a.real("bias", 0), a.real("lambd", 0.5)));
      case "Gelu" ->
          emit.activate(
              call.input(0),
              new Activation.Gelu(
                  a.word("approximate", "none", "none", "tanh").equals("tanh")
                      ? Activation.Gelu.Form.TANH
                      : Activation.Gelu.Form.EXACT));
      case "Swish" -> emit.activate(call.input(0), new Curve.Swish(a.real("alpha", 1)));
      case "Clip" -> clip(call);
      case "IsNaN" -> truth(call, emit.activate(call.input(0), Function.IS_NAN));
      case "IsInf" -> isInfinite(call);
      case "Not" -> truth(call, emit.activate(call.input(0), Function.NOT));
      case "Cast" -> {
        a.pass("saturate", "round_mode");
        yield cast(emit, call.input(0), Types.of((int) a.whole("to", 0), "attribute to"));
      }
      case "CastLike" -> {
        a.pass("saturate", "round_mode");
        yield cast(emit, call.input(0), call.input(1).type());
      }
      case "Where" -> where(call);
      default -> combined(call);
    };
  }

  private static Value truth(Call call, Value value) {
    return call.emit().as(value, ElementType.BOOL);
  }

  private static Value clip(Call call) {
    double least = Double.NEGATIVE_INFINITY;
    double most = Double.POSITIVE_INFINITY;
    if (call.opset() < 11) {
      least = call.attributes().real("min", -Float.MAX_VALUE);
      most = call.attributes().real("max", Float.MAX_VALUE);
    } else {
      Known low = call.knownOrNull(1);
      Known high = call.knownOrNull(2);
      least = low == null ? least : low.scalar("min");
      most = high == null ? most : high.scalar("max");
    }
    return call.emit().activate(call.input(0), new Curve.Clip(least, most));
  }

  private static Value isInfinite(Call call) {
    Emitter emit = call.emit();
    boolean above = call.attributes().flag("detect_positive", true);
    boolean below = call.attributes().flag("detect_negative", true);
    Value is = truth(call, emit.activate(call.input(0), Function.IS_INFINITE));
    Known zero = Known.of(ElementType.F32, new int[0], 0);
    if (!above) {
      is = emit.combine(Operator.KEEP, is, emit.compare(Operator.LESS, call.input(0), zero));
    }
    return below
        ? is
        : emit.combine(Operator.KEEP, is, emit.compare(Operator.LESS, zero, call.input(0)));
  }

  /// Values of another type: toward 0 where that has no fractions.
  private static Value cast(Emitter emit, Value x, ElementType type) {
    if (x instanceof Known known) {
      return known.as(type);
    }
    Value y = x;
    if (type == ElementType.BOOL && x.type() != ElementType.BOOL) {
      y = emit.activate(emit.activate(x, Function.NOT), Function.NOT);
    } else if (Types.isReal(x.type()) && !Types.isReal(type)) {
      y = emit.activate(x, Function.TRUNCATE);
    }
    return emit.as(y, type);
  }

  /// Either of two values: each kept where the condition wants it, and added, since the other is 0.
  private static Value where(Call call) {
    Emitter emit = call.emit();
    Value condition = call.input(0);
    Value is = emit.combine(Operator.KEEP, call.input(1), condition);
    Value not = emit.activate(condition, Function.NOT);
    return emit.combine(Operator.ADD, is, emit.combine(Operator.KEEP, call.input(2), not));
  }

  private static Value combined(Call call) {
    Emitter emit = call.emit();
    Value a = call.input(0);
    return switch (call.operator()) {
      case "Add" -> arithmetic(call, Operator.ADD);
      case "Sub" -> arithmetic(call, Operator.SUBTRACT);
      case "Mul" -> arithmetic(call, Operator.MULTIPLY);
      case "Div" -> arithmetic(call, Operator.DIVIDE);
      case "Pow" -> arithmetic(call, Operator.POWER);
      case "PRelu" -> emit.combine(Operator.PRELU, a, call.input(1));
      case "Mod" -> {
        boolean signOfFirst = call.attributes().flag("fmod", false);
        yield emit.combine(signOfFirst ? Operator.REMAINDER : Operator.MODULO, a, call.input(1));
      }
      case "Sum" -> chain(call, Operator.ADD);
      case "Mean" -> {
        Known count = Known.of(ElementType.F32, new int[0], call.all().size());
        yield emit.combine(Operator.DIVIDE, chain(call, Operator.ADD), count);
      }
      case "Max" -> chain(call, Operator.MAXIMUM);
      case "Min" -> chain(call, Operator.MINIMUM);
      case "Equal" -> emit.compare(Operator.EQUAL, a, call.input(1));
      case "Less" -> emit.compare(Operator.LESS, a, call.input(1));
      case "LessOrEqual" -> emit.compare(Operator.LESS_OR_EQUAL, a, call.input(1));
      case "Greater" -> emit.compare(Operator.LESS, call.input(1), a);
      case "GreaterOrEqual" -> emit.compare(Operator.LESS_OR_EQUAL, call.input(1), a);
      case "And" -> emit.compare(Operator.AND, a, call.input(1));
      case "Or" -> emit.compare(Operator.OR, a, call.input(1));
      default -> emit.compare(Operator.XOR, a, call.input(1));
    };
  }

  private static Value arithmetic(Call call, Operator operator) {
    Value a = call.input(0);
    Value b = call.input(1);
    boolean narrow =
        !Types.isReal(a.type()) && a.type() != ElementType.I64 && a.type() != ElementType.I32;
    if (narrow) {
      throw new UnsupportedException(
          "arithmetic on numbers of type %s, which overflow, is not supported. Cast them to FLOAT."
              .formatted(a.type()));
    }
    return call.emit().combine(operator, a, b);
  }

  private static Value chain(Call call, Operator operator) {
    List<Value> all = call.all();
    Value y = all.getFirst();
    for (Value next : all.subList(1, all.size())) {
      y = call.emit().combine(operator, y, next);
    }
    return y;
  }
}
