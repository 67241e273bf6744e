package dev.tarn.io.data;

import dev.tarn.io.data.DigitSkeletons.Point;
import dev.tarn.io.data.DigitSkeletons.Skeleton;
import dev.tarn.io.data.DigitSkeletons.Stroke;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Draws one digit as one person would: a skeleton, shaken, slanted and bent, traced by a pen of
/// varying width, scaled to a box of 20×20 and centred by its mass in 28×28, as MNIST does it
/// (LeCun and others 1998, §III.A).
///
/// Only exact arithmetic, `sqrt` and [StrictMath] are used, so that every machine draws the same
/// bits.
final class Handwriting {
  static final int SIZE = 28;
  private static final float BOX = 20;
  private static final int PIECES = 7;

  private final SplittableRandom random;

  /// The traced path: pen positions in pixels and the pen's radius there; a lifted pen starts a new
  /// stroke.
  private float[] xs = new float[256];

  private float[] ys = new float[256];
  private float[] radii = new float[256];
  private final boolean[] lifted = new boolean[1024];
  private int length;

  private Handwriting(SplittableRandom random) {
    this.random = random;
  }

  /// The grey values 0 to 255, row by row, of `digit` as `seed` has it.
  static byte[] draw(int digit, long seed) {
    var hand = new Handwriting(new SplittableRandom(seed));
    List<Skeleton> ways = DigitSkeletons.of(digit);
    hand.trace(ways.get(hand.random.nextInt(ways.size())));
    hand.bend();
    hand.press();
    hand.fit();
    return hand.ink();
  }

  private float between(float from, float to) {
    return from + (to - from) * random.nextFloat();
  }

  /// A bell-shaped number with mean 0 and variance 1 that never leaves ±3: the sum of three uniform
  /// ones.
  private float bell() {
    return 2 * (random.nextFloat() + random.nextFloat() + random.nextFloat()) - 3;
  }

  /// Follows the skeleton with a hand that misses each point a little.
  private void trace(Skeleton skeleton) {
    float shake = between(1.2f, 3.8f);
    for (Stroke stroke : skeleton.strokes()) {
      List<Point> points = stroke.points();
      int n = points.size();
      float[] px = new float[n];
      float[] py = new float[n];
      for (int i = 0; i < n; i++) {
        boolean corner = i > 0 && points.get(i).equals(points.get(i - 1));
        px[i] = corner ? px[i - 1] : points.get(i).x() + shake * bell();
        py[i] = corner ? py[i - 1] : points.get(i).y() + shake * bell();
      }
      int from = 0;
      lifted[length] = true;
      for (int i = 1; i <= n; i++) {
        if (i == n || points.get(i).equals(points.get(i - 1))) {
          smooth(px, py, from, i);
          from = i;
        }
      }
    }
  }

  /// A centripetal-like Catmull–Rom curve through points `from` to `to` (exclusive), each span cut
  /// into [#PIECES].
  private void smooth(float[] px, float[] py, int from, int to) {
    for (int i = from; i + 1 < to; i++) {
      float x0 = px[Math.max(from, i - 1)];
      float y0 = py[Math.max(from, i - 1)];
      float x3 = px[Math.min(to - 1, i + 2)];
      float y3 = py[Math.min(to - 1, i + 2)];
      for (int piece = i == from ? 0 : 1; piece <= PIECES; piece++) {
        float t = piece / (float) PIECES;
        add(spline(x0, px[i], px[i + 1], x3, t), spline(y0, py[i], py[i + 1], y3, t));
      }
    }
  }

  private static float spline(float a, float b, float c, float d, float t) {
    return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
  }

  private void add(float x, float y) {
    if (length == xs.length) {
      xs = Arrays.copyOf(xs, 2 * length);
      ys = Arrays.copyOf(ys, 2 * length);
    }
    xs[length] = x;
    ys[length] = y;
    length++;
  }

  /// Proportion, slant, rotation, and a smooth random displacement: what elastic distortion does to
  /// pixels, done to the path.
  private void bend() {
    float width = between(0.75f, 1.45f);
    float slant = 0.12f + 0.18f * bell();
    float turn = 0.07f * bell();
    float cos = (float) StrictMath.cos(turn);
    float sin = (float) StrictMath.sin(turn);
    float headToFoot = 0.12f * bell();
    float[] wave = new float[8];
    for (int i = 0; i < wave.length; i++) {
      wave[i] = (i & 1) == 0 ? between(0, 6.2831855f) : 2.3f * bell();
    }
    for (int i = 0; i < length; i++) {
      float x = xs[i] - 30;
      float y = ys[i] - 50;
      float bentX =
          x
              + wave[1] * (float) StrictMath.sin(0.05f * y + wave[0])
              + wave[3] * (float) StrictMath.sin(0.07f * x + wave[2]);
      float bentY =
          y
              + wave[5] * (float) StrictMath.sin(0.06f * x + wave[4])
              + wave[7] * (float) StrictMath.sin(0.05f * y + wave[6]);
      bentX = bentX * width * (1 + headToFoot * 0.02f * bentY) - slant * bentY;
      xs[i] = cos * bentX - sin * bentY;
      ys[i] = sin * bentX + cos * bentY;
    }
  }

