package dev.tarn.cli;

import dev.tarn.cli.Picture.Colour;
import dev.tarn.tensor.Tensor;

/// Draws images and maps into squares of one size, the nearest cell for every dot.
final class Tiles {
  private Tiles() {}

  /// Sample `n` of `N, C, height, width`: in colour if it has three channels, else its first one in
  /// grey. Values go from 0 to 1.
  static void image(Picture picture, int y, int x, int size, Tensor images, int n) {
    int channels = images.shape().size(1);
    int high = images.shape().size(2);
    int wide = images.shape().size(3);
    float[] values = images.array();
    int plane = high * wide;
    int at = n * channels * plane;
    for (int dy = 0; dy < size; dy++) {
      for (int dx = 0; dx < size; dx++) {
        int from = at + dy * high / size * wide + dx * wide / size;
        Colour colour =
            channels == 3
                ? new Colour(values[from], values[from + plane], values[from + 2 * plane])
                : Colour.grey(values[from]);
        picture.dot(y + dy, x + dx, colour);
      }
    }
  }

  /// Map `c` of sample `n`, from its least value in black to its greatest in white.
  static void map(Picture picture, int y, int x, int size, Tensor maps, int n, int c) {
    int high = maps.shape().size(2);
    int wide = maps.shape().size(3);
    float[] values = maps.array();
    int at = (n * maps.shape().size(1) + c) * high * wide;
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < high * wide; i++) {
      least = Math.min(least, values[at + i]);
      most = Math.max(most, values[at + i]);
    }
    float range = most > least ? most - least : 1f;
    for (int dy = 0; dy < size; dy++) {
      for (int dx = 0; dx < size; dx++) {
        float value = values[at + dy * high / size * wide + dx * wide / size];
        picture.dot(y + dy, x + dx, Colour.grey((value - least) / range));
      }
    }
  }
}
