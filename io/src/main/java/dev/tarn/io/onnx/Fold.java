package dev.tarn.io.onnx;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.io.binary.ElementType;
import dev.tarn.tensor.Curve;
import dev.tarn.tensor.Function;
import dev.tarn.tensor.Operator;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Statistic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Arithmetic on arrays that are known when a model is read, in double: so shapes are computed, and
/// constants folded.
final class Fold {
  /// The largest array that is computed while reading.
  static final int MOST_ELEMENTS = 1 << 26;

  private Fold() {}

  /// Sizes of the result of operands whose axes agree from the last on, or are 1.
  static int[] broadcast(int[] a, int[] b) {
    int rank = Math.max(a.length, b.length);
    int[] dims = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int left = i <= a.length ? a[a.length - i] : 1;
      int right = i <= b.length ? b[b.length - i] : 1;
      if (left != right && left != 1 && right != 1) {
        throw new FormatException(
            "shapes %s and %s do not fit; expected equal sizes from the last axis on, or 1."
                .formatted(Arrays.toString(a), Arrays.toString(b)));
      }
      dims[rank - i] = left == 1 ? right : left;
    }
    return dims;
  }

  private static int elements(int[] dims) {
    long elements = Shape.of(dims).elements();
    if (elements > MOST_ELEMENTS) {
      throw new LimitException(
          "a constant of shape %s has %d elements; at most %d are computed while reading."
              .formatted(Arrays.toString(dims), elements, MOST_ELEMENTS));
    }
    return (int) elements;
  }

  private static int[] strides(int... dims) {
    int[] strides = new int[dims.length];
    for (int axis = dims.length - 1, step = 1; axis >= 0; axis--) {
      strides[axis] = step;
      step *= dims[axis];
    }
    return strides;
  }

  static Known combine(Operator operator, Known a, Known b, ElementType type) {
    int[] dims = broadcast(a.dims(), b.dims());
    double[] y = new double[elements(dims)];
    double[] left = a.values();
    double[] right = b.values();
    int[] strides = strides(dims);
    int[] leftSteps = repeated(a.dims(), dims.length);
    int[] rightSteps = repeated(b.dims(), dims.length);
    boolean whole = operator == Operator.DIVIDE && !Types.isReal(type);
    for (int i = 0; i < y.length; i++) {
      int at = 0;
      int bt = 0;
      for (int axis = 0; axis < dims.length; axis++) {
        int index = i / strides[axis] % dims[axis];
        at += index * leftSteps[axis];
        bt += index * rightSteps[axis];
      }
      if (whole && right[bt] == 0) {
        throw new FormatException("a whole number is divided by 0; expected any other divisor.");
      }
      double value = operator.apply(left[at], right[bt]);
      y[i] = whole ? Function.TRUNCATE.value(value) : value;
    }
    return Known.of(type, dims, y).depending(a, b);
  }

  /// Steps through an operand with missing and single axes repeated.
  private static int[] repeated(int[] dims, int rank) {
    int[] own = strides(dims);
    int[] steps = new int[rank];
    for (int axis = 0; axis < dims.length; axis++) {
      steps[rank - dims.length + axis] = dims[axis] == 1 ? 0 : own[axis];
    }
    return steps;
  }

  static Known activate(Known x, Curve curve) {
    double[] values = x.values();
    double[] y = new double[values.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = curve.value(values[i]);
    }
    return Known.of(x.type(), x.dims(), y).depending(x);
  }

  /// Cells of every axis; −1 takes the fill.
  static Known select(Known x, List<int[]> cells, double fill) {
    int[] dims = cells.stream().mapToInt(c -> c.length).toArray();
    int[] strides = strides(dims);
    int[] steps = strides(x.dims());
    double[] values = x.values();
    double[] y = new double[elements(dims)];
    for (int i = 0; i < y.length; i++) {
      int at = 0;
      for (int axis = 0; axis < dims.length && at >= 0; axis++) {
        int cell = cells.get(axis)[i / strides[axis] % dims[axis]];
        at = cell < 0 ? -1 : at + cell * steps[axis];
      }
      y[i] = at < 0 ? fill : values[at];
    }
    return Known.of(x.type(), dims, y).inheriting(x);
  }

  static Known transpose(Known x, int... order) {
    int[] from = x.dims();
    int[] steps = strides(from);
    int[] dims = Arrays.stream(order).map(axis -> from[axis]).toArray();
    int[] strides = strides(dims);
    double[] values = x.values();
    double[] y = new double[values.length];
    for (int i = 0; i < y.length; i++) {
      int at = 0;
      for (int axis = 0; axis < dims.length; axis++) {
        at += i / strides[axis] % dims[axis] * steps[order[axis]];
      }
      y[i] = values[at];
    }
    return Known.of(x.type(), dims, y).inheriting(x);
  }

  static Known concat(List<Known> parts, int axis) {
    int[] dims = parts.getFirst().dims();
    dims[axis] = parts.stream().mapToInt(p -> p.dims()[axis]).sum();
    int outer = 1;
    for (int before = 0; before < axis; before++) {
      outer *= dims[before];
    }
    double[] y = new double[elements(dims)];
    int at = 0;
    for (int row = 0; row < outer; row++) {
      for (Known part : parts) {
        double[] values = part.values();
        int run = values.length / Math.max(1, outer);
        System.arraycopy(values, row * run, y, at, run);
        at += run;
      }
    }
    Known all = Known.of(parts.getFirst().type(), dims, y);
    for (Known part : parts) {
      all = all.inheriting(part);
    }
    return all;
  }

  /// Reduces axes, which stay with size 1. Of nothing, a sum is 0, a product 1, a maximum −∞.
  static Known reduce(Known x, Statistic statistic, List<Integer> axes, ElementType type) {
    int[] from = x.dims();
    int[] dims = from.clone();
    axes.forEach(axis -> dims[axis] = 1);
    int[] strides = strides(dims);
    int[] steps = strides(from);
    double[] values = x.values();
    List<List<Double>> runs = new ArrayList<>();
    for (int i = elements(dims); i > 0; i--) {
      runs.add(new ArrayList<>());
    }
    for (int i = 0; i < values.length; i++) {
      int at = 0;
      for (int axis = 0; axis < dims.length; axis++) {
        at += dims[axis] == 1 ? 0 : i / steps[axis] % from[axis] * strides[axis];
      }
      runs.get(at).add(values[i]);
    }
    double[] y = runs.stream().mapToDouble(run -> statistic(statistic, run)).toArray();
    if (type == ElementType.BOOL) { // of nothing, the least truth or the largest
      y = Arrays.stream(y).map(v -> Math.clamp(v, 0.0, 1.0)).toArray();
    }
    return Known.of(type, dims, y).depending(x);
  }

  private static double statistic(Statistic statistic, List<Double> run) {
    double sum = 0;
    double product = 1;
    double absolute = 0;
    double squares = 0;
    double exponentials = 0;
    int least = 0;
    int most = 0;
    for (int i = 0; i < run.size(); i++) {
      double value = run.get(i);
      sum += value;
      product *= value;
      absolute += Math.abs(value);
      squares += value * value;
      exponentials += StrictMath.exp(value);
      boolean last = statistic == Statistic.ARGMAX_LAST || statistic == Statistic.ARGMIN_LAST;
      most = value > run.get(most) || (last && value == run.get(most)) ? i : most;
      least = value < run.get(least) || (last && value == run.get(least)) ? i : least;
    }
    return switch (statistic) {
      case SUM -> sum;
      case MEAN -> sum / run.size();
      case MAX -> run.isEmpty() ? Double.NEGATIVE_INFINITY : run.get(most);
      case MIN -> run.isEmpty() ? Double.POSITIVE_INFINITY : run.get(least);
      case PRODUCT -> product;
      case L1 -> absolute;
      case L2 -> Math.sqrt(squares);
      case SUM_OF_SQUARES -> squares;
      case LOG_SUM -> StrictMath.log(sum);
      case LOG_SUM_EXP -> StrictMath.log(exponentials);
      case ARGMAX, ARGMAX_LAST -> most;
      case ARGMIN, ARGMIN_LAST -> least;
    };
  }
}
