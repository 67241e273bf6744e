package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.engine.Buffer;
import dev.tarn.engine.ConvGeometry;
import dev.tarn.engine.ConvProblem;
import dev.tarn.engine.Frame;
import dev.tarn.engine.Space;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/// The gradient by the weight, of [ConvPoolGradients]: some filters at a time, over all samples.
///
/// Lanes run over one row of taps, (column, channel), which are neighbours in memory wherever the
/// filter stands. For one filter and one row, seven vectors of sums stay in registers while a list
/// of selected cells is gone through; every product takes a load, most of them from two lines of
/// the cache, and such loads, one a cycle, are what limits it. So the samples of one list fit into
/// the first-level cache, and several filters are done while they are there.
final class SelectedWeights {
  /// Filters that read the same samples one after the other.
  private static final int FILTERS = 4;

  /// Vectors of a row that a tile keeps in registers.
  private static final int TILE = 7;

  /// Floats of the samples of one list, if one sample is not larger.
  private static final int CACHED = 9 << 10;

  /// Windows of one list, if one sample does not have more.
  private static final int MOST_WINDOWS = 256;

  private final ConvProblem.BackwardWeights problem;
  private final SelectedCells cells;
  private final ConvGeometry g;
  private final Buffer x;
  private final int sampleSize;
  private final int line;
  private final int row;
  private final int vectors;
  private final int chunks;
  private final int filterSize;
  private final int[] order;
  private final int runSamples;
  private final int entries;
  private final int workSize;
  private final Buffer places;
  private final Buffer work;

  /// @param x samples, with the zeros around them
  /// @param sampleSize floats of one of them
  /// @param line floats of one of their rows
  SelectedWeights(
      ConvProblem.BackwardWeights problem,
      SelectedCells cells,
      Buffer x,
      int sampleSize,
      int line) {
    this.problem = problem;
    this.cells = cells;
    this.g = problem.geometry();
    this.x = x;
    this.sampleSize = sampleSize;
    this.line = line;
    this.row = g.width().kernel() * g.inChannels();
    this.vectors = (row + V - 1) / V;
    this.chunks = (vectors + TILE - 1) / TILE;
    this.filterSize = g.height().kernel() * row;
    this.order = new int[filterSize];
    for (int i = 0; i < filterSize; i++) {
      order[i] = i % g.taps() * g.inChannels() + i / g.taps();
    }
    int windows = cells.windows();
    this.runSamples = Math.max(1, Math.min(MOST_WINDOWS / windows, CACHED / sampleSize));
    this.entries = runSamples * windows + 1; // one is written before it is known whether it counts
    this.workSize = entries + FILTERS * (filterSize + 1) + 1;
    int most = groups();
    this.places = Buffer.scratch(Space.BYTES, "places", 4L * most * entries);
    this.work = Buffer.scratch(Space.ARENA, "partial weight gradients", (long) most * workSize);
  }

  int groups() {
    return (g.outChannels() + FILTERS - 1) / FILTERS;
  }

  List<Buffer> scratch() {
    return List.of(places, work);
  }

  void run(Frame frame, int group) {
    int batch = frame.batch();
    float[] arena = frame.arena();
    int first = group * FILTERS;
    int count = Math.min(FILTERS, g.outChannels() - first);
    int placesAt = places.at() + 4 * group * entries;
    int gradsAt = work.at() + group * workSize;
    int sumsAt = gradsAt + entries;
    int biasAt = sumsAt + FILTERS * filterSize;
    Arrays.fill(arena, sumsAt, gradsAt + workSize, 0f);
    for (int n = 0; n < batch; n += runSamples) {
      int past = Math.min(batch, n + runSamples);
      for (int f = 0; f < count; f++) {
        int listed = 0;
        arena[biasAt + FILTERS] = 0f;
        for (int s = n; s < past; s++) {
          int from = x.at() + s * sampleSize;
          listed =
              cells.list(frame, s, first + f, from, listed, placesAt, gradsAt, biasAt + FILTERS);
        }
        arena[biasAt + f] += arena[biasAt + FILTERS];
        if (listed > 0) {
          filter(frame, placesAt, gradsAt, listed, sumsAt + f * filterSize);
        }
      }
    }
    write(frame, first, count, sumsAt, biasAt);
  }

