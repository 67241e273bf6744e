package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.I;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Kernel;
import dev.tarn.engine.Space;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Convolution of few channels, ReLU where the chain has it, and 2×2 max pooling, in one go: the
/// maps between, four times as large as the result, are never written.
///
/// Lanes run over pooled positions, so that few filters leave none idle. The input is split into
/// the four planes of its even and odd rows and columns ([PhasePlanes]); the four convolutions
/// under one pooling window then lie in the same lane of four registers, and pooling needs no
/// shuffle. Sums are taken in the reference's order, and so all bits are the reference's.
final class ConvPool implements Kernel {
  /// Filters of one tile: with four cells each, twelve independent sums.
  private static final int FILTERS = 3;

  private static final int MOST_BLOCKS = 16;

  private final ConvProblem.Forward conv;
  private final PooledMaps maps;
  private final boolean relu;
  private final PhasePlanes planes;

  /// Offsets of the four cells of a window under each tap, from that of the first pooled position.
  private final int[] tapAt;

  /// Where in the planes of the results each number of a sample lies.
  private final int[] planeAt;

  private final int tiles;
  private final int workSize;
  private final Buffer work;
  private final Buffer places;
  private final Shares shares;

  ConvPool(ConvProblem.Forward conv, PooledMaps maps, boolean relu) {
    this.conv = conv;
    this.maps = maps;
    this.relu = relu;
    ConvGeometry g = conv.geometry();
    this.planes = new PhasePlanes(g);
    this.tapAt = planes.tapAt();
    int positions = (maps.rows() - 1) * planes.pitch() + maps.columns();
    this.tiles = (positions + V - 1) / V;
    this.planeAt = planeAt();
    int filters = (g.outChannels() + FILTERS - 1) / FILTERS * FILTERS;
    this.workSize = planes.size() + filters * tiles * V + FILTERS * 4 * V;
    this.work = Buffer.scratch(Space.ARENA, "phases", (long) MOST_BLOCKS * workSize);
    this.places =
        Buffer.scratch(
            Space.ARENA,
            "places",
            maps.argmax() == null ? 0 : (long) MOST_BLOCKS * filters * tiles * V);
    long work = (long) g.outPositions() * g.taps() * g.inChannels() * g.outChannels();
    this.shares = new Shares(work / 8 + 1, 1 << 13);
  }

  private int[] planeAt() {
    int channels = maps.channels();
    int[] at = new int[maps.rows() * maps.columns() * channels];
    for (int i = 0; i < at.length; i++) {
      int p = i / channels;
      at[i] = i % channels * tiles * V + p / maps.columns() * planes.pitch() + p % maps.columns();
    }
    return at;
  }

  @Override
  public String name() {
    return "convolution%s and max 2×2/2, %d windows × %d filters"
        .formatted(relu ? ", relu" : "", V, FILTERS);
  }

  @Override
  public int blocks(int batch) {
    return Math.min(MOST_BLOCKS, shares.blocks(batch));
  }

  @Override
  public List<Buffer> scratch() {
    return maps.argmax() == null ? List.of(work) : List.of(work, places);
  }

  @Override
  public void run(Frame frame, int block) {
    int blocks = blocks(frame.batch());
    int past = (int) ((block + 1L) * frame.batch() / blocks);
    int at = work.at() + block * workSize;
    for (int n = (int) ((long) block * frame.batch() / blocks); n < past; n++) {
      planes.fill(frame, conv.x(), n, frame.arena(), at);
      for (int filter = 0; filter < maps.channels(); filter += FILTERS) {
        filters(frame, filter, at, block);
      }
      interleave(frame, n, at + planes.size(), block);
    }
  }

  private int placesAt(int block) {
    int filters = (maps.channels() + FILTERS - 1) / FILTERS * FILTERS;
    return maps.argmax() == null ? -1 : places.at() + block * filters * tiles * V;
  }

  /// All pooled positions of three filters; beyond the last, it is computed again.
  private void filters(Frame frame, int filter, int at, int block) {
    float[] arena = frame.arena();
    float[] w = frame.array(conv.w());
    int depth = tapAt.length / 4;
    int last = maps.channels() - 1 - filter;
    int w0 = conv.w().at() + filter * depth;
    int w1 = w0 + Math.min(1, last) * depth;
    int w2 = w0 + Math.min(2, last) * depth;
    Buffer bias = conv.bias();
    float[] b = bias == null ? w : frame.array(bias);
    float b0 = bias == null ? 0f : b[bias.at() + filter];
    float b1 = bias == null ? 0f : b[bias.at() + filter + Math.min(1, last)];
    float b2 = bias == null ? 0f : b[bias.at() + filter + Math.min(2, last)];
    int to = at + planes.size() + filter * tiles * V;
    int sumsAt = at + workSize - FILTERS * 4 * V;
    float limit = relu ? 0f : Float.NaN;
    int placeTo = placesAt(block) < 0 ? -1 : placesAt(block) + filter * tiles * V;
    for (int tile = 0; tile < tiles; tile++) {
      sums(arena, at + tile * V, tapAt, w, w0, w1, w2, b0, b1, b2, arena, sumsAt);
      for (int f = 0; f < FILTERS; f++) {
        int c = sumsAt + f * 4 * V;
        int d = to + f * tiles * V + tile * V;
        if (placeTo < 0) {
          largest(arena, c, d, limit);
        } else {
          largest(arena, c, d, limit, placeTo + f * tiles * V + tile * V);
        }
      }
    }
  }

