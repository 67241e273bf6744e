package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.PointwiseProblem;
import dev.tarn.engine.PointwiseProblem.Operand;
import dev.tarn.engine.vector.Pointwise.Elements;
import dev.tarn.engine.vector.Pointwise.Range;
import dev.tarn.tensor.Operator;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Sums and products of activations of equal shape, such as residual connections, and with one row
/// of channels for all positions, such as the gates of squeeze and excitation. Lanes run across
/// channels; bits as the reference's.
record CombineRows(PointwiseProblem.Combine p, Shares shares) implements Kernel {
  static @Nullable Kernel of(PointwiseProblem.Combine p) {
    if (!fits(p)) {
      return null;
    }
    for (Operand operand : p.operands()) {
      if (operand.positions() != p.positions()) {
        return new CombineRows(p, new Shares(2L * p.channels() + V, 1 << 15));
      }
    }
    return new Elements(name(p), p.positions() * p.channels(), new Flat(p));
  }

  /// Whether it is a sum or product in which no single channel is repeated.
  static boolean fits(PointwiseProblem.Combine p) {
    return (p.operator() == Operator.ADD || p.operator() == Operator.MULTIPLY)
        && p.operands().stream().allMatch(operand -> operand.channels() == p.channels());
  }

  static String name(PointwiseProblem.Combine p) {
    return p.operator().name().toLowerCase(Locale.ROOT) + " across channels";
  }

  @Override
  public String name() {
    return name(p);
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch * p.positions());
  }

  @Override
  public void run(Frame frame, int block) {
    int rows = frame.batch() * p.positions();
    int past = shares.first(block + 1, rows);
    float[] ys = frame.array(p.y());
    for (int row = shares.first(block, rows); row < past; row++) {
      int to = p.y().at() + row * p.channels();
      Operand first = p.operands().getFirst();
      float[] left = frame.array(first.x());
      int at = at(first, row);
      for (int i = 1; i < p.operands().size(); i++) {
        Operand next = p.operands().get(i);
        join(p.operator(), left, at, frame.array(next.x()), at(next, row), ys, to, p.channels());
        left = ys;
        at = to;
      }
    }
  }

  private int at(Operand operand, int row) {
    return at(p, operand, row);
  }

  /// Where the channels of an operand begin that meet those of a position of `y`.
  static int at(PointwiseProblem.Combine p, Operand operand, int row) {
    int position = operand.positions() == 1 ? row / p.positions() : row;
    return operand.x().at() + position * operand.channels();
  }

  /// `y = a ∘ b`, `length` elements.
  static void join(
      Operator operator, float[] a, int at, float[] b, int bAt, float[] y, int yAt, int length) {
    if (operator == Operator.ADD) {
      add(a, at, b, bAt, y, yAt, length);
    } else {
      multiply(a, at, b, bAt, y, yAt, length);
    }
  }

  private static void add(float[] a, int at, float[] b, int bAt, float[] y, int yAt, int length) {
    int i = 0;
    for (; i + V <= length; i += V) {
      var v = FloatVector.fromArray(F, a, at + i);
      v.add(FloatVector.fromArray(F, b, bAt + i)).intoArray(y, yAt + i);
    }
    if (i < length) {
      var m = F.indexInRange(i, length);
      var v = FloatVector.fromArray(F, a, at + i, m);
      v.add(FloatVector.fromArray(F, b, bAt + i, m)).intoArray(y, yAt + i, m);
    }
  }

  private static void multiply(
      float[] a, int at, float[] b, int bAt, float[] y, int yAt, int length) {
    int i = 0;
    for (; i + V <= length; i += V) {
      var v = FloatVector.fromArray(F, a, at + i);
      v.mul(FloatVector.fromArray(F, b, bAt + i)).intoArray(y, yAt + i);
    }
    if (i < length) {
      var m = F.indexInRange(i, length);
      var v = FloatVector.fromArray(F, a, at + i, m);
      v.mul(FloatVector.fromArray(F, b, bAt + i, m)).intoArray(y, yAt + i, m);
    }
  }

  /// All operands have the shape of `y`: one long row.
  private record Flat(PointwiseProblem.Combine p) implements Range {
    @Override
    public void run(Frame frame, int from, int to) {
      float[] ys = frame.array(p.y());
      int yAt = p.y().at() + from;
      Operand first = p.operands().getFirst();
      float[] left = frame.array(first.x());
      int at = first.x().at() + from;
      for (int i = 1; i < p.operands().size(); i++) {
        Operand next = p.operands().get(i);
        int nextAt = next.x().at() + from;
        join(p.operator(), left, at, frame.array(next.x()), nextAt, ys, yAt, to - from);
        left = ys;
        at = yAt;
      }
    }
  }
}
