package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.MoveProblem;

/// Plain-loop kernels for [MoveProblem].
final class MoveKernels {
  private MoveKernels() {}

  static Kernel of(MoveProblem problem) {
    return switch (problem) {
      case MoveProblem.ToChannelsFirst(int positions, int channels, Buffer x, Buffer y) ->
          new Transpose("to channels first reference", positions, channels, x, y);
      case MoveProblem.ToChannelsLast(int positions, int channels, Buffer x, Buffer y) ->
          new Transpose("to channels last reference", channels, positions, x, y);
      case MoveProblem.CopyChannels copy -> new CopyChannels(copy);
      case MoveProblem.Pad pad -> new Pads.Forward(pad);
      case MoveProblem.PadBackward backward -> new Pads.Backward(backward);
      case MoveProblem.Upsample forward -> Resample.forward(forward);
      case MoveProblem.UpsampleBackward backward -> Resample.backward(backward);
      case MoveProblem.Rearrange forward -> new Rearrangements.Forward(forward);
      case MoveProblem.RearrangeBackward backward -> new Rearrangements.Backward(backward);
      case MoveProblem.Resample forward -> Resample.forward(forward);
      case MoveProblem.ResampleBackward backward -> Resample.backward(backward);
    };
  }

  /// `y[column][row] = x[row][column]` in every sample, one row of `y` after the other; overwrites.
  ///
  /// @param rows of `x`
  /// @param columns of `x`
  private record Transpose(String name, int rows, int columns, Buffer x, Buffer y)
      implements RangeKernel {
    /// Rows and columns of a tile: two cache lines each way, all of whose numbers are moved while
    /// the lines are near.
    private static final int TILE = 32;

    @Override
    public long units(int batch) {
      return (long) batch * tiles(rows) * tiles(columns);
    }

    @Override
    public long work(int batch) {
      return (long) Math.min(rows, TILE) * Math.min(columns, TILE);
    }

    private static int tiles(int cells) {
      return Math.ceilDiv(cells, TILE);
    }

    @Override
    public void run(Frame frame, int from, int to) {
      int perSample = tiles(rows) * tiles(columns);
      for (int unit = from; unit < to; unit++) {
        int sample = unit / perSample * rows * columns;
        int tile = unit % perSample;
        tile(frame, sample, tile / tiles(columns) * TILE, tile % tiles(columns) * TILE);
      }
    }

    private void tile(Frame frame, int sample, int firstRow, int firstColumn) {
      float[] in = frame.array(x);
      float[] out = frame.array(y);
      int pastRow = Math.min(rows, firstRow + TILE);
      int pastColumn = Math.min(columns, firstColumn + TILE);
      for (int column = firstColumn; column < pastColumn; column++) {
        int inAt = x.at() + sample + column;
        int outAt = y.at() + sample + column * rows;
        for (int row = firstRow; row < pastRow; row++) {
          out[outAt + row] = in[inAt + row * columns];
        }
      }
    }
  }

  /// Copies some channels at every position; the others of `y` stay as they are.
  private record CopyChannels(MoveProblem.CopyChannels problem) implements RangeKernel {
    @Override
    public String name() {
      return "copy channels reference";
    }

    @Override
    public long units(int batch) {
      return (long) batch * problem.positions();
    }

    @Override
    public long work(int batch) {
      return problem.count();
    }

    @Override
    public void run(Frame frame, int from, int to) {
      float[] x = frame.array(problem.x());
      float[] y = frame.array(problem.y());
      int xAt = problem.x().at() + problem.fromAt();
      int yAt = problem.y().at() + problem.toAt();
      for (int position = from; position < to; position++) {
        System.arraycopy(
            x,
            xAt + position * problem.fromChannels(),
            y,
            yAt + position * problem.toChannels(),
            problem.count());
      }
    }
  }
}
