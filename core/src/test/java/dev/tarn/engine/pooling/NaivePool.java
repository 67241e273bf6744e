package dev.tarn.engine.pooling;

import dev.tarn.layer.Pool;
import dev.tarn.tensor.Divisor;
import dev.tarn.tensor.NanPolicy;
import dev.tarn.tensor.Padding;
import dev.tarn.tensor.Reduction;
import dev.tarn.tensor.Regions;
import dev.tarn.tensor.Rounding;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Ties;
import dev.tarn.tensor.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Pooling a second time, written from the formulas and nothing else: it knows neither spans nor
/// kernels, keeps padding in its lists of cells, and does one output at a time in logical order.
final class NaivePool {
  /// A tap on padding, and one beyond padding.
  private static final int PADDING = -1;

  private static final int BEYOND = -2;

  private final Pool pool;
  private final Shape input;
  private final Shape output;
  // For each axis and output, the cell under each tap of its window.
  private final List<int[][]> axes = new ArrayList<>();

  NaivePool(Pool pool, Shape input) {
    this.pool = pool;
    this.input = input;
    int[] sizes = input.toArray();
    int rank = sizes.length - 2;
    for (int missing = rank; missing < 3; missing++) {
      axes.add(new int[][] {{0}});
    }
    for (int axis = 0; axis < rank; axis++) {
      int[][] cells = cells(axis, sizes[axis + 2]);
      axes.add(cells);
      sizes[axis + 2] = cells.length;
    }
    this.output = Shape.of(sizes);
  }

  Shape output() {
    return output;
  }

  private int[][] cells(int axis, int n) {
    return switch (pool.regions()) {
      case Regions.Global global -> adaptive(n, 1);
      case Regions.Adaptive(var sizes) -> adaptive(n, number(sizes, axis));
      case Regions.Even(var sizes) -> even(n, number(sizes, axis));
      case Regions.Sliding(var window) -> sliding(window, axis, n);
    };
  }

  private static int[][] adaptive(int n, int outputs) {
    int[][] cells = new int[outputs][];
    for (int o = 0; o < outputs; o++) {
      int from = (int) Math.floor((double) o * n / outputs);
      int to = (int) Math.ceil((double) (o + 1) * n / outputs);
      int first = from;
      cells[o] = new int[to - from];
      Arrays.setAll(cells[o], t -> first + t);
    }
    return cells;
  }

  private static int[][] even(int n, int outputs) {
    int k = (int) Math.ceil((double) n / outputs);
    int before = (k * outputs - n + 1) / 2;
    int[][] cells = new int[outputs][k];
    for (int o = 0; o < outputs; o++) {
      for (int t = 0; t < k; t++) {
        int i = o * k - before + t;
        cells[o][t] = i < 0 || i >= n ? PADDING : i;
      }
    }
    return cells;
  }

  private static int[][] sliding(Window window, int axis, int n) {
    int k = number(window.kernel(), axis);
    int s = number(window.stride(), axis);
    int d = number(window.dilation(), axis);
    int extent = d * (k - 1) + 1;
    int before;
    int after;
    int outputs = 0;
    if (window.padding() instanceof Padding.Sides sides) {
      before = number(sides.before(), axis);
      after = number(sides.after(), axis);
      while (exists(window.rounding(), outputs, s, extent, n, before, after)) {
        outputs++;
      }
    } else {
      outputs = (int) Math.ceil((double) n / s);
      int total = Math.max(0, (outputs - 1) * s + extent - n);
      before = window.padding() == Padding.SAME_UPPER ? total / 2 : (total + 1) / 2;
      after = total - before;
    }
    int[][] cells = new int[outputs][k];
    for (int o = 0; o < outputs; o++) {
      for (int t = 0; t < k; t++) {
        int i = o * s - before + t * d;
        cells[o][t] = i >= n + after ? BEYOND : i < 0 || i >= n ? PADDING : i;
      }
    }
    return cells;
  }

  /// Whether there is a window number `o`, by the definition of the roundings.
  private static boolean exists(
      Rounding rounding, int o, int s, int extent, int n, int before, int after) {
    boolean fits = o * s + extent <= before + n + after;
    boolean restIsLeft = o == 0 || (o - 1) * s + extent < before + n + after;
    boolean startsInside = o * s < before + n;
    return switch (rounding) {
      case FLOOR, EXACT -> fits;
      case CEIL -> fits || (restIsLeft && startsInside);
      case CEIL_CAFFE -> {
        boolean clip = before + after != 0;
        boolean last = o * s + extent >= before + n + after;
        yield (fits || restIsLeft) && !(clip && last && !startsInside);
      }
    };
  }