  /// The pen's radius along the path: a nib that is wider in one direction, pressure that drifts,
  /// thinner ends.
  private void press() {
    radii = new float[length];
    float pen = between(0.85f, 1.75f);
    float nib = between(0, 0.22f);
    float nibX = between(-1, 1);
    float nibY = between(-1, 1);
    float drift = between(0, 0.16f);
    float rhythm = between(0.05f, 0.2f);
    float phase = between(0, 6.2831855f);
    float taper = between(0.55f, 1);
    for (int i = 0; i < length; i++) {
      int a = i == 0 || lifted[i] ? i : i - 1;
      int b = i + 1 == length || lifted[i + 1] ? i : i + 1;
      float dx = xs[b] - xs[a];
      float dy = ys[b] - ys[a];
      float across =
          (dx * nibX + dy * nibY)
              / ((float) Math.sqrt((dx * dx + dy * dy) * (nibX * nibX + nibY * nibY)) + 1e-6f);
      float end = a == i || b == i ? taper : 1;
      radii[i] =
          pen
              * end
              * (1 + nib * (1 - 2 * across * across))
              * (1 + drift * (float) StrictMath.sin(rhythm * i + phase));
    }
  }

  /// Scales the inked extent to the box and moves the centre of mass to the centre of the image.
  private void fit() {
    float left = Float.MAX_VALUE;
    float right = -Float.MAX_VALUE;
    float top = Float.MAX_VALUE;
    float bottom = -Float.MAX_VALUE;
    float pen = 0;
    for (int i = 0; i < length; i++) {
      left = Math.min(left, xs[i]);
      right = Math.max(right, xs[i]);
      top = Math.min(top, ys[i]);
      bottom = Math.max(bottom, ys[i]);
      pen = Math.max(pen, radii[i]);
    }
    float box = BOX * between(0.94f, 1.02f);
    float scale = (box - 2 * pen) / Math.max(right - left, bottom - top);
    float mass = 0;
    float massX = 0;
    float massY = 0;
    for (int i = 0; i < length; i++) {
      xs[i] *= scale;
      ys[i] *= scale;
      if (!lifted[i]) {
        float dx = xs[i] - xs[i - 1];
        float dy = ys[i] - ys[i - 1];
        float ink = (float) Math.sqrt(dx * dx + dy * dy) * (radii[i] + radii[i - 1]);
        mass += ink;
        massX += ink * (xs[i] + xs[i - 1]) / 2;
        massY += ink * (ys[i] + ys[i - 1]) / 2;
      }
    }
    float moveX = SIZE / 2f - massX / mass + 0.4f * bell();
    float moveY = SIZE / 2f - massY / mass + 0.4f * bell();
    moveX = inside(moveX, left * scale - pen, right * scale + pen);
    moveY = inside(moveY, top * scale - pen, bottom * scale + pen);
    for (int i = 0; i < length; i++) {
      xs[i] += moveX;
      ys[i] += moveY;
    }
  }

  /// A move that leaves the extent `from` to `to` one pixel away from the edges.
  private static float inside(float move, float from, float to) {
    return Math.max(1 - from, Math.min(SIZE - 1 - to, move));
  }

  /// Covers each pixel by its distance from the path, with soft edges and a little grain in the
  /// ink.
  private byte[] ink() {
    float[] cover = new float[SIZE * SIZE];
    float soft = between(0.9f, 1.5f);
    for (int i = 1; i < length; i++) {
      if (!lifted[i]) {
        line(cover, i - 1, i, soft);
      }
    }
    float full = between(0.95f, 1.06f);
    float grain = between(0.02f, 0.1f);
    byte[] grey = new byte[cover.length];
    for (int i = 0; i < cover.length; i++) {
      if (cover[i] > 0) {
        float value = cover[i] * full * (1 - grain * random.nextFloat());
        grey[i] = (byte) Math.round(255 * Math.min(1, value));
      }
    }
    return grey;
  }

  private void line(float[] cover, int a, int b, float soft) {
    float x0 = xs[a];
    float y0 = ys[a];
    float dx = xs[b] - x0;
    float dy = ys[b] - y0;
    float squared = dx * dx + dy * dy + 1e-9f;
    float reach = Math.max(radii[a], radii[b]) + soft;
    int fromX = Math.max(0, (int) (Math.min(x0, xs[b]) - reach));
    int toX = Math.min(SIZE - 1, (int) (Math.max(x0, xs[b]) + reach));
    int fromY = Math.max(0, (int) (Math.min(y0, ys[b]) - reach));
    int toY = Math.min(SIZE - 1, (int) (Math.max(y0, ys[b]) + reach));
    for (int y = fromY; y <= toY; y++) {
      for (int x = fromX; x <= toX; x++) {
        float px = x + 0.5f - x0;
        float py = y + 0.5f - y0;
        float t = Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
        float ex = px - t * dx;
        float ey = py - t * dy;
        float radius = radii[a] + t * (radii[b] - radii[a]);
        float edge = (radius - (float) Math.sqrt(ex * ex + ey * ey)) / soft + 0.5f;
        int at = y * SIZE + x;
        if (edge > cover[at]) {
          cover[at] = Math.min(1, edge);
        }
      }
    }
  }
}
