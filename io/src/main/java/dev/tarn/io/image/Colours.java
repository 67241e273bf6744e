package dev.tarn.io.image;

import dev.tarn.error.ShapeException;
import dev.tarn.tensor.Shape;

/// What the channels of an image are.
public enum Colours {
  /// One channel, brightness: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601).
  GREY(1),
  /// Three channels: red, green, blue.
  RGB(3);

  private final int channels;

  Colours(int channels) {
    this.channels = channels;
  }

  public int channels() {
    return channels;
  }

  /// The colours of images of shape `[channels, height, width]`.
  ///
  /// @throws ShapeException if the shape is not that of an image with 1 or 3 channels
  public static Colours of(Shape shape) {
    if (shape.rank() != 3 || (shape.size(0) != 1 && shape.size(0) != 3) || shape.elements() == 0) {
      throw new ShapeException(
          "image of shape %s; needed [channels, height, width] with 1 channel (grey) or 3 (red, green, blue)."
              .formatted(shape));
    }
    return shape.size(0) == 1 ? GREY : RGB;
  }
}