  private static int number(List<Integer> list, int axis) {
    return list.get(list.size() == 1 ? 0 : axis);
  }

  /// The taps of an output's window in row-major order: cells of the plane, padding, beyond.
  private int[] window(int o) {
    int[][] z = axes.get(0);
    int[][] y = axes.get(1);
    int[][] x = axes.get(2);
    int ox = o % x.length;
    int oy = o / x.length % y.length;
    int oz = o / x.length / y.length;
    int[] cells = new int[z[oz].length * y[oy].length * x[ox].length];
    int at = 0;
    for (int iz : z[oz]) {
      for (int iy : y[oy]) {
        for (int ix : x[ox]) {
          int worst = Math.min(iz, Math.min(iy, ix));
          cells[at++] = worst < 0 ? worst : (iz * size(1) + iy) * size(2) + ix;
        }
      }
    }
    return cells;
  }

  private int[] valid(int o) {
    return Arrays.stream(window(o)).filter(cell -> cell >= 0).toArray();
  }

  /// Cells of one of three axes.
  private int size(int axis) {
    int missing = 5 - input.rank();
    return axis < missing ? 1 : input.size(axis - missing + 2);
  }

  /// The cell of the plane that the engine's tap number means for output `o`: taps count in the
  /// widest windows.
  int cell(int tap, int o) {
    int kx = Arrays.stream(axes.get(2)).mapToInt(w -> w.length).max().orElseThrow();
    int ky = Arrays.stream(axes.get(1)).mapToInt(w -> w.length).max().orElseThrow();
    int[] z = axes.get(0)[o / axes.get(2).length / axes.get(1).length];
    int[] y = axes.get(1)[o / axes.get(2).length % axes.get(1).length];
    int[] x = axes.get(2)[o % axes.get(2).length];
    return (z[tap / kx / ky] * size(1) + y[tap / kx % ky]) * size(2) + x[tap % kx];
  }

  int planes() {
    return input.size(0) * input.size(1);
  }

  int cells() {
    return size(0) * size(1) * size(2);
  }

  int outputs() {
    return axes.get(0).length * axes.get(1).length * axes.get(2).length;
  }

  /// The cell each output of each plane selects; for max and min.
  int[] argmax(float[] x) {
    int[] selected = new int[planes() * outputs()];
    for (int p = 0; p < planes(); p++) {
      for (int o = 0; o < outputs(); o++) {
        selected[p * outputs() + o] = select(x, p * cells(), valid(o));
      }
    }
    return selected;
  }

  private int select(float[] x, int plane, int[] cells) {
    boolean max = pool.reduction() instanceof Reduction.Max;
    NanPolicy nan =
        switch (pool.reduction()) {
          case Reduction.Max m -> m.nan();
          case Reduction.Min m -> m.nan();
          default -> throw new IllegalStateException();
        };
    int best = cells[0];
    for (int cell : cells) {
      if (Float.isNaN(x[plane + cell]) && nan == NanPolicy.PROPAGATE) {
        return cell;
      }
      if (Float.isNaN(x[plane + best]) && !Float.isNaN(x[plane + cell])) {
        best = cell;
      }
      if (max ? x[plane + cell] > x[plane + best] : x[plane + cell] < x[plane + best]) {
        best = cell;
      }
    }
    return best;
  }

  float[] forward(float[] x) {
    float[] y = new float[planes() * outputs()];
    for (int p = 0; p < planes(); p++) {
      for (int o = 0; o < outputs(); o++) {
        y[p * outputs() + o] = (float) reduce(x, p * cells(), o);
      }
    }
    return y;
  }

  private double reduce(float[] x, int plane, int o) {
    int[] cells = valid(o);
    return switch (pool.reduction()) {
      case Reduction.Max m -> x[plane + select(x, plane, cells)];
      case Reduction.Min m -> x[plane + select(x, plane, cells)];
      case Reduction.Average(var divisor) -> sum(x, plane, cells) / divisor(divisor, o);
      case Reduction.Sum s -> sum(x, plane, cells);
      case Reduction.Lp(var p, var sign) -> norm(x, plane, cells, p, sign, o);
    };
  }

  private static double sum(float[] x, int plane, int[] cells) {
    double sum = 0;
    for (int cell : cells) {
      sum += x[plane + cell];
    }
    return sum;
  }

