package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Offsets;
import dev.tarn.engine.ReduceProblem;
import dev.tarn.tensor.Statistic;
import java.util.Locale;

/// One value of many, and the gradient back to each of them. Everything is summed in double in the
/// order of the run and rounded once.
final class Reductions {
  private Reductions() {}

  private static String name(Statistic statistic) {
    return "reduce " + statistic.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /// Overwrites `y`.
  record Forward(ReduceProblem.Forward problem) implements RangeKernel {
    @Override
    public String name() {
      return Reductions.name(problem.statistic()) + " reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.base().size();
    }

    @Override
    public long work(int batch) {
      return 4L * problem.run().size();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int outputs = problem.base().size();
      for (int i = from; i < to; i++) {
        int sample = problem.x().at() + i / outputs * problem.size();
        int at = sample + problem.base().get(i % outputs);
        y[problem.y().at() + i] = (float) value(problem.statistic(), x, at, problem.run());
      }
    }
  }

  private static double value(Statistic statistic, float[] x, int at, Offsets run) {
    return switch (statistic) {
      case SUM -> sum(x, at, run);
      case MEAN -> sum(x, at, run) / run.size();
      case MAX -> x[at + run.get(extreme(x, at, run, 1, false))];
      case MIN -> x[at + run.get(extreme(x, at, run, -1, false))];
      case PRODUCT -> {
        double product = 1;
        for (int k = 0; k < run.size(); k++) {
          product *= x[at + run.get(k)];
        }
        yield product;
      }
      case L1 -> {
        double sum = 0;
        for (int k = 0; k < run.size(); k++) {
          sum += Math.abs((double) x[at + run.get(k)]);
        }
        yield sum;
      }
      case L2 -> Math.sqrt(squares(x, at, run));
      case SUM_OF_SQUARES -> squares(x, at, run);
      case LOG_SUM -> StrictMath.log(sum(x, at, run));
      case LOG_SUM_EXP -> {
        double largest = x[at + run.get(extreme(x, at, run, 1, false))];
        if (Double.isInfinite(largest)) {
          yield largest;
        }
        double sum = 0;
        for (int k = 0; k < run.size(); k++) {
          sum += StrictMath.exp(x[at + run.get(k)] - largest);
        }
        yield largest + StrictMath.log(sum);
      }
      case ARGMAX -> extreme(x, at, run, 1, false);
      case ARGMAX_LAST -> extreme(x, at, run, 1, true);
      case ARGMIN -> extreme(x, at, run, -1, false);
      case ARGMIN_LAST -> extreme(x, at, run, -1, true);
    };
  }

  private static double sum(float[] x, int at, Offsets run) {
    double sum = 0;
    for (int k = 0; k < run.size(); k++) {
      sum += x[at + run.get(k)];
    }
    return sum;
  }

  private static double squares(float[] x, int at, Offsets run) {
    double sum = 0;
    for (int k = 0; k < run.size(); k++) {
      double value = x[at + run.get(k)];
      sum += value * value;
    }
    return sum;
  }

  /// The number of the largest value times `sign`, the first or last of equals; the first NaN if
  /// there is one.
  private static int extreme(float[] x, int at, Offsets run, int sign, boolean last) {
    int best = 0;
    double found = sign * (double) x[at + run.get(0)];
    for (int k = 1; k < run.size() && !Double.isNaN(found); k++) {
      double value = sign * (double) x[at + run.get(k)];
      if (value > found || Double.isNaN(value) || (last && value == found)) {
        best = k;
        found = value;
      }
    }
    return best;
  }

  /// Overwrites `gradX`, run by run.
  record Backward(ReduceProblem.Backward problem) implements RangeKernel {
    @Override
    public String name() {
      return Reductions.name(problem.forward().statistic()) + " backward reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.forward().base().size();
    }

    @Override
    public long work(int batch) {
      return 4L * problem.forward().run().size();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      ReduceProblem.Forward forward = problem.forward();
      float[] x = frame.array(forward.x());
      float[] gradX = frame.array(problem.gradX());
      int outputs = forward.base().size();
      for (int i = from; i < to; i++) {
        int offset = i / outputs * forward.size() + forward.base().get(i % outputs);
        int at = forward.x().at() + offset;
        int toAt = problem.gradX().at() + offset;
        double y = frame.array(forward.y())[forward.y().at() + i];
        double grad = frame.array(problem.gradY())[problem.gradY().at() + i];
        int chosen = chosen(forward.statistic(), x, at, forward.run());
        for (int k = 0; k < forward.run().size(); k++) {
          int place = forward.run().get(k);
          double slope =
              chosen >= 0
                  ? k == chosen ? 1 : 0
                  : slope(forward.statistic(), x, at, forward.run(), k, y);
          gradX[toAt + place] = (float) (grad * slope);
        }
      }
    }

    /// The number of the only value that has a gradient, −1 if all may have one.
    private static int chosen(Statistic statistic, float[] x, int at, Offsets run) {
      return switch (statistic) {
        case MAX -> extreme(x, at, run, 1, false);
        case MIN -> extreme(x, at, run, -1, false);
        default -> -1;
      };
    }

    private static double slope(
        Statistic statistic, float[] x, int at, Offsets run, int k, double y) {
      double value = x[at + run.get(k)];
      return switch (statistic) {
        case SUM -> 1;
        case MEAN -> 1.0 / run.size();
        case PRODUCT -> {
          double others = 1;
          for (int other = 0; other < run.size(); other++) {
            others *= other == k ? 1 : (double) x[at + run.get(other)];
          }
          yield others;
        }
        case L1 -> Math.signum(value);
        case L2 -> y == 0 ? 0 : value / y;
        case SUM_OF_SQUARES -> 2 * value;
        case LOG_SUM -> StrictMath.exp(-y);
        case LOG_SUM_EXP -> StrictMath.exp(value - y);
        case MAX, MIN, ARGMAX, ARGMAX_LAST, ARGMIN, ARGMIN_LAST -> 0;
      };
    }
  }
}
