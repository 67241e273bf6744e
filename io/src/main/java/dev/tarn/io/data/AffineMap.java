package dev.tarn.io.data;

import dev.tarn.io.data.Augmentation.Affine;
import dev.tarn.io.data.Augmentation.Flip;
import dev.tarn.io.data.Augmentation.Rotate;
import dev.tarn.io.data.Augmentation.Scale;
import dev.tarn.io.data.Augmentation.Shear;
import dev.tarn.io.data.Augmentation.Shift;
import java.util.SplittableRandom;

/// Where each pixel of the new image comes from: `x' = xx·x + xy·y + dx`, `y' = yx·x + yy·y + dy`,
/// counted from the centre.
record AffineMap(double xx, double xy, double dx, double yx, double yy, double dy) {
  static final AffineMap IDENTITY = new AffineMap(1, 0, 0, 0, 1, 0);

  /// A map drawn at random.
  static AffineMap of(Affine step, SplittableRandom random) {
    return switch (step) {
      case Shift s ->
          shift(
              random.nextInt(-s.pixels(), s.pixels() + 1),
              random.nextInt(-s.pixels(), s.pixels() + 1));
      case Rotate r -> rotate(Math.toRadians(r.degrees() * between(random)));
      case Scale s -> scale(1 + s.fraction() * between(random));
      case Shear s ->
          new AffineMap(
              1, StrictMath.tan(Math.toRadians(s.degrees() * between(random))), 0, 0, 1, 0);
      case Flip f -> random.nextBoolean() ? flip() : IDENTITY;
    };
  }

  private static double between(SplittableRandom random) {
    return 2 * random.nextDouble() - 1;
  }

  /// The image moves right by `x` and down by `y`.
  static AffineMap shift(int x, int y) {
    return new AffineMap(1, 0, -x, 0, 1, -y);
  }

  static AffineMap rotate(double angle) {
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    return new AffineMap(cos, sin, 0, -sin, cos, 0);
  }

  /// The image becomes `factor` times as large.
  static AffineMap scale(double factor) {
    return new AffineMap(1 / factor, 0, 0, 0, 1 / factor, 0);
  }

  static AffineMap flip() {
    return new AffineMap(-1, 0, 0, 0, 1, 0);
  }

  /// First this, then `next`, as one map.
  AffineMap then(AffineMap next) {
    return new AffineMap(
        xx * next.xx + xy * next.yx,
        xx * next.xy + xy * next.yy,
        xx * next.dx + xy * next.dy + dx,
        yx * next.xx + yy * next.yx,
        yx * next.xy + yy * next.yy,
        yx * next.dx + yy * next.dy + dy);
  }

  /// Moves the pixels of one plane; `from` and `to` are different arrays.
  void move(float[] from, int fromAt, float[] to, int toAt, int height, int width) {
    double midX = (width - 1) / 2.0;
    double midY = (height - 1) / 2.0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double u = x - midX;
        double v = y - midY;
        to[toAt + y * width + x] =
            sample(
                from,
                fromAt,
                height,
                width,
                xx * u + xy * v + dx + midX,
                yx * u + yy * v + dy + midY);
      }
    }
  }

  /// The value at a place between pixels, by linear interpolation; 0 outside. A whole place gives
  /// its pixel exactly.
  static float sample(float[] plane, int at, int height, int width, double x, double y) {
    double floorX = Math.floor(x);
    double floorY = Math.floor(y);
    if (!(floorX >= -1 && floorX < width && floorY >= -1 && floorY < height)) {
      return 0;
    }
    int left = (int) floorX;
    int top = (int) floorY;
    float partX = (float) (x - floorX);
    float partY = (float) (y - floorY);
    float upper = row(plane, at, height, width, left, top, partX);
    return partY == 0
        ? upper
        : upper + partY * (row(plane, at, height, width, left, top + 1, partX) - upper);
  }

  private static float row(
      float[] plane, int at, int height, int width, int left, int y, float part) {
    if (y < 0 || y >= height) {
      return 0;
    }
    float a = left >= 0 ? plane[at + y * width + left] : 0;
    if (part == 0) {
      return a;
    }
    float b = left + 1 < width ? plane[at + y * width + left + 1] : 0;
    return a + part * (b - a);
  }
}
