package dev.tarn.engine.vector;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.tensor.Spans;
import org.jspecify.annotations.Nullable;

/// A convolution and its gradient by data, seen alike: a filter that sweeps a source and leaves one
/// row of channels at every position of a result.
///
/// The source may be thought larger by whole factors, with zeros between its cells: that is how the
/// gradient of a strided convolution becomes a sweep with stride 1.
///
/// @param sourceChannels of one group
/// @param resultChannels of one group
/// @param gradient whether the weight is read transposed and mirrored
/// @param relu whether `max(0, ·)` is taken of every result before it is stored
/// @param mask laid out like the result, or null: where it is 0 or less, the result becomes 0 (the
///   gradient of a ReLU whose output this is); NaN lets it pass
record Sweep(
    Buffer source,
    Buffer weight,
    @Nullable Buffer bias,
    Buffer result,
    int groups,
    int sourceChannels,
    int resultChannels,
    Axis height,
    Axis width,
    boolean gradient,
    boolean relu,
    @Nullable Buffer mask) {
  /// One spatial axis.
  ///
  /// @param source cells of the source
  /// @param spread distance between them once zeros are put between
  /// @param origin first cell under the first filter, counted in spread cells; negative in padding
  /// @param step of the filter from one result to the next, in spread cells
  /// @param result positions of the result
  /// @param kernel taps of the filter
  /// @param dilation distance between two taps
  record Axis(int source, int spread, int origin, int step, int result, int kernel, int dilation) {
    /// Spread cells from the first to the last tap.
    int extent() {
      return (kernel - 1) * dilation + 1;
    }

    /// Spread cells under `results` neighbouring results.
    int cells(int results) {
      return (results - 1) * step + extent();
    }

    /// Whether the filter leaves the source somewhere.
    boolean padded() {
      return origin < 0 || origin + cells(result) > (source - 1) * spread + 1;
    }
  }

  static Sweep of(ConvProblem.Forward p) {
    ConvGeometry g = p.geometry();
    return new Sweep(
        p.x(),
        p.w(),
        p.bias(),
        p.y(),
        g.groups(),
        g.groupIn(),
        g.groupOut(),
        forward(g.height()),
        forward(g.width()),
        false,
        false,
        null);
  }

  static Sweep of(ConvProblem.BackwardData p) {
    ConvGeometry g = p.geometry();
    return new Sweep(
        p.gradY(),
        p.w(),
        null,
        p.gradX(),
        g.groups(),
        g.groupOut(),
        g.groupIn(),
        backward(g.height()),
        backward(g.width()),
        true,
        false,
        null);
  }

  /// This sweep with ReLU of every result.
  Sweep withRelu() {
    return finished(true, mask);
  }

  /// This sweep with the gradient of a ReLU whose output is `value`.
  Sweep masked(Buffer value) {
    return finished(relu, value);
  }

  /// This sweep with its sums as they are.
  Sweep bare() {
    return finished(false, null);
  }

  private Sweep finished(boolean withRelu, @Nullable Buffer withMask) {
    return new Sweep(
        source,
        weight,
        bias,
        result,
        groups,
        sourceChannels,
        resultChannels,
        height,
        width,
        gradient,
        withRelu,
        withMask);
  }

  private static Axis forward(Spans s) {
    return new Axis(s.inputs(), 1, -s.before(), stride(s), s.outputs(), s.kernel(), s.step());
  }

  private static Axis backward(Spans s) {
    int origin = s.before() - (s.kernel() - 1) * s.step();
    return new Axis(s.outputs(), stride(s), origin, 1, s.inputs(), s.kernel(), s.step());
  }

  /// The stride, which does not matter, and may be huge, where there is but one output.
  private static int stride(Spans s) {
    return s.outputs() == 1 ? 1 : s.stride();
  }

  /// Products of one result.
  int depth() {
    return sourceChannels * height.kernel() * width.kernel();
  }

  /// Elements of one sample of the source.
  int sourceSize() {
    return height.source() * width.source() * groups * sourceChannels;
  }

  /// Positions of one sample of the result.
  int positions() {
    return height.result() * width.result();
  }

  /// Elements of one sample of the result.
  int resultSize() {
    return positions() * groups * resultChannels;
  }

  /// Products of one sample.
  long work() {
    return (long) positions() * depth() * resultChannels * groups;
  }
}
