package dev.tarn.io.image;

import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;

/// Stretching images to another size.
///
/// Each axis by itself, with a triangle as wide as the step: linear interpolation when growing, a
/// weighted mean over all that falls together when shrinking, so that thin lines do not vanish.
final class Resampling {
  private Resampling() {}

  /// `image` of shape `[channels, height, width]` in another height and width; itself if nothing
  /// changes.
  static Tensor resize(Tensor image, int height, int width) {
    int channels = image.shape().size(0);
    int oldHeight = image.shape().size(1);
    int oldWidth = image.shape().size(2);
    if (oldHeight == height && oldWidth == width) {
      return image;
    }
    Shape shape = Shape.of(channels, height, width);
    float[] from = image.array();
    float[] wide = new float[Shape.of(channels, oldHeight, width).arraySize()];
    Weights across = new Weights(oldWidth, width);
    for (int row = 0; row < channels * oldHeight; row++) {
      for (int x = 0; x < width; x++) {
        wide[row * width + x] = across.sum(from, row * oldWidth, 1, x);
      }
    }
    float[] to = new float[shape.arraySize()];
    Weights down = new Weights(oldHeight, height);
    for (int c = 0; c < channels; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          to[(c * height + y) * width + x] = down.sum(wide, c * oldHeight * width + x, width, y);
        }
      }
    }
    return Tensor.of(shape, to);
  }

  /// For each new position the old ones it is made of.
  private static final class Weights {
    private final int[] first;
    private final float[][] weights;

    Weights(int from, int to) {
      first = new int[to];
      weights = new float[to][];
      double scale = (double) from / to;
      double reach = Math.max(1, scale);
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        int low = (int) Math.max(0, Math.floor(centre - reach));
        int high = (int) Math.min(from, Math.ceil(centre + reach));
        double[] triangle = new double[high - low];
        double total = 0;
        for (int j = low; j < high; j++) {
          triangle[j - low] = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
          total += triangle[j - low];
        }
        first[i] = low;
        weights[i] = new float[high - low];
        for (int j = 0; j < triangle.length; j++) {
          weights[i][j] = (float) (triangle[j] / total);
        }
      }
    }

    float sum(float[] values, int at, int step, int i) {
      float sum = 0;
      float[] w = weights[i];
      for (int j = 0; j < w.length; j++) {
        sum += w[j] * values[at + (first[i] + j) * step];
      }
      return sum;
    }
  }
}