  private void filter(Frame frame, int placesAt, int gradsAt, int listed, int sumsAt) {
    byte[] bytes = frame.bytes();
    float[] arena = frame.arena();
    float[] from = frame.array(x);
    for (int ky = 0; ky < g.height().kernel(); ky++) {
      for (int c = 0; c < chunks; c++) {
        int first = c * vectors / chunks;
        int count = (c + 1) * vectors / chunks - first;
        int last = Math.min((count - 1) * V, row - V - first * V);
        int at = ky * line + first * V;
        int to = sumsAt + ky * row + first * V;
        switch (count) {
          case 7 -> seven(bytes, placesAt, arena, gradsAt, listed, from, at, last, to);
          case 6 -> six(bytes, placesAt, arena, gradsAt, listed, from, at, last, to);
          case 5 -> five(bytes, placesAt, arena, gradsAt, listed, from, at, last, to);
          default -> four(bytes, placesAt, arena, gradsAt, listed, from, at, last, to);
        }
      }
    }
  }

  /// Adds the products of all listed cells with the seven vectors that begin `xAt` behind each
  /// place, the last of which begins `last` behind the first, so that it ends with the row. All are
  /// read before any is written, so what two of them have in common is added once.
  private static void seven(
      byte[] places,
      int placesAt,
      float[] grads,
      int gradsAt,
      int listed,
      float[] x,
      int xAt,
      int last,
      int to) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    var s6 = s0;
    for (int i = 0; i < listed; i++) {
      int at = SelectedCells.place(places, placesAt, i) + xAt;
      var g = FloatVector.broadcast(F, grads[gradsAt + i]);
      s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
      s1 = g.fma(FloatVector.fromArray(F, x, at + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, x, at + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, x, at + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, x, at + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, x, at + 5 * V), s5);
      s6 = g.fma(FloatVector.fromArray(F, x, at + last), s6);
    }
    s0 = s0.add(FloatVector.fromArray(F, grads, to));
    s1 = s1.add(FloatVector.fromArray(F, grads, to + V));
    s2 = s2.add(FloatVector.fromArray(F, grads, to + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, grads, to + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, grads, to + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, grads, to + 5 * V));
    s6 = s6.add(FloatVector.fromArray(F, grads, to + last));
    s0.intoArray(grads, to);
    s1.intoArray(grads, to + V);
    s2.intoArray(grads, to + 2 * V);
    s3.intoArray(grads, to + 3 * V);
    s4.intoArray(grads, to + 4 * V);
    s5.intoArray(grads, to + 5 * V);
    s6.intoArray(grads, to + last);
  }

  /// The same with six vectors.
  private static void six(
      byte[] places,
      int placesAt,
      float[] grads,
      int gradsAt,
      int listed,
      float[] x,
      int xAt,
      int last,
      int to) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    var s5 = s0;
    for (int i = 0; i < listed; i++) {
      int at = SelectedCells.place(places, placesAt, i) + xAt;
      var g = FloatVector.broadcast(F, grads[gradsAt + i]);
      s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
      s1 = g.fma(FloatVector.fromArray(F, x, at + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, x, at + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, x, at + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, x, at + 4 * V), s4);
      s5 = g.fma(FloatVector.fromArray(F, x, at + last), s5);
    }
    s0 = s0.add(FloatVector.fromArray(F, grads, to));
    s1 = s1.add(FloatVector.fromArray(F, grads, to + V));
    s2 = s2.add(FloatVector.fromArray(F, grads, to + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, grads, to + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, grads, to + 4 * V));
    s5 = s5.add(FloatVector.fromArray(F, grads, to + last));
    s0.intoArray(grads, to);
    s1.intoArray(grads, to + V);
    s2.intoArray(grads, to + 2 * V);
    s3.intoArray(grads, to + 3 * V);
    s4.intoArray(grads, to + 4 * V);
    s5.intoArray(grads, to + last);
  }

  /// The same with five vectors.
  private static void five(
      byte[] places,
      int placesAt,
      float[] grads,
      int gradsAt,
      int listed,
      float[] x,
      int xAt,
      int last,
      int to) {
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    var s4 = s0;
    for (int i = 0; i < listed; i++) {
      int at = SelectedCells.place(places, placesAt, i) + xAt;
      var g = FloatVector.broadcast(F, grads[gradsAt + i]);
      s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
      s1 = g.fma(FloatVector.fromArray(F, x, at + V), s1);
      s2 = g.fma(FloatVector.fromArray(F, x, at + 2 * V), s2);
      s3 = g.fma(FloatVector.fromArray(F, x, at + 3 * V), s3);
      s4 = g.fma(FloatVector.fromArray(F, x, at + last), s4);
    }
    s0 = s0.add(FloatVector.fromArray(F, grads, to));
    s1 = s1.add(FloatVector.fromArray(F, grads, to + V));
    s2 = s2.add(FloatVector.fromArray(F, grads, to + 2 * V));
    s3 = s3.add(FloatVector.fromArray(F, grads, to + 3 * V));
    s4 = s4.add(FloatVector.fromArray(F, grads, to + last));
    s0.intoArray(grads, to);
    s1.intoArray(grads, to + V);
    s2.intoArray(grads, to + 2 * V);
    s3.intoArray(grads, to + 3 * V);
    s4.intoArray(grads, to + last);
  }

  /// The same with four vectors or fewer, the last of which are the same.
  private static void four(
      byte[] places,
      int placesAt,
      float[] grads,
      int gradsAt,
      int listed,
      float[] x,
      int xAt,
      int last,
      int to) {
    int o1 = Math.min(V, last);
    int o2 = Math.min(2 * V, last);
    var s0 = FloatVector.zero(F);
    var s1 = s0;
    var s2 = s0;
    var s3 = s0;
    for (int i = 0; i < listed; i++) {
      int at = SelectedCells.place(places, placesAt, i) + xAt;
      var g = FloatVector.broadcast(F, grads[gradsAt + i]);
      s0 = g.fma(FloatVector.fromArray(F, x, at), s0);
      s1 = g.fma(FloatVector.fromArray(F, x, at + o1), s1);
      s2 = g.fma(FloatVector.fromArray(F, x, at + o2), s2);
      s3 = g.fma(FloatVector.fromArray(F, x, at + last), s3);
    }
    s0 = s0.add(FloatVector.fromArray(F, grads, to));
    s1 = s1.add(FloatVector.fromArray(F, grads, to + o1));
    s2 = s2.add(FloatVector.fromArray(F, grads, to + o2));
    s3 = s3.add(FloatVector.fromArray(F, grads, to + last));
    s0.intoArray(grads, to);
    s1.intoArray(grads, to + o1);
    s2.intoArray(grads, to + o2);
    s3.intoArray(grads, to + last);
  }

  /// Writes sums, `[tap][channel]`, in the order of the weight.
  private void write(Frame frame, int first, int count, int sumsAt, int biasAt) {
    Buffer gradW = problem.gradW();
    float[] w = frame.array(gradW);
    for (int f = 0; f < count; f++) {
      int to = gradW.at() + (first + f) * filterSize;
      int from = sumsAt + f * filterSize;
      SelectedCells.gather(frame.arena(), from, order, 0, filterSize, w, to);
    }
    Buffer gradBias = problem.gradBias();
    if (gradBias != null) {
      System.arraycopy(frame.arena(), biasAt, frame.array(gradBias), gradBias.at() + first, count);
    }
  }
}
