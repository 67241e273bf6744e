package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.tensor.Operator;
import java.util.Locale;

/// Sums and products of activations, where single positions or channels are repeated to fit.
final class Combinations {
  private Combinations() {}

  private static String name(PointwiseProblem.Combine problem) {
    return problem.operator().name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /// Where channel 0 of the operand for sample `n` and position `s` of `y` stands.
  private static int at(Operand operand, int n, int s) {
    int position = n * operand.positions() + (operand.positions() == 1 ? 0 : s);
    return operand.x().at() + position * operand.channels();
  }

  /// Distance from one channel of the operand to the next: 0 where a single one is repeated.
  private static int apart(Operand operand) {
    return operand.channels() == 1 ? 0 : 1;
  }

  /// `y = x₁ ∘ x₂ ∘ …`, position by position; overwrites `y`.
  record Forward(PointwiseProblem.Combine problem) implements RangeKernel {
    @Override
    public String name() {
      return Combinations.name(problem) + " reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return (long) problem.channels() * problem.operands().size();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] y = frame.array(problem.y());
      int channels = problem.channels();
      for (int position = from; position < to; position++) {
        int n = position / problem.positions();
        int s = position % problem.positions();
        int yAt = problem.y().at() + position * channels;
        for (int number = 0; number < problem.operands().size(); number++) {
          Operand operand = problem.operands().get(number);
          float[] x = frame.array(operand.x());
          int xAt = at(operand, n, s);
          int apart = apart(operand);
          if (number == 0) {
            for (int c = 0; c < channels; c++) {
              y[yAt + c] = x[xAt + c * apart];
            }
          } else if (problem.operator() == Operator.ADD) {
            for (int c = 0; c < channels; c++) {
              y[yAt + c] += x[xAt + c * apart];
            }
          } else if (problem.operator() == Operator.MULTIPLY) {
            for (int c = 0; c < channels; c++) {
              y[yAt + c] *= x[xAt + c * apart];
            }
          } else {
            for (int c = 0; c < channels; c++) {
              y[yAt + c] = (float) problem.operator().apply(y[yAt + c], x[xAt + c * apart]);
            }
          }
        }
      }
    }
  }

  /// The gradient by one operand, element by element; overwrites `gradX`.
  record Backward(PointwiseProblem.CombineBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return Combinations.name(problem.forward()) + " backward reference";
    }

    private Operand operand() {
      return problem.forward().operands().get(problem.number());
    }

    @Override
    public long units(int batch) {
      return (long) batch * operand().positions() * operand().channels();
    }

    @Override
    public long work(int batch) {
      return (long) problem.forward().operands().size() * rows() * columns();
    }

    /// Positions of `y` that each element of the operand is repeated to.
    private int rows() {
      return operand().positions() == 1 ? problem.forward().positions() : 1;
    }

    /// Channels of `y` that each element of the operand is repeated to.
    private int columns() {
      return operand().channels() == 1 ? problem.forward().channels() : 1;
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] gradX = frame.array(problem.gradX());
      int channels = operand().channels();
      int size = operand().positions() * channels;
      int rows = rows();
      int columns = columns();
      for (int i = from; i < to; i++) {
        int n = i / size;
        int firstPosition = rows == 1 ? i % size / channels : 0;
        int firstChannel = columns == 1 ? i % channels : 0;
        if (rows == 1 && columns == 1) {
          gradX[problem.gradX().at() + i] = term(frame, n, firstPosition, firstChannel);
          continue;
        }
        double sum = 0;
        for (int s = firstPosition; s < firstPosition + rows; s++) {
          for (int c = firstChannel; c < firstChannel + columns; c++) {
            sum += term(frame, n, s, c);
          }
        }
        gradX[problem.gradX().at() + i] = (float) sum;
      }
    }

    /// What the element of `y` at `n, s, c` passes on: its gradient, times the other operands in
    /// their order for a product.
    private float term(Frame frame, int n, int s, int c) {
      PointwiseProblem.Combine forward = problem.forward();
      int at = (n * forward.positions() + s) * forward.channels() + c;
      float grad = frame.array(problem.gradY())[problem.gradY().at() + at];
      if (forward.operator() == Operator.MULTIPLY) {
        for (int number = 0; number < forward.operands().size(); number++) {
          if (number != problem.number()) {
            Operand other = forward.operands().get(number);
            grad *= value(frame, other, n, s, c);
          }
        }
      } else if (forward.operator() != Operator.ADD) {
        double first = value(frame, forward.operands().getFirst(), n, s, c);
        double second = value(frame, forward.operands().getLast(), n, s, c);
        double slope =
            problem.number() == 0
                ? forward.operator().slopeOfFirst(first, second)
                : forward.operator().slopeOfSecond(first, second);
        return (float) (grad * slope);
      }
      return grad;
    }

    private static float value(Frame frame, Operand operand, int n, int s, int c) {
      return frame.array(operand.x())[at(operand, n, s) + c * apart(operand)];
    }
  }
}
