package dev.tarn.engine.reference;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.MoveProblem;
import dev.tarn.tensor.Blend;
import java.util.ArrayList;
import java.util.List;

/// Every cell of `y` is a weighted sum of cells of `x`, with weights that are products of one
/// number per axis: upsampling, and its gradient, which is the same with the weights turned around.
///
/// Sums run in double in row-major order of the cells of `x`; cells of weight 0 take no part.
/// Overwrites `y`.
final class Resample implements RangeKernel {
  private final String name;
  private final int channels;
  private final Weights depth;
  private final Weights height;
  private final Weights width;
  private final Buffer x;
  private final Buffer y;

  private Resample(String name, int channels, List<Weights> axes, Buffer x, Buffer y) {
    this.name = name;
    this.channels = channels;
    this.depth = axes.get(0);
    this.height = axes.get(1);
    this.width = axes.get(2);
    this.x = x;
    this.y = y;
  }

  static Resample forward(MoveProblem.Upsample problem) {
    return new Resample(
        "upsample reference", problem.channels(), axes(problem), problem.x(), problem.y());
  }

  static Resample backward(MoveProblem.UpsampleBackward problem) {
    List<Weights> turned = axes(problem.forward()).stream().map(Weights::turned).toList();
    return new Resample(
        "upsample backward reference",
        problem.forward().channels(),
        turned,
        problem.gradY(),
        problem.gradX());
  }

  static Resample forward(MoveProblem.Resample problem) {
    return new Resample(
        "resize reference", problem.channels(), weights(problem), problem.x(), problem.y());
  }

  static Resample backward(MoveProblem.ResampleBackward problem) {
    return new Resample(
        "resize backward reference",
        problem.forward().channels(),
        weights(problem.forward()).stream().map(Weights::turned).toList(),
        problem.gradY(),
        problem.gradX());
  }

  private static List<Weights> weights(MoveProblem.Resample problem) {
    return problem.axes().stream().map(Weights::of).toList();
  }

  private static List<Weights> axes(MoveProblem.Upsample problem) {
    List<Weights> axes = new ArrayList<>();
    for (int axis = 0; axis < 3; axis++) {
      int size = problem.sizes().get(axis);
      int factor = problem.factors().get(axis);
      axes.add(
          switch (problem.interpolation()) {
            case NEAREST -> Weights.nearest(size, factor);
            case LINEAR -> Weights.linear(size, factor);
          });
    }
    return axes;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long units(int batch) {
    return (long) batch * depth.outputs() * height.outputs();
  }

  @Override
  public long work(int batch) {
    return 4L * width.outputs() * channels;
  }

  @Override
  public void run(Frame frame, int from, int to) {
    for (int unit = from; unit < to; unit++) {
      int n = unit / height.outputs() / depth.outputs();
      int z = unit / height.outputs() % depth.outputs();
      int row = unit % height.outputs();
      for (int column = 0; column < width.outputs(); column++) {
        for (int c = 0; c < channels; c++) {
          int at = (unit * width.outputs() + column) * channels + c;
          frame.array(y)[y.at() + at] = (float) cell(frame, n, z, row, column, c);
        }
      }
    }
  }

  private double cell(Frame frame, int n, int z, int row, int column, int c) {
    float[] in = frame.array(x);
    double sum = 0;
    for (int iz = depth.start[z]; iz < depth.start[z + 1]; iz++) {
      int plane = n * depth.inputs() + depth.cell[iz];
      for (int iy = height.start[row]; iy < height.start[row + 1]; iy++) {
        int line = (plane * height.inputs() + height.cell[iy]) * width.inputs();
        double weight = depth.weight[iz] * height.weight[iy];
        for (int ix = width.start[column]; ix < width.start[column + 1]; ix++) {
          float value = in[x.at() + (line + width.cell[ix]) * channels + c];
          sum += weight * width.weight[ix] * value;
        }
      }
    }
    return sum;
  }

  /// The cells of `x` that each cell of `y` mixes, on one axis: those of output `o` stand at
  /// `start[o] … start[o + 1] − 1`.
  private static final class Weights {
    private final int inputs;
    private final int[] start;
    private final int[] cell;
    private final double[] weight;

    private Weights(int inputs, int[] start, int[] cell, double[] weight) {
      this.inputs = inputs;
      this.start = start;
      this.cell = cell;
      this.weight = weight;
    }

    int inputs() {
      return inputs;
    }

    int outputs() {
      return start.length - 1;
    }

    static Weights of(Blend blend) {
      return new Weights(
          blend.inputs(),
          blend.starts().stream().mapToInt(i -> i).toArray(),
          blend.cells().stream().mapToInt(i -> i).toArray(),
          blend.weights().stream().mapToDouble(w -> w).toArray());
    }

    static Weights nearest(int inputs, int factor) {
      int outputs = Math.multiplyExact(inputs, factor);
      int[] start = new int[outputs + 1];
      int[] cell = new int[outputs];
      double[] weight = new double[outputs];
      for (int o = 0; o < outputs; o++) {
        start[o + 1] = o + 1;
        cell[o] = o / factor;
        weight[o] = 1;
      }
      return new Weights(inputs, start, cell, weight);
    }

    /// The middle of output `o` lies at `(o + ½) / factor − ½` among the middles of the inputs;
    /// before the first and after the last, these are repeated.
    static Weights linear(int inputs, int factor) {
      int outputs = Math.multiplyExact(inputs, factor);
      int[] start = new int[outputs + 1];
      int[] cell = new int[Math.multiplyExact(2, outputs)];
      double[] weight = new double[cell.length];
      int count = 0;
      for (int o = 0; o < outputs; o++) {
        double place = Math.clamp((o + 0.5) / factor - 0.5, 0.0, inputs - 1.0);
        int left = (int) place;
        double right = place - left;
        cell[count] = left;
        weight[count++] = 1 - right;
        if (right > 0) {
          cell[count] = left + 1;
          weight[count++] = right;
        }
        start[o + 1] = count;
      }
      return new Weights(inputs, start, cell, weight);
    }

    /// For each cell of `x` the cells of `y` that mix it, in their order, with the same weights.
    Weights turned() {
      int[] turnedStart = new int[inputs + 1];
      for (int at = 0; at < start[outputs()]; at++) {
        turnedStart[cell[at] + 1]++;
      }
      for (int i = 0; i < inputs; i++) {
        turnedStart[i + 1] += turnedStart[i];
      }
      int[] next = turnedStart.clone();
      int[] turnedCell = new int[start[outputs()]];
      double[] turnedWeight = new double[start[outputs()]];
      for (int o = 0; o < outputs(); o++) {
        for (int at = start[o]; at < start[o + 1]; at++) {
          int place = next[cell[at]]++;
          turnedCell[place] = o;
          turnedWeight[place] = weight[at];
        }
      }
      return new Weights(outputs(), turnedStart, turnedCell, turnedWeight);
    }
  }
}
