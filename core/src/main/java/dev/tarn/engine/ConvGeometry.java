package dev.tarn.engine;

import dev.tarn.tensor.Spans;

/// The sizes of a convolution. All three spatial axes are always there; missing ones have a single
/// cell.
///
/// @param inChannels channels of `x`
/// @param outChannels channels of `y`
/// @param groups parts the channels are divided into
/// @param depth outermost spatial axis
/// @param height middle axis
/// @param width innermost axis
public record ConvGeometry(
    int inChannels, int outChannels, int groups, Spans depth, Spans height, Spans width) {
  /// Positions of one sample of `x`.
  public int inPositions() {
    return Math.multiplyExact(Math.multiplyExact(depth.inputs(), height.inputs()), width.inputs());
  }

  /// Positions of one sample of `y`.
  public int outPositions() {
    return Math.multiplyExact(
        Math.multiplyExact(depth.outputs(), height.outputs()), width.outputs());
  }

  /// Input channels each filter sees.
  public int groupIn() {
    return inChannels / groups;
  }

  /// Filters of each group.
  public int groupOut() {
    return outChannels / groups;
  }

  /// Taps of the window: positions of one filter.
  public int taps() {
    return depth.kernel() * height.kernel() * width.kernel();
  }

  /// Elements of the weight `[outChannels, inChannels / groups, kernel…]`.
  public int weightSize() {
    return Math.multiplyExact(Math.multiplyExact(outChannels, groupIn()), taps());
  }
}
