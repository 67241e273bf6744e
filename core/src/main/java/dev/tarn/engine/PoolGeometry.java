package dev.tarn.engine;

import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Spans;
import java.util.List;

/// The sizes of a pooling. All three spatial axes are always there; missing ones have a single
/// cell.
///
/// @param channels maps of one sample, each pooled by itself
/// @param layout where channels lie in `x` and `y`
/// @param depth outermost spatial axis
/// @param height middle axis
/// @param width innermost axis
public record PoolGeometry(int channels, Layout layout, Spans depth, Spans height, Spans width) {
  /// A pooling over one to three spatial axes, the outermost first.
  public static PoolGeometry of(int channels, Layout layout, List<Spans> axes) {
    int missing = 3 - axes.size();
    Spans depth = missing > 0 ? Spans.single() : axes.get(0);
    Spans height = missing > 1 ? Spans.single() : axes.get(1 - missing);
    return new PoolGeometry(channels, layout, depth, height, axes.getLast());
  }

  /// Positions of one plane of `x`.
  public int inPositions() {
    return Math.multiplyExact(Math.multiplyExact(depth.inputs(), height.inputs()), width.inputs());
  }

  /// Positions of one plane of `y`.
  public int outPositions() {
    return Math.multiplyExact(
        Math.multiplyExact(depth.outputs(), height.outputs()), width.outputs());
  }

  /// Elements of one sample of `x`.
  public int inSize() {
    return Math.multiplyExact(channels, inPositions());
  }

  /// Elements of one sample of `y`.
  public int outSize() {
    return Math.multiplyExact(channels, outPositions());
  }

  /// Distance in memory between two neighbouring positions of one channel, in `x` and in `y`.
  public int pixel() {
    return layout == Layout.NHWC ? channels : 1;
  }

  /// Distance in memory between two channels of one position of `x`.
  public int inChannel() {
    return layout == Layout.NHWC ? 1 : inPositions();
  }

  /// Distance in memory between two channels of one position of `y`.
  public int outChannel() {
    return layout == Layout.NHWC ? 1 : outPositions();
  }

  /// Taps of the widest window.
  public long window() {
    return (long) depth.kernel() * height.kernel() * width.kernel();
  }

  /// Cells of `x` that one channel visits to make all of its outputs.
  public double visits() {
    return (double) depth.allTaps() * height.allTaps() * width.allTaps();
  }

  /// Bytes that one place of an extremum takes: its tap number in the window `(kz·KH + ky)·KW +
  /// kx`, little-endian, in 1, 2 or 4 bytes, whichever suffices.
  public int argmaxBytes() {
    return window() <= 1 << 8 ? 1 : window() <= 1 << 16 ? 2 : 4;
  }

  /// `2×2/2`: windows and stride, without axes that are not there; `adaptive` where windows differ.
  public String describe() {
    var text = new StringBuilder();
    var strides = new StringBuilder();
    boolean started = false;
    boolean sameStride = height.stride() == width.stride();
    for (Spans axis : new Spans[] {depth, height, width}) {
      started |= axis.inputs() != 1 || axis.outputs() != 1 || axis == width;
      if (started) {
        sameStride &= axis.stride() == width.stride() || axis == height;
        text.append(text.isEmpty() ? "" : "×").append(axis.kernel());
        strides.append(strides.isEmpty() ? "" : "×").append(axis.stride());
      }
    }
    if (depth.stride() == 0 || height.stride() == 0 || width.stride() == 0) {
      return "adaptive, at most " + text;
    }
    return text + "/" + (sameStride ? String.valueOf(width.stride()) : strides);
  }
}
