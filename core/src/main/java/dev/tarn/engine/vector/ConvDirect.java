package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Convolution to few channels, and the gradient by few: lanes run along a row of results, four
/// filters at a time, so that few channels leave no lane idle.
///
/// The source is copied to planes first ([Planar]); the weight is read as it lies. The gradient by
/// data reads a weight in another order and stays with [ConvGemm].
final class ConvDirect implements Kernel {
  private static final int MOST_BLOCKS = 16;
  private static final int FILTERS = 4;
  private static final int MOST_PLANAR = 1 << 17;

  private final Sweep sweep;
  private final Planar planar;
  private final int[] productAt;
  private final int[] resultAt;
  private final int planarSize;
  private final int workSize;
  private final Buffer work;
  private final Shares shares;

  private ConvDirect(Sweep sweep) {
    this.sweep = sweep;
    this.planar = new Planar(sweep, 1, sweep.height().result());
    this.productAt = planar.productAt();
    this.resultAt = planar.resultAt(sweep.height().result());
    // A vector may reach past the last row.
    this.planarSize = Math.toIntExact(planar.size()) + 2 * V;
    this.workSize = planarSize + FILTERS * 2 * V;
    this.work = Buffer.scratch(Space.ARENA, "planes", (long) MOST_BLOCKS * workSize);
    this.shares = new Shares(sweep.work() / 8 + 1, 1 << 15);
  }

  /// A kernel for the sweep, or null with the reason in `refusals`.
  static @Nullable Kernel of(Sweep sweep, List<String> refusals) {
    String why =
        sweep.gradient()
            ? "gradient by data, needs the forward pass"
            : sweep.groups() > 1
                ? "%d groups, needs 1".formatted(sweep.groups())
                : sweep.resultChannels() > 8
                    ? "%d filters, needs at most 8".formatted(sweep.resultChannels())
                    : new Planar(sweep, 1, sweep.height().result()).size() > MOST_PLANAR
                        ? "input too large for the cache"
                        : null;
    if (why != null) {
      refusals.add("direct: " + why);
      return null;
    }
    return new ConvDirect(sweep);
  }

