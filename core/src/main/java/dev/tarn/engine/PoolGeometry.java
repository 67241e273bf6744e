package dev.tarn.engine;

import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;

/// The sizes of a pooling. All three spatial axes are always there; missing ones have a single
/// cell.
///
/// @param channels maps of one sample, each pooled by itself
/// @param layout where channels lie in `x` and `y`
/// @param depth outermost spatial axis
/// @param height middle axis
/// @param width innermost axis
public record PoolGeometry(int channels, Layout layout, Spans depth, Spans height, Spans width) {
  /// Positions of one plane of `x`.
  public int inPositions() {
    return Math.multiplyExact(Math.multiplyExact(depth.inputs(), height.inputs()), width.inputs());
  }

  /// Positions of one plane of `y`.
  public int outPositions() {
    return Math.multiplyExact(
        Math.multiplyExact(depth.outputs(), height.outputs()), width.outputs());
  }

  /// Taps of the widest window.
  public long window() {
    return (long) depth.kernel() * height.kernel() * width.kernel();
  }

  /// Bytes that one place of an extremum takes: its tap number in the window `(kz·KH + ky)·KW +
  /// kx`, little-endian, in 1, 2 or 4 bytes, whichever suffices.
  public int argmaxBytes() {
    return window() <= 1 << 8 ? 1 : window() <= 1 << 16 ? 2 : 4;
  }
}
