package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.tensor.Spans;

/// `y = bias + w ∗ x`, one row of outputs after the other; overwrites `y`.
///
/// Four filters at a time share each value of `x`, so that four sums run side by side. A window
/// wholly in padding leaves the bias.
record ConvForward(ConvProblem.Forward problem) implements RangeKernel {
  @Override
  public String name() {
    return "conv " + ConvKernels.window(problem.geometry()) + " reference";
  }

  @Override
  public long units(int batch) {
    ConvGeometry g = problem.geometry();
    return (long) batch * g.depth().outputs() * g.height().outputs();
  }

  @Override
  public long work(int batch) {
    ConvGeometry g = problem.geometry();
    return (long) g.weightSize() * g.width().outputs();
  }

  @Override
  public void run(Frame frame, int from, int to) {
    ConvGeometry g = problem.geometry();
    int planes = g.depth().outputs();
    int rows = g.height().outputs();
    int columns = g.width().outputs();
    for (int row = from; row < to; row++) {
      int n = row / (planes * rows);
      int z = row / rows % planes;
      int y = row % rows;
      for (int x = 0; x < columns; x++) {
        position(frame, n, z, y, x);
      }
    }
  }

  /// All channels of the output at `n, z, y, x`.
  private void position(Frame frame, int n, int z, int y, int x) {
    ConvGeometry g = problem.geometry();
    Buffer bias = problem.bias();
    float[] to = frame.array(problem.y());
    float[] biases = bias == null ? to : frame.array(bias);
    int position = (z * g.height().outputs() + y) * g.width().outputs() + x;
    int toAt = problem.y().at() + (n * g.outPositions() + position) * g.outChannels();
    for (int o = 0; o < g.outChannels(); o++) {
      to[toAt + o] = bias == null ? 0f : biases[bias.at() + o];
    }
    int inputAt = problem.x().at() + n * g.inPositions() * g.inChannels();
    for (int group = 0; group < g.groups(); group++) {
      int end = (group + 1) * g.groupOut();
      int o = group * g.groupOut();
      int firstAt = inputAt + group * g.groupIn();
      for (; o + 4 <= end; o += 4) {
        fourFilters(frame, z, y, x, firstAt, o, toAt + o);
      }
      for (; o < end; o++) {
        oneFilter(frame, z, y, x, firstAt, o, toAt + o);
      }
    }
  }

  /// Adds to `y[at … at + 3]` what filters `o … o + 3` see, in the order channel, kz, ky, kx.
  private void fourFilters(Frame frame, int z, int y, int x, int firstAt, int o, int at) {
    ConvGeometry g = problem.geometry();
    float[] in = frame.array(problem.x());
    float[] w = frame.array(problem.w());
    float[] out = frame.array(problem.y());
    Spans height = g.height();
    Spans width = g.width();
    int taps = width.taps(x);
    int step = width.step() * g.inChannels();
    int filter = g.groupIn() * g.taps();
    int weightAt = problem.w().at() + o * filter;
    float a = out[at];
    float b = out[at + 1];
    float c = out[at + 2];
    float d = out[at + 3];
    // A 1×1 window is a row of channels, which lie side by side in both x and w.
    boolean pointwise = g.taps() == 1 && taps == 1;
    int channels = pointwise ? 1 : g.groupIn();
    int count = pointwise ? g.groupIn() : taps;
    int apart = pointwise ? 1 : step;
    for (int channel = 0; channel < channels; channel++) {
      for (int tz = 0; tz < g.depth().taps(z); tz++) {
        int plane = (g.depth().from(z) + tz * g.depth().step()) * height.inputs();
        int wPlane = (channel * g.depth().kernel() + g.depth().tapFrom(z) + tz) * height.kernel();
        for (int ty = 0; ty < height.taps(y); ty++) {
          int row = (plane + height.from(y) + ty * height.step()) * width.inputs();
          int xAt = firstAt + channel + (row + width.from(x)) * g.inChannels();
          int wAt =
              weightAt + (wPlane + height.tapFrom(y) + ty) * width.kernel() + width.tapFrom(x);
          for (int t = 0; t < count; t++) {
            float value = in[xAt + t * apart];
            a = Math.fma(value, w[wAt + t], a);
            b = Math.fma(value, w[wAt + filter + t], b);
            c = Math.fma(value, w[wAt + 2 * filter + t], c);
            d = Math.fma(value, w[wAt + 3 * filter + t], d);
          }
        }
      }
    }
    out[at] = a;
    out[at + 1] = b;
    out[at + 2] = c;
    out[at + 3] = d;
  }

  /// The same for filter `o` alone.
  private void oneFilter(Frame frame, int z, int y, int x, int firstAt, int o, int at) {
    ConvGeometry g = problem.geometry();
    float[] in = frame.array(problem.x());
    float[] w = frame.array(problem.w());
    Spans height = g.height();
    Spans width = g.width();
    int taps = width.taps(x);
    int step = width.step() * g.inChannels();
    int weightAt = problem.w().at() + o * g.groupIn() * g.taps();
    float sum = frame.array(problem.y())[at];
    for (int channel = 0; channel < g.groupIn(); channel++) {
      for (int tz = 0; tz < g.depth().taps(z); tz++) {
        int plane = (g.depth().from(z) + tz * g.depth().step()) * height.inputs();
        int wPlane = (channel * g.depth().kernel() + g.depth().tapFrom(z) + tz) * height.kernel();
        for (int ty = 0; ty < height.taps(y); ty++) {
          int row = (plane + height.from(y) + ty * height.step()) * width.inputs();
          int xAt = firstAt + channel + (row + width.from(x)) * g.inChannels();
          int wAt =
              weightAt + (wPlane + height.tapFrom(y) + ty) * width.kernel() + width.tapFrom(x);
          for (int t = 0; t < taps; t++) {
            sum = Math.fma(in[xAt + t * step], w[wAt + t], sum);
          }
        }
      }
    }
    frame.array(problem.y())[at] = sum;
  }
}
