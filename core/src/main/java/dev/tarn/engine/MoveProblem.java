package dev.tarn.engine;

import dev.tarn.tensor.Blend;
import dev.tarn.tensor.Interpolation;
import java.util.List;

/// Values moved to other places: layouts, concatenation, padding, upsampling.
public sealed interface MoveProblem extends Problem {
  /// `y[c][s] = x[s][c]` in every sample: from channels last to channels first.
  record ToChannelsFirst(int positions, int channels, Buffer x, Buffer y) implements MoveProblem {}

  /// `y[s][c] = x[c][s]` in every sample: from channels first to channels last.
  record ToChannelsLast(int positions, int channels, Buffer x, Buffer y) implements MoveProblem {}

  /// Copies `count` channels at every position.
  ///
  /// @param fromAt first channel taken of `x`, which has `fromChannels`
  /// @param toAt first channel written of `y`, which has `toChannels`; its others stay as they are
  record CopyChannels(
      int positions,
      int count,
      Buffer x,
      int fromChannels,
      int fromAt,
      Buffer y,
      int toChannels,
      int toAt)
      implements MoveProblem {}

  /// `y = x` with zeros around. Lists have three numbers: depth, height, width.
  ///
  /// @param sizes of `x`
  /// @param before zeros before each axis
  /// @param after zeros after each axis
  record Pad(
      int channels,
      List<Integer> sizes,
      List<Integer> before,
      List<Integer> after,
      Buffer x,
      Buffer y)
      implements MoveProblem {
    public Pad {
      sizes = List.copyOf(sizes);
      before = List.copyOf(before);
      after = List.copyOf(after);
    }
  }

  /// The gradient of [Pad]: the middle of `gradY`.
  record PadBackward(Pad forward, Buffer gradY, Buffer gradX) implements MoveProblem {}

  /// `y` is `x` made larger by whole factors. Lists have three numbers: depth, height, width.
  ///
  /// @param interpolation whether new cells repeat the nearest or mix their neighbours (half-pixel
  ///   coordinates)
  record Upsample(
      int channels,
      List<Integer> sizes,
      List<Integer> factors,
      Interpolation interpolation,
      Buffer x,
      Buffer y)
      implements MoveProblem {
    public Upsample {
      sizes = List.copyOf(sizes);
      factors = List.copyOf(factors);
    }
  }

  /// `y[i] = x[from[i]]` in every sample, or the fill where there is no offset: any choice and any
  /// order of values.
  ///
  /// @param sampleSize elements of a sample of `x`; 0 if `x` is the same for all samples
  record Rearrange(Offsets from, int sampleSize, double fill, Buffer x, Buffer y)
      implements MoveProblem {}

  /// The gradient of [Rearrange]: `gradX[from[i]] += gradY[i]` in the order of `i`, from 0.
  record RearrangeBackward(Rearrange forward, Buffer gradY, Buffer gradX) implements MoveProblem {}

  /// Every cell of `y` is a weighted sum of cells of `x`, with weights that are products of one
  /// number per axis. Lists have three blends: depth, height, width.
  record Resample(int channels, List<Blend> axes, Buffer x, Buffer y) implements MoveProblem {
    public Resample {
      axes = List.copyOf(axes);
    }
  }

  /// The gradient of [Resample].
  record ResampleBackward(Resample forward, Buffer gradY, Buffer gradX) implements MoveProblem {}

  /// The gradient of [Upsample].
  record UpsampleBackward(Upsample forward, Buffer gradY, Buffer gradX) implements MoveProblem {}
}
