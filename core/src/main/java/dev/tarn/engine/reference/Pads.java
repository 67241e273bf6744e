package dev.tarn.engine.reference;

import dev.tarn.engine.Frame;
import dev.tarn.engine.MoveProblem;
import java.util.Arrays;

/// Zeros around every plane, and the gradient: the middle.
final class Pads {
  private Pads() {}

  /// `y = x` with zeros around, one row of `y` after the other; overwrites.
  record Forward(MoveProblem.Pad problem) implements RangeKernel {
    @Override
    public String name() {
      return "pad reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * outputs(0) * outputs(1);
    }

    @Override
    public long work(int batch) {
      return (long) outputs(2) * problem.channels();
    }

    private int outputs(int axis) {
      return problem.before().get(axis) + problem.sizes().get(axis) + problem.after().get(axis);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int planes = problem.sizes().get(0);
      int rows = problem.sizes().get(1);
      int rowSize = outputs(2) * problem.channels();
      int middle = problem.sizes().get(2) * problem.channels();
      int before = problem.before().get(2) * problem.channels();
      for (int unit = from; unit < to; unit++) {
        int n = unit / outputs(1) / outputs(0);
        int inZ = unit / outputs(1) % outputs(0) - problem.before().get(0);
        int inY = unit % outputs(1) - problem.before().get(1);
        int yAt = problem.y().at() + unit * rowSize;
        if (inZ < 0 || inZ >= planes || inY < 0 || inY >= rows) {
          Arrays.fill(y, yAt, yAt + rowSize, 0f);
          continue;
        }
        Arrays.fill(y, yAt, yAt + before, 0f);
        int xAt = problem.x().at() + ((n * planes + inZ) * rows + inY) * middle;
        System.arraycopy(x, xAt, y, yAt + before, middle);
        Arrays.fill(y, yAt + before + middle, yAt + rowSize, 0f);
      }
    }
  }

  /// `gradX` is the middle of `gradY`, one row after the other; overwrites.
  record Backward(MoveProblem.PadBackward problem) implements RangeKernel {
    @Override
    public String name() {
      return "pad backward reference";
    }

    private MoveProblem.Pad forward() {
      return problem.forward();
    }

    @Override
    public long units(int batch) {
      return (long) batch * forward().sizes().get(0) * forward().sizes().get(1);
    }

    @Override
    public long work(int batch) {
      return (long) forward().sizes().get(2) * forward().channels();
    }

    private int outputs(int axis) {
      return forward().before().get(axis)
          + forward().sizes().get(axis)
          + forward().after().get(axis);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] gradY = frame.array(problem.gradY());
      float[] gradX = frame.array(problem.gradX());
      int planes = forward().sizes().get(0);
      int rows = forward().sizes().get(1);
      int middle = forward().sizes().get(2) * forward().channels();
      for (int unit = from; unit < to; unit++) {
        int n = unit / rows / planes;
        int outZ = unit / rows % planes + forward().before().get(0);
        int outY = unit % rows + forward().before().get(1);
        int row = (n * outputs(0) + outZ) * outputs(1) + outY;
        int cell = row * outputs(2) + forward().before().get(2);
        System.arraycopy(
            gradY,
            problem.gradY().at() + cell * forward().channels(),
            gradX,
            problem.gradX().at() + unit * middle,
            middle);
      }
    }
  }
}
