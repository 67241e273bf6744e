package dev.tarn.io.data;

import java.util.SplittableRandom;

/// A smooth random displacement of every pixel (Simard and others 2003).
final class ElasticField {
  private final int height;
  private final int width;
  private final float[] across;
  private final float[] down;

  ElasticField(int height, int width, float alpha, float sigma, SplittableRandom random) {
    this.height = height;
    this.width = width;
    this.across = smooth(noise(random), alpha, sigma);
    this.down = smooth(noise(random), alpha, sigma);
  }

  private float[] noise(SplittableRandom random) {
    float[] noise = new float[height * width];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = 2 * random.nextFloat() - 1;
    }
    return noise;
  }

  private float[] smooth(float[] field, float alpha, float sigma) {
    float[] bell = bell(sigma, Math.max(height, width));
    float[] rows = new float[field.length];
    blur(field, rows, height, width, 1, width, bell);
    float[] both = new float[field.length];
    blur(rows, both, width, height, width, 1, bell);
    for (int i = 0; i < both.length; i++) {
      both[i] *= alpha;
    }
    return both;
  }

  /// Half of a Gaussian of sum 1, from its middle outwards; what lies beyond three deviations, or
  /// beyond the image, is left out.
  private static float[] bell(float sigma, int most) {
    int reach = (int) Math.min(most, Math.ceil(3 * sigma));
    double[] heights = new double[reach + 1];
    double sum = 0;
    for (int i = 0; i <= reach; i++) {
      heights[i] = StrictMath.exp(-i * (double) i / (2.0 * sigma * sigma));
      sum += i == 0 ? heights[i] : 2 * heights[i];
    }
    float[] bell = new float[reach + 1];
    for (int i = 0; i <= reach; i++) {
      bell[i] = (float) (heights[i] / sum);
    }
    return bell;
  }

  /// Blurs `lines` lines of `length` values that lie `step` apart, the lines `lineStep` apart.
  private static void blur(
      float[] from, float[] to, int lines, int length, int step, int lineStep, float[] bell) {
    for (int line = 0; line < lines; line++) {
      for (int i = 0; i < length; i++) {
        float sum = 0;
        int low = Math.max(0, i - bell.length + 1);
        int high = Math.min(length - 1, i + bell.length - 1);
        for (int j = low; j <= high; j++) {
          sum += bell[Math.abs(i - j)] * from[line * lineStep + j * step];
        }
        to[line * lineStep + i * step] = sum;
      }
    }
  }

  /// Moves the pixels of one plane; `from` and `to` are different arrays.
  void move(float[] from, int fromAt, float[] to, int toAt) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        to[toAt + i] =
            AffineMap.sample(
                from, fromAt, height, width, (double) x + across[i], (double) y + down[i]);
      }
    }
  }
}