  @Override
  public String name() {
    return "direct convolution, %d positions × %d filters".formatted(2 * V, FILTERS);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, shares.blocks(batch));
  }

  @Override
  public List<Buffer> scratch() {
    return List.of(work);
  }

  @Override
  public void run(Frame frame, int block) {
    int batch = frame.batch();
    int blocks = blocks(batch);
    int at = work.at() + block * workSize;
    int past = (int) ((block + 1L) * batch / blocks);
    for (int n = (int) ((long) block * batch / blocks); n < past; n++) {
      int from = sweep.source().at() + n * sweep.sourceSize();
      planar.fill(frame.array(sweep.source()), from, 0, 1, 0, frame.arena(), at);
      for (int y = 0; y < sweep.height().result(); y++) {
        for (int filter = 0; filter < sweep.resultChannels(); filter += FILTERS) {
          row(frame, n, y, filter, at);
        }
      }
    }
  }

  private void row(Frame frame, int sample, int y, int filter, int at) {
    int width = sweep.width().result();
    int channels = sweep.resultChannels();
    int count = Math.min(FILTERS, channels - filter);
    int tileAt = at + planarSize;
    float[] arena = frame.arena();
    float[] result = frame.array(sweep.result());
    Buffer bias = sweep.bias();
    int to = sweep.result().at() + (sample * sweep.positions() + y * width) * channels + filter;
    for (int x = 0; x < width; x += 2 * V) {
      for (int f = 0; f < count; f++) {
        float from = bias == null ? 0f : frame.array(bias)[bias.at() + filter + f];
        Arrays.fill(arena, tileAt + f * 2 * V, tileAt + (f + 1) * 2 * V, from);
      }
      int source = at + resultAt[y * width + x];
      float[] w = frame.array(sweep.weight());
      int wAt = sweep.weight().at() + filter * sweep.depth();
      int positions = Math.min(2 * V, width - x);
      if (positions > V) {
        wide(arena, source, productAt, w, wAt, count - 1, arena, tileAt);
      } else {
        narrow(arena, source, productAt, w, wAt, count - 1, arena, tileAt);
      }
      for (int i = 0; i < positions; i++) {
        for (int f = 0; f < count; f++) {
          result[to + (x + i) * channels + f] = arena[tileAt + f * 2 * V + i];
        }
      }
    }
  }

  /// Adds all products of four filters at `2V` positions to the sums at `c`; beyond `last`, the
  /// last filter is computed again.
  private static void wide(
      float[] x, int xAt, int[] productAt, float[] w, int wAt, int last, float[] c, int cAt) {
    int depth = productAt.length;
    int w1 = wAt + Math.min(1, last) * depth;
    int w2 = wAt + Math.min(2, last) * depth;
    int w3 = wAt + Math.min(3, last) * depth;
    int c1 = cAt + Math.min(1, last) * 2 * V;
    int c2 = cAt + Math.min(2, last) * 2 * V;
    int c3 = cAt + Math.min(3, last) * 2 * V;
    var s0 = FloatVector.fromArray(F, c, cAt);
    var t0 = FloatVector.fromArray(F, c, cAt + V);
    var s1 = FloatVector.fromArray(F, c, c1);
    var t1 = FloatVector.fromArray(F, c, c1 + V);
    var s2 = FloatVector.fromArray(F, c, c2);
    var t2 = FloatVector.fromArray(F, c, c2 + V);
    var s3 = FloatVector.fromArray(F, c, c3);
    var t3 = FloatVector.fromArray(F, c, c3 + V);
    for (int k = 0; k < depth; k++) {
      var a = FloatVector.fromArray(F, x, xAt + productAt[k]);
      var b = FloatVector.fromArray(F, x, xAt + productAt[k] + V);
      var f0 = FloatVector.broadcast(F, w[wAt + k]);
      s0 = f0.fma(a, s0);
      t0 = f0.fma(b, t0);
      var f1 = FloatVector.broadcast(F, w[w1 + k]);
      s1 = f1.fma(a, s1);
      t1 = f1.fma(b, t1);
      var f2 = FloatVector.broadcast(F, w[w2 + k]);
      s2 = f2.fma(a, s2);
      t2 = f2.fma(b, t2);
      var f3 = FloatVector.broadcast(F, w[w3 + k]);
      s3 = f3.fma(a, s3);
      t3 = f3.fma(b, t3);
    }
    s3.intoArray(c, c3);
    t3.intoArray(c, c3 + V);
    s2.intoArray(c, c2);
    t2.intoArray(c, c2 + V);
    s1.intoArray(c, c1);
    t1.intoArray(c, c1 + V);
    s0.intoArray(c, cAt);
    t0.intoArray(c, cAt + V);
  }

  /// The same for at most `V` positions.
  private static void narrow(
      float[] x, int xAt, int[] productAt, float[] w, int wAt, int last, float[] c, int cAt) {
    int depth = productAt.length;
    int w1 = wAt + Math.min(1, last) * depth;
    int w2 = wAt + Math.min(2, last) * depth;
    int w3 = wAt + Math.min(3, last) * depth;
    int c1 = cAt + Math.min(1, last) * 2 * V;
    int c2 = cAt + Math.min(2, last) * 2 * V;
    int c3 = cAt + Math.min(3, last) * 2 * V;
    var s0 = FloatVector.fromArray(F, c, cAt);
    var s1 = FloatVector.fromArray(F, c, c1);
    var s2 = FloatVector.fromArray(F, c, c2);
    var s3 = FloatVector.fromArray(F, c, c3);
    for (int k = 0; k < depth; k++) {
      var a = FloatVector.fromArray(F, x, xAt + productAt[k]);
      s0 = FloatVector.broadcast(F, w[wAt + k]).fma(a, s0);
      s1 = FloatVector.broadcast(F, w[w1 + k]).fma(a, s1);
      s2 = FloatVector.broadcast(F, w[w2 + k]).fma(a, s2);
      s3 = FloatVector.broadcast(F, w[w3 + k]).fma(a, s3);
    }
    s3.intoArray(c, c3);
    s2.intoArray(c, c2);
    s1.intoArray(c, c1);
    s0.intoArray(c, cAt);
  }
}
