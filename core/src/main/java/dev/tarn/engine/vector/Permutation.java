package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Changes of layout of small samples, by a table of where each number comes from: for few channels
/// or positions, which leave most of [Transpose]'s tiles empty.
final class Permutation implements Kernel {
  /// Numbers of a sample at most, so that the table stays in the first-level cache.
  private static final int MOST = 1 << 12;

  private final String name;
  private final Buffer x;
  private final Buffer y;
  private final int[] from;
  private final Shares shares;

  private Permutation(String name, int rows, int columns, Buffer x, Buffer y) {
    this.name = name;
    this.x = x;
    this.y = y;
    this.from = new int[rows * columns];
    for (int i = 0; i < from.length; i++) {
      from[i] = i % rows * columns + i / rows;
    }
    this.shares = new Shares(from.length, 1 << 13);
  }

  /// A kernel for a change of layout, or null with the reason in `refusals`.
  static @Nullable Kernel of(MoveProblem problem, List<String> refusals) {
    return switch (problem) {
      case MoveProblem.ToChannelsFirst p ->
          of("to channels first, by a table", p.positions(), p.channels(), p.x(), p.y(), refusals);
      case MoveProblem.ToChannelsLast p ->
          of("to channels last, by a table", p.channels(), p.positions(), p.x(), p.y(), refusals);
      default -> null;
    };
  }

  private static @Nullable Kernel of(
      String name, int rows, int columns, Buffer x, Buffer y, List<String> refusals) {
    if ((long) rows * columns > MOST) {
      refusals.add(
          "table: samples of %d numbers, needs at most %d".formatted((long) rows * columns, MOST));
      return null;
    }
    return new Permutation(name, rows, columns, x, y);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int blocks(int batch) {
    return shares.blocks(batch);
  }

  @Override
  public void run(Frame frame, int block) {
    int past = shares.first(block + 1, frame.batch());
    for (int n = shares.first(block, frame.batch()); n < past; n++) {
      int at = n * from.length;
      gather(frame.array(x), x.at() + at, from, frame.array(y), y.at() + at);
    }
  }

  private static void gather(float[] x, int xAt, int[] from, float[] y, int yAt) {
    int i = 0;
    for (; i < from.length - V + 1; i += V) {
      FloatVector.fromArray(F, x, xAt, from, i).intoArray(y, yAt + i);
    }
    for (; i < from.length; i++) {
      y[yAt + i] = x[xAt + from[i]];
    }
  }
}
