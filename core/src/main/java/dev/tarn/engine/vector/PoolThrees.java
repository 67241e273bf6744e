package dev.tarn.engine.vector;

import static dev.tarn.engine.vector.Lanes.F;
import static dev.tarn.engine.vector.Lanes.V;

import dev.tarn.tensor.Spans;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// One row of the gradient of max pooling, channels last, where windows are three columns wide and
/// two apart, the commonest that overlap.
///
/// Each output is loaded once for all three of its columns: what it gives to the last one waits for
/// the output to its right, which shares that cell. One vector of channels after the other goes
/// through the row; the last one reaches back over channels that are done already.
final class PoolThrees {
  private PoolThrees() {}

  /// Whether this serves these windows.
  static boolean fits(Spans width, int channels) {
    return width.kernel() == 3
        && width.stride() == 2
        && width.step() == 1
        && width.before() < 3
        && channels >= V;
  }

  /// Makes a row that windows of one row of outputs reach.
  ///
  /// @param gradAt that row's first gradient
  /// @param tap the number of its windows' first tap in this row
  /// @param at the row's first cell
  static void one(
      Spans width,
      int channels,
      float[] from,
      int gradAt,
      byte[] places,
      int placesAt,
      int tap,
      float[] to,
      int at) {
    int start = -width.before();
    int outputs = width.outputs();
    int cells = width.inputs();
    for (int next = 0; next < channels; next += V) {
      int c = Math.min(next, channels - V);
      one(from, gradAt + c, places, placesAt + c, tap, to, at + c, channels, start, outputs, cells);
    }
    clear(to, at, channels, start + 2 * outputs + 1, cells);
  }

  /// Makes a row that windows of two rows of outputs reach, the second of them `down` elements
  /// behind the first and by the tap `below`.
  static void two(
      Spans width,
      int channels,
      float[] from,
      int gradAt,
      byte[] places,
      int placesAt,
      int down,
      int tap,
      int below,
      float[] to,
      int at) {
    int start = -width.before();
    int outputs = width.outputs();
    int cells = width.inputs();
    for (int next = 0; next < channels; next += V) {
      int c = Math.min(next, channels - V);
      int first = gradAt + c;
      int place = placesAt + c;
      two(
          from, first, places, place, down, tap, below, to, at + c, channels, start, outputs,
          cells);
    }
    clear(to, at, channels, start + 2 * outputs + 1, cells);
  }

  /// Cells behind the last window.
  private static void clear(float[] to, int at, int channels, int first, int cells) {
    if (first < cells) {
      Arrays.fill(to, at + first * channels, at + cells * channels, 0f);
    }
  }

  private static void one(
      float[] from,
      int gradAt,
      byte[] places,
      int placesAt,
      int tap,
      float[] to,
      int at,
      int step,
      int start,
      int outputs,
      int cells) {
    var zero = FloatVector.zero(F);
    var waiting = zero;
    int cell = start;
    for (int ox = 0; ox < outputs; ox++, cell += 2) {
      int p = placesAt + ox * step;
      var grad = FloatVector.fromArray(F, from, gradAt + ox * step);
      int out = at + cell * step;
      if (cell >= 0) {
        waiting.add(grad, Pools.equal(places, p, tap)).intoArray(to, out);
      }
      if (cell >= -1 && cell + 1 < cells) {
        zero.add(grad, Pools.equal(places, p, tap + 1)).intoArray(to, out + step);
      }
      waiting = zero.add(grad, Pools.equal(places, p, tap + 2));
    }
    if (cell < cells) {
      waiting.intoArray(to, at + cell * step);
    }
  }

  private static void two(
      float[] from,
      int gradAt,
      byte[] places,
      int placesAt,
      int down,
      int tap,
      int below,
      float[] to,
      int at,
      int step,
      int start,
      int outputs,
      int cells) {
    var zero = FloatVector.zero(F);
    var waiting = zero;
    var waitingBelow = zero;
    int cell = start;
    for (int ox = 0; ox < outputs; ox++, cell += 2) {
      int p = placesAt + ox * step;
      int q = p + down;
      var grad = FloatVector.fromArray(F, from, gradAt + ox * step);
      var gradBelow = FloatVector.fromArray(F, from, gradAt + ox * step + down);
      int out = at + cell * step;
      if (cell >= 0) {
        waiting
            .add(grad, Pools.equal(places, p, tap))
            .add(waitingBelow)
            .add(gradBelow, Pools.equal(places, q, below))
            .intoArray(to, out);
      }
      if (cell >= -1 && cell + 1 < cells) {
        zero.add(grad, Pools.equal(places, p, tap + 1))
            .add(gradBelow, Pools.equal(places, q, below + 1))
            .intoArray(to, out + step);
      }
      waiting = zero.add(grad, Pools.equal(places, p, tap + 2));
      waitingBelow = zero.add(gradBelow, Pools.equal(places, q, below + 2));
    }
    if (cell < cells) {
      waiting.add(waitingBelow).intoArray(to, at + cell * step);
    }
  }
}
