package dev.tarn.engine.reference;

import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;

/// `gradX = wᵀ ∗ gradY`, one row of `gradX` after the other; overwrites `gradX`.
///
/// Each input cell gathers from the outputs whose window holds it, so rows can run at the same
/// time; a cell that no window holds gets 0.
final class ConvBackwardData implements RangeKernel {
  private final ConvProblem.BackwardData problem;
  private final InverseSpans depth;
  private final InverseSpans height;
  private final InverseSpans width;

  ConvBackwardData(ConvProblem.BackwardData problem) {
    this.problem = problem;
    this.depth = new InverseSpans(problem.geometry().depth());
    this.height = new InverseSpans(problem.geometry().height());
    this.width = new InverseSpans(problem.geometry().width());
  }

  @Override
  public String name() {
    return "conv " + ConvKernels.window(problem.geometry()) + " backward data reference";
  }

  @Override
  public long units(int batch) {
    ConvGeometry g = problem.geometry();
    return (long) batch * g.depth().inputs() * g.height().inputs();
  }

  @Override
  public long work(int batch) {
    ConvGeometry g = problem.geometry();
    return (long) g.weightSize() * g.width().inputs();
  }

  @Override
  public void run(Frame frame, int from, int to) {
    ConvGeometry g = problem.geometry();
    int planes = g.depth().inputs();
    int rows = g.height().inputs();
    int columns = g.width().inputs();
    for (int row = from; row < to; row++) {
      int n = row / (planes * rows);
      int z = row / rows % planes;
      int y = row % rows;
      for (int x = 0; x < columns; x++) {
        position(frame, n, z, y, x);
      }
    }
  }

  /// All channels of `gradX` at `n, z, y, x`.
  private void position(Frame frame, int n, int z, int y, int x) {
    ConvGeometry g = problem.geometry();
    int position = (z * g.height().inputs() + y) * g.width().inputs() + x;
    int toAt = problem.gradX().at() + (n * g.inPositions() + position) * g.inChannels();
    int fromAt = problem.gradY().at() + n * g.outPositions() * g.outChannels();
    for (int group = 0; group < g.groups(); group++) {
      int end = g.groupIn();
      int c = 0;
      int groupAt = toAt + group * g.groupIn();
      for (; c + 4 <= end; c += 4) {
        fourChannels(frame, z, y, x, fromAt, group, c, groupAt + c);
      }
      for (; c < end; c++) {
        oneChannel(frame, z, y, x, fromAt, group, c, groupAt + c);
      }
    }
  }

  /// Sets `gradX[at … at + 3]`, channels `c … c + 3` of the group, in the order output channel, kz,
  /// ky, kx.
  private void fourChannels(
      Frame frame, int z, int y, int x, int fromAt, int group, int c, int at) {
    ConvGeometry g = problem.geometry();
    float[] gradY = frame.array(problem.gradY());
    float[] w = frame.array(problem.w());
    float[] gradX = frame.array(problem.gradX());
    int taps = g.taps();
    int filter = g.groupIn() * taps;
    int pastX = width.start(x + 1);
    float s0 = 0f;
    float s1 = 0f;
    float s2 = 0f;
    float s3 = 0f;
    for (int o = group * g.groupOut(); o < (group + 1) * g.groupOut(); o++) {
      int weightAt = problem.w().at() + o * filter + c * taps;
      for (int iz = depth.start(z); iz < depth.start(z + 1); iz++) {
        for (int iy = height.start(y); iy < height.start(y + 1); iy++) {
          int row =
              (depth.output(iz) * g.height().outputs() + height.output(iy)) * g.width().outputs();
          int wRow =
              weightAt
                  + (depth.tap(iz) * g.height().kernel() + height.tap(iy)) * g.width().kernel();
          for (int ix = width.start(x); ix < pastX; ix++) {
            float value = gradY[fromAt + (row + width.output(ix)) * g.outChannels() + o];
            int wAt = wRow + width.tap(ix);
            s0 = Math.fma(value, w[wAt], s0);
            s1 = Math.fma(value, w[wAt + taps], s1);
            s2 = Math.fma(value, w[wAt + 2 * taps], s2);
            s3 = Math.fma(value, w[wAt + 3 * taps], s3);
          }
        }
      }
    }
    gradX[at] = s0;
    gradX[at + 1] = s1;
    gradX[at + 2] = s2;
    gradX[at + 3] = s3;
  }

  /// The same for channel `c` alone.
  private void oneChannel(Frame frame, int z, int y, int x, int fromAt, int group, int c, int at) {
    ConvGeometry g = problem.geometry();
    float[] gradY = frame.array(problem.gradY());
    float[] w = frame.array(problem.w());
    int taps = g.taps();
    float sum = 0f;
    for (int o = group * g.groupOut(); o < (group + 1) * g.groupOut(); o++) {
      int weightAt = problem.w().at() + (o * g.groupIn() + c) * taps;
      for (int iz = depth.start(z); iz < depth.start(z + 1); iz++) {
        for (int iy = height.start(y); iy < height.start(y + 1); iy++) {
          int row =
              (depth.output(iz) * g.height().outputs() + height.output(iy)) * g.width().outputs();
          int wRow =
              weightAt
                  + (depth.tap(iz) * g.height().kernel() + height.tap(iy)) * g.width().kernel();
          for (int ix = width.start(x); ix < width.start(x + 1); ix++) {
            float value = gradY[fromAt + (row + width.output(ix)) * g.outChannels() + o];
            sum = Math.fma(value, w[wRow + width.tap(ix)], sum);
          }
        }
      }
    }
    frame.array(problem.gradX())[at] = sum;
  }
}