  private double divisor(Divisor divisor, int o) {
    int[] window = window(o);
    return switch (divisor) {
      case Divisor.Fixed(var value) -> value;
      case Divisor.Counted.VALID -> valid(o).length;
      case Divisor.Counted.CLIPPED_WINDOW -> inside(window);
      case Divisor.Counted.KERNEL -> window.length;
    };
  }

  private static double inside(int[] window) {
    return Arrays.stream(window).filter(cell -> cell != BEYOND).count();
  }

  private double norm(float[] x, int plane, int[] cells, double p, Reduction.Sign sign, int o) {
    double sum = 0;
    double largest = 0;
    double smallest = Double.POSITIVE_INFINITY;
    for (int cell : cells) {
      double value = x[plane + cell];
      sum += StrictMath.pow(sign == Reduction.Sign.SIGNED ? value : Math.abs(value), p);
      largest = Math.max(largest, Math.abs(value));
      smallest = Math.min(smallest, Math.abs(value));
    }
    if (Double.isInfinite(p)) {
      return p > 0 ? largest : smallest;
    }
    if (sign == Reduction.Sign.SIGNED) {
      sum *= window(o).length / inside(window(o));
    }
    return Math.pow(sum, 1 / p);
  }

  float[] backward(float[] x, float[] y, float[] gradY) {
    float[] gradX = new float[planes() * cells()];
    for (int p = 0; p < planes(); p++) {
      for (int o = 0; o < outputs(); o++) {
        int out = p * outputs() + o;
        route(x, y[out], gradY[out], gradX, p * cells(), o);
      }
    }
    return gradX;
  }

  private void route(float[] x, float y, float gradY, float[] gradX, int plane, int o) {
    int[] cells = valid(o);
    switch (pool.reduction()) {
      case Reduction.Max(var nan, var ties) -> split(x, gradY, gradX, plane, cells, ties);
      case Reduction.Min(var nan, var ties) -> split(x, gradY, gradX, plane, cells, ties);
      case Reduction.Average(var divisor) -> {
        float share = (float) (gradY / divisor(divisor, o));
        for (int cell : cells) {
          gradX[plane + cell] += share;
        }
      }
      case Reduction.Sum sum -> {
        for (int cell : cells) {
          gradX[plane + cell] += gradY;
        }
      }
      case Reduction.Lp lp -> {
        double scale =
            lp.sign() == Reduction.Sign.SIGNED ? window(o).length / inside(window(o)) : 1;
        for (int cell : cells) {
          double value = x[plane + cell];
          if (Double.isInfinite(lp.p())) {
            if (Math.abs(value) == y) {
              gradX[plane + cell] += (float) (gradY * Math.signum(value));
              return;
            }
          } else if (y != 0 && lp.sign() == Reduction.Sign.SIGNED) {
            gradX[plane + cell] += (float) (gradY * scale * Math.pow(value / y, lp.p() - 1));
          } else if (y != 0 && value != 0) {
            double slope = Math.signum(value) * Math.pow(Math.abs(value) / y, lp.p() - 1);
            gradX[plane + cell] += (float) (gradY * slope);
          }
        }
      }
    }
  }

  private void split(float[] x, float gradY, float[] gradX, int plane, int[] cells, Ties ties) {
    int chosen = select(x, plane, cells);
    float best = x[plane + chosen];
    if (ties == Ties.FIRST) {
      gradX[plane + chosen] += gradY;
      return;
    }
    int[] tied =
        Arrays.stream(cells)
            .filter(c -> x[plane + c] == best || (Float.isNaN(best) && Float.isNaN(x[plane + c])))
            .toArray();
    for (int cell : tied) {
      gradX[plane + cell] += gradY / tied.length;
    }
  }

  /// The values that each cell was given by max unpooling, one list per cell, in row-major order of
  /// the outputs.
  List<List<Integer>> claims(int[] argmax) {
    List<List<Integer>> claims = new ArrayList<>();
    for (int cell = 0; cell < planes() * cells(); cell++) {
      claims.add(new ArrayList<>());
    }
    for (int out = 0; out < argmax.length; out++) {
      claims.get(out / outputs() * cells() + argmax[out]).add(out);
    }
    return claims;
  }

  /// The outputs whose windows take each cell, one list per cell of all planes.
  List<List<Integer>> takers() {
    List<List<Integer>> takers = new ArrayList<>();
    for (int cell = 0; cell < planes() * cells(); cell++) {
      takers.add(new ArrayList<>());
    }
    for (int p = 0; p < planes(); p++) {
      for (int o = 0; o < outputs(); o++) {
        for (int cell : valid(o)) {
          takers.get(p * cells() + cell).add(p * outputs() + o);
        }
      }
    }
    return takers;
  }
}