  /// The sums of three filters at the four cells of `V` windows: twelve vectors at `to`.
  private static void sums(
      float[] x,
      int xAt,
      int[] tapAt,
      float[] w,
      int w0,
      int w1,
      int w2,
      float b0,
      float b1,
      float b2,
      float[] y,
      int to) {
    var s0a = FloatVector.broadcast(F, b0);
    var s0b = s0a;
    var s0c = s0a;
    var s0d = s0a;
    var s1a = FloatVector.broadcast(F, b1);
    var s1b = s1a;
    var s1c = s1a;
    var s1d = s1a;
    var s2a = FloatVector.broadcast(F, b2);
    var s2b = s2a;
    var s2c = s2a;
    var s2d = s2a;
    int depth = tapAt.length / 4;
    for (int k = 0; k < depth; k++) {
      var a = FloatVector.fromArray(F, x, xAt + tapAt[4 * k]);
      var b = FloatVector.fromArray(F, x, xAt + tapAt[4 * k + 1]);
      var c = FloatVector.fromArray(F, x, xAt + tapAt[4 * k + 2]);
      var d = FloatVector.fromArray(F, x, xAt + tapAt[4 * k + 3]);
      var f0 = FloatVector.broadcast(F, w[w0 + k]);
      s0a = f0.fma(a, s0a);
      s0b = f0.fma(b, s0b);
      s0c = f0.fma(c, s0c);
      s0d = f0.fma(d, s0d);
      var f1 = FloatVector.broadcast(F, w[w1 + k]);
      s1a = f1.fma(a, s1a);
      s1b = f1.fma(b, s1b);
      s1c = f1.fma(c, s1c);
      s1d = f1.fma(d, s1d);
      var f2 = FloatVector.broadcast(F, w[w2 + k]);
      s2a = f2.fma(a, s2a);
      s2b = f2.fma(b, s2b);
      s2c = f2.fma(c, s2c);
      s2d = f2.fma(d, s2d);
    }
    s0a.intoArray(y, to);
    s0b.intoArray(y, to + V);
    s0c.intoArray(y, to + 2 * V);
    s0d.intoArray(y, to + 3 * V);
    s1a.intoArray(y, to + 4 * V);
    s1b.intoArray(y, to + 5 * V);
    s1c.intoArray(y, to + 6 * V);
    s1d.intoArray(y, to + 7 * V);
    s2a.intoArray(y, to + 8 * V);
    s2b.intoArray(y, to + 9 * V);
    s2c.intoArray(y, to + 10 * V);
    s2d.intoArray(y, to + 11 * V);
  }

  /// The largest of four sums, the first of equals or the first NaN; 0 if it is not above `limit`.
  private static void largest(float[] sums, int at, int to, float limit) {
    var best = FloatVector.fromArray(F, sums, at);
    var value = FloatVector.fromArray(F, sums, at + V);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, sums, at + 2 * V);
    best = best.blend(value, PoolExtremum.wins(value, best));
    value = FloatVector.fromArray(F, sums, at + 3 * V);
    best = best.blend(value, PoolExtremum.wins(value, best));
    best.blend(0f, best.compare(VectorOperators.LE, limit)).intoArray(sums, to);
  }

  /// The same, and which of the four it is, as ints at `placeTo`: the first where all become 0,
  /// which ReLU makes equals of.
  private static void largest(float[] sums, int at, int to, float limit, int placeTo) {
    var best = FloatVector.fromArray(F, sums, at);
    var value = FloatVector.fromArray(F, sums, at + V);
    var wins = PoolExtremum.wins(value, best);
    best = best.blend(value, wins);
    var place = IntVector.zero(I).blend(1, wins.cast(I));
    value = FloatVector.fromArray(F, sums, at + 2 * V);
    wins = PoolExtremum.wins(value, best);
    best = best.blend(value, wins);
    place = place.blend(2, wins.cast(I));
    value = FloatVector.fromArray(F, sums, at + 3 * V);
    wins = PoolExtremum.wins(value, best);
    best = best.blend(value, wins);
    place = place.blend(3, wins.cast(I));
    var none = best.compare(VectorOperators.LE, limit);
    best.blend(0f, none).intoArray(sums, to);
    place.blend(0, none.cast(I)).reinterpretAsFloats().intoArray(sums, placeTo);
  }

  /// Writes the planes of one sample as channels last.
  private void interleave(Frame frame, int sample, int from, int block) {
    int to = sample * planeAt.length;
    float[] y = frame.array(maps.y());
    SelectedCells.gather(frame.arena(), from, planeAt, 0, planeAt.length, y, maps.y().at() + to);
    Buffer argmax = maps.argmax();
    if (argmax != null) {
      places(frame.arena(), placesAt(block), planeAt, frame.bytes(), argmax.at() + to);
    }
  }

  /// Ints that lie in an array of floats, as bytes.
  private static void places(float[] x, int xAt, int[] from, byte[] bytes, int at) {
    int i = 0;
    for (; i < from.length - V + 1; i += V) {
      var place = FloatVector.fromArray(F, x, xAt, from, i).reinterpretAsInts();
      Pools.store(place, bytes, at + i);
    }
    for (; i < from.length; i++) {
      bytes[at + i] = (byte) Float.floatToRawIntBits(x[xAt + from[i]]);
    }
  }
}
